"""Good reports of every kind, taken apart so that any piece can be spoilt and signed again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from kizashi_protocol import (
    Acknowledgement,
    Check,
    Content,
    Header,
    Locale,
    Report,
    Scope,
    SigningKey,
    Withdrawal,
    write_report,
)
from kizashi_protocol.context import Label, framed, info
from kizashi_protocol.open_reply import ReplyPrivateKey
from kizashi_protocol.v1 import exchange_pb2

from tests.fuzz import judge
from tests.fuzz.hostile import made_up, spoil_message
from tests.fuzz.hostile_tokens import spoil_token
from tests.fuzz.wire import Spoilt, spoil_bytes, spoil_records
from tests.models.scoring import summary_at
from tests.protocol.jws import encoded, parts
from tests.protocol.jws import signed as signed_token
from tests.server.laptop import Laptop

Payloads = Mapping[str, Mapping[str, Any]]

SCOPES = (Scope.SCORE, Scope.FEEDBACK)


@dataclass(frozen=True)
class Good:
    """A report that a server must take.

    Attributes:
        plaintext: ready to be sealed.
        keys: those that signed it; a check's score key first.
        about: the check that a follow-up is about.
        consents: the payload of each consent, by scope.
        notices: by language, the notice of each scope.
        now: the laptop's clock, in seconds since the epoch.
    """

    header: Header
    plaintext: bytes = field(repr=False)
    keys: Sequence[SigningKey]
    reply_key: ReplyPrivateKey = field(repr=False)
    about: bytes | None
    consents: Payloads
    notices: Payloads
    scorer_id: str
    extractor_id: str
    now: int

    def message(self) -> exchange_pb2.Report:
        """The report inside."""
        signed = exchange_pb2.SignedReport.FromString(self.plaintext)
        return exchange_pb2.Report.FromString(signed.report)

    def signed(self, content: bytes, keys: Sequence[SigningKey]) -> exchange_pb2.SignedReport:
        """Any report content, signed under this header."""
        bound = framed(info(Label.REPORT, self.header), content)
        message = exchange_pb2.SignedReport(report=content)
        for key in keys:
            signature = key.sign(Label.PARTICIPANT_SIGNATURE, bound)
            message.signatures.add(public_key=key.public, signature=signature)
        return message


def good_check(draw: Random, laptop: Laptop, locale: Locale = "en") -> Good:
    """A check with consent to score and to return the feedback."""
    report_id = draw.randbytes(16)
    keys = {scope: SigningKey.from_seed(draw.randbytes(32)) for scope in SCOPES}
    tokens = [laptop.consent(scope, report_id, key, locale=locale) for scope, key in keys.items()]
    other: Locale = "ja" if locale == "en" else "en"
    summary = summary_at(draw.choice((-2.0, 0.0, 2.0)))
    scorer_id = laptop.directory.programme(laptop.programme_id).scorer_id
    content = Check(tuple(tokens), scorer_id, summary)
    payloads = {scope.value: parts(token)[1] for scope, token in zip(keys, tokens, strict=True)}
    notices = {
        scope.value: parts(laptop.consent(scope, report_id, key, locale=other))[1]["dpv:hasNotice"]
        for scope, key in keys.items()
    }
    agreed = (payloads, notices)
    return _good(
        draw, laptop, content, list(keys.values()), report_id, locale=locale, agreed=agreed
    )


def good_follow_up(draw: Random, laptop: Laptop, kind: str, owner: SigningKey) -> Good:
    """An acknowledgement or a withdrawal of a check that `owner` has a right to."""
    about = draw.randbytes(16)
    content = Acknowledgement(about) if kind == "acknowledgement" else Withdrawal(about)
    return _good(draw, laptop, content, [owner], draw.randbytes(16), about=about)


def _good(
    draw: Random,
    laptop: Laptop,
    content: Content,
    keys: Sequence[SigningKey],
    report_id: bytes,
    *,
    locale: Locale = "en",
    agreed: tuple[Payloads, Payloads] = ({}, {}),
    about: bytes | None = None,
) -> Good:
    header = Header(laptop.directory.active_sealing_key().key_id, laptop.programme_id, report_id)
    reply_key = ReplyPrivateKey.from_seed(draw.randbytes(32))
    report = Report(reply_key.public, locale, content)
    programme = laptop.directory.programme(laptop.programme_id)
    return Good(
        header,
        write_report(header, report, keys),
        keys,
        reply_key,
        about,
        *agreed,
        programme.scorer_id,
        summary_at(0.0).extractor_id,
        laptop.now,
    )


def spoil_report(draw: Random, good: Good) -> Spoilt:
    """The report with one thing wrong, at any depth, signed again so that signatures hold, or not."""
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
        return _signed(draw, good, f"Report: {how}", content)
    message = good.message()
    if kind == 4:
        how = _other_content(draw, message)
    elif kind < 12 and message.HasField("check"):
        how = _spoil_consent(draw, good, message.check)
    else:
        how = spoil_message(draw, message)
        if draw.random() < 0.2:
            how = f"{how}, and {spoil_message(draw, message)}"
    return _signed(draw, good, how, message.SerializeToString())


def _other_content(draw: Random, message: exchange_pb2.Report) -> str:
    """A content of any kind the protocol has, by its grammar alone."""
    field = draw.choice(exchange_pb2.Report.DESCRIPTOR.oneofs_by_name["content"].fields)
    kind = field.message_type
    assert kind is not None
    getattr(message, field.name).CopyFrom(made_up(draw, kind))
    return f"Report.{field.name}: made up"


def _spoil_consent(draw: Random, good: Good, check: exchange_pb2.Check) -> str:
    at = draw.randrange(len(check.consents))
    if draw.random() < 0.1:
        del check.consents[at]
        return "Check.consents: one dropped"
    if draw.random() < 0.1:
        check.consents.append(check.consents[at])
        return "Check.consents: one repeated"
    if draw.random() < 0.2:
        header, payload = parts(check.consents[at])
        payload |= draw.choice(_other_terms(draw, good.now))
        check.consents[at] = signed_token(header, payload, good.keys[at])
        return "consent: on other terms, signed again"
    how, token = spoil_token(draw, check.consents[at], good.keys[at])
    check.consents[at] = token.decode("utf-8", "replace")
    return f"consent: {how}"


def _other_terms(draw: Random, now: int) -> tuple[dict[str, Any], ...]:
    """Members of a consent that is in form and does not hold."""
    day = 24 * 3600
    return (
        {"dct:valid": now},
        {"dct:issued": now - 400 * day, "dct:valid": now + day},
        {"dct:issued": now + 2 * day, "dct:valid": now + 3 * day},
        {"kizashi:adult": False},
        {"kizashi:report": encoded(draw.randbytes(16))},
        {"kizashi:root": encoded(draw.randbytes(32))},
        {"dpv:hasDataProcessor": "Somebody Else"},
        {"dpv:hasNotice": {"version": 1, "language": "en", "sha256": encoded(bytes(32))}},
        {"dpv:hasPurpose": f"kizashi:{draw.choice(list(Scope))}"},
    )


def _signed(draw: Random, good: Good, how: str, content: bytes) -> Spoilt:
    kind = draw.randrange(10)
    keys = list(good.keys)
    if kind == 0:
        signed = exchange_pb2.SignedReport.FromString(good.plaintext)
        signed.report = content
        return Spoilt(f"{how}, not signed again", signed.SerializeToString())
    if kind == 1:
        keys[draw.randrange(len(keys))] = SigningKey.from_seed(draw.randbytes(32))
        how = f"{how}, signed by another"
    elif kind == 2:
        del keys[draw.randrange(len(keys))]
        how = f"{how}, one signature less"
    return Spoilt(how, good.signed(content, keys).SerializeToString())


@dataclass(frozen=True, slots=True)
class Deserved:
    """What a plaintext may at most come to.

    Attributes:
        readable: it parses, its signatures hold, and its figures are in range.
        feedback: it may be scored and its feedback returned.
        receipts: how many of its consents may be countersigned.
        follow_up: what it asks about a check is its owner's to ask.
        kind: the content's name.
    """

    readable: bool = False
    feedback: bool = False
    receipts: int = 0
    follow_up: bool = False
    kind: str | None = None


def deserved(good: Good, plaintext: bytes) -> Deserved:
    """What the judge says of a plaintext that was made from this report."""
    layers = judge.parse_signed(plaintext)
    signers = judge.signers_of(good.header, layers[0]) if layers else None
    if layers is None or signers is None or layers[1].locale not in {"en", "ja"}:
        return Deserved()
    message = layers[1]
    kind = message.WhichOneof("content")
    if kind != "check":
        return _follow_up(good, message, signers, kind)
    check = message.check
    if len(check.consents) > len(Scope) or not judge.summary_is_proper(check.summary):
        return Deserved(kind=kind)
    held = [_holds(good, token) for token in check.consents]
    scopes = [each[0] for each in held if each is not None]
    subjects = {each[1] for each in held if each is not None}
    faithful = None not in held and subjects <= signers and len(scopes) == len(set(scopes))
    told = check.scorer_id == good.scorer_id and check.summary.extractor_id == good.extractor_id
    if not (faithful and check.scorer_id == good.scorer_id and "score" in scopes):
        return Deserved(readable=True, kind=kind)
    return Deserved(
        readable=True,
        feedback=told and "feedback" in scopes,
        receipts=sum(each in good.consents for each in scopes),
        kind=kind,
    )


def _follow_up(
    good: Good, message: exchange_pb2.Report, signers: frozenset[bytes], kind: str | None
) -> Deserved:
    if kind not in {"acknowledgement", "withdrawal"}:
        return Deserved(readable=kind is not None, follow_up=kind is not None, kind=kind)
    about = getattr(message, kind).report_id
    owned = about == good.about and good.keys[0].public in signers
    return Deserved(readable=len(about) == 16, follow_up=owned, kind=kind)


def _holds(good: Good, token: str) -> tuple[str, bytes] | None:
    read = judge.read_signed_token(token, "kizashi-consent+jws")
    if read is None:
        return None
    scope = str(read[2].get("dpv:hasPurpose")).removeprefix("kizashi:")
    if scope not in good.consents:
        # A consent that nothing here rests on; whether it holds makes no difference.
        return (scope, read[1]) if scope in set(Scope) else None
    others = {"other": good.notices[scope]}
    subject = judge.consent_is_proper(token, good.consents[scope], others, good.now)
    return None if subject is None else (scope, subject)
