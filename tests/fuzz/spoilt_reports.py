"""Good reports with one thing wrong, at any depth, signed again so that signatures hold, or not."""

from collections.abc import MutableSequence, Sequence
from random import Random
from typing import Any

from google.protobuf.message import Message
from kizashi_protocol import Scope, SigningKey
from kizashi_protocol.v1 import exchange_pb2

from tests.fuzz.hostile import made_up, spoil_message
from tests.fuzz.hostile_tokens import spoil_token
from tests.fuzz.participants import Participant
from tests.fuzz.reports import Good
from tests.fuzz.wire import Spoilt, spoil_bytes, spoil_records
from tests.protocol.jws import encoded, parts
from tests.protocol.jws import signed as signed_token

DAY = 24 * 3600


def spoil_report(draw: Random, good: Good, other: Participant) -> Spoilt:
    """The report with one thing wrong.

    Args:
        draw: what decides.
        good: the report.
        other: somebody else on the same server, whom the report may be made to be about.
    """
    kind = draw.randrange(20)
    if kind == 0:
        return spoil_bytes(draw, good.plaintext)
    if kind == 1:
        return spoil_records(draw, good.plaintext)
    if kind == 2:
        signed = exchange_pb2.SignedReport.FromString(good.plaintext)
        return Spoilt(spoil_message(draw, signed), signed.SerializeToString())
    if kind == 3:
        how, content = spoil_records(draw, good.message().SerializeToString())
        return _signed(draw, good, f"Report: {how}", content, other)
    message = good.message()
    how = _other_content(draw, message) if kind == 4 else _spoil_inside(draw, good, message, other)
    return _signed(draw, good, how, message.SerializeToString(), other)


def _spoil_inside(
    draw: Random, good: Good, message: exchange_pb2.Report, other: Participant
) -> str:
    name = message.WhichOneof("content")
    assert name is not None
    content: Any = getattr(message, name)
    kind = draw.randrange(16)
    if kind < 7 and good.consents:
        return _spoil_consent(draw, good, content.consents)
    if kind < 9:
        how = _of_another(draw, content, other)
        if how is not None:
            return how
    if kind < 13:
        return spoil_message(draw, content)
    how = spoil_message(draw, message)
    if draw.random() < 0.2:
        how = f"{how}, and {spoil_message(draw, message)}"
    return how


def _other_content(draw: Random, message: exchange_pb2.Report) -> str:
    """A content of any kind the protocol has, by its grammar alone."""
    field = draw.choice(exchange_pb2.Report.DESCRIPTOR.oneofs_by_name["content"].fields)
    kind = field.message_type
    assert kind is not None
    getattr(message, field.name).CopyFrom(made_up(draw, kind))
    return f"Report.{field.name}: made up"


def _of_another(draw: Random, content: Message, other: Participant) -> str | None:
    """The same about what somebody else has on the server; None where it names nothing."""
    theirs: dict[str, Sequence[Any]] = {
        "report_id": (other.opened, other.shared),
        "opening_nonce": (other.nonce,),
        "trend_public_key": (other.person.trend_key.public.raw,),
        "redemption_digest": (bytes(32),),
    }
    names = [each for each in theirs if each in content.DESCRIPTOR.fields_by_name]
    if not names:
        return None
    name = draw.choice(names)
    setattr(content, name, draw.choice(theirs[name]))
    return f"{content.DESCRIPTOR.name}.{name}: somebody else's"


def _spoil_consent(draw: Random, good: Good, consents: MutableSequence[str]) -> str:
    at = draw.randrange(len(consents))
    if draw.random() < 0.1:
        del consents[at]
        return "consents: one dropped"
    if draw.random() < 0.1:
        consents.append(consents[at])
        return "consents: one repeated"
    key = good.consent_keys[at]
    if draw.random() < 0.2:
        header, payload = parts(consents[at])
        payload |= draw.choice(_other_terms(draw, good.now))
        consents[at] = signed_token(header, payload, key)
        return "consent: on other terms, signed again"
    how, token = spoil_token(draw, consents[at], key)
    consents[at] = token.decode("utf-8", "replace")
    return f"consent: {how}"


def _other_terms(draw: Random, now: int) -> tuple[dict[str, Any], ...]:
    """Members of a consent that is in form and does not hold."""
    return (
        {"dct:valid": now},
        {"dct:issued": now - 400 * DAY, "dct:valid": now + DAY},
        {"dct:issued": now + 2 * DAY, "dct:valid": now + 3 * DAY},
        {"kizashi:adult": False},
        {"kizashi:report": encoded(draw.randbytes(16))},
        {"kizashi:root": encoded(draw.randbytes(32))},
        {"kizashi:recovery": encoded(draw.randbytes(32))},
        {"dpv:hasRecipient": {"name": "Somebody Else", "sha256": encoded(draw.randbytes(32))}},
        {"dpv:hasDataProcessor": "Somebody Else"},
        {"dpv:hasNotice": {"version": 1, "language": "en", "sha256": encoded(bytes(32))}},
        {"dpv:hasPurpose": f"kizashi:{draw.choice(list(Scope))}"},
    )


def _signed(draw: Random, good: Good, how: str, content: bytes, other: Participant) -> Spoilt:
    kind = draw.randrange(10)
    keys = list(good.keys)
    if kind == 0:
        signed = exchange_pb2.SignedReport.FromString(good.plaintext)
        signed.report = content
        return Spoilt(f"{how}, not signed again", signed.SerializeToString())
    if kind == 1:
        stranger = SigningKey.from_seed(draw.randbytes(32))
        keys[draw.randrange(len(keys))] = draw.choice((stranger, other.owner))
        how = f"{how}, signed by another"
    elif kind == 2:
        del keys[draw.randrange(len(keys))]
        how = f"{how}, one signature less"
    return Spoilt(how, good.signed(content, keys).SerializeToString())
