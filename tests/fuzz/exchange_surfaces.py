"""What comes in an exchange: the outside of an envelope, the report in it, and the reply."""

import re
from random import Random

from google.protobuf.message import DecodeError, Message
from kizashi_protocol import (
    CIPHERTEXT_BYTES,
    Acknowledged,
    Envelope,
    Erased,
    ErasureReceipt,
    InvalidSigner,
    MalformedMessage,
    Refusal,
    Reply,
    Report,
    SigningKey,
    Withheld,
    countersign,
    read_reply,
    read_report,
    write_erasure,
    write_reply,
)
from kizashi_protocol.v1 import exchange_pb2, service_pb2

from tests.fuzz import judge
from tests.fuzz.hostile import spoil_serialised
from tests.fuzz.reports import Good, deserved, good_check, good_follow_up, spoil_report
from tests.fuzz.surface import ReadingSurface, seeded
from tests.protocol.values import NOW, RECEIPT_KEY, REPORT_ID, consent_token, feedback
from tests.server.laptop import Laptop


def envelopes(laptop: Laptop) -> ReadingSurface[bytes]:
    """The outside of an envelope."""
    good = laptop.seal(b"report", REPORT_ID).to_message()

    def read(data: bytes) -> Envelope:
        try:
            message = service_pb2.Envelope.FromString(data)
        except DecodeError:
            raise MalformedMessage(
                "gRPC refuses it before we see it", reason="NO_MESSAGE"
            ) from None
        return Envelope.parse(message)

    def proper(data: bytes, value: object) -> bool:
        message = service_pb2.Envelope.FromString(data)
        return (
            isinstance(value, Envelope)
            and (message.protocol_version, message.suite) == (1, 1)
            and (len(message.key_id), len(message.report_id)) == (16, 16)
            and re.fullmatch(r"[a-z0-9-]{1,64}", message.programme_id, re.ASCII) is not None
            and "\n" not in message.programme_id
            and len(message.ciphertext) == CIPHERTEXT_BYTES == 33_904
        )

    return ReadingSurface(
        "envelope",
        15,
        lambda draw: spoil_serialised(draw, good),
        read,
        (MalformedMessage,),
        proper,
        [good.SerializeToString()],
    )


def reports(laptop: Laptop) -> ReadingSurface[tuple[Good, bytes]]:
    """The plaintext of a report."""
    draw = seeded(0)
    goods = [good_check(draw, laptop, locale) for locale in ("en", "ja") for _ in range(4)]
    owner = SigningKey.from_seed(draw.randbytes(32))
    goods += [
        good_follow_up(draw, laptop, kind, owner) for kind in ("acknowledgement", "withdrawal")
    ]

    def make(draw: Random) -> tuple[str, tuple[Good, bytes]]:
        good = draw.choice(goods)
        how, plaintext = spoil_report(draw, good)
        return how, (good, plaintext)

    def proper(given: tuple[Good, bytes], value: object) -> bool:
        return isinstance(value, Report) and deserved(*given).readable

    return ReadingSurface(
        "report",
        8,
        make,
        lambda given: read_report(given[0].header, given[1]),
        (MalformedMessage, InvalidSigner),
        proper,
        [(good, good.plaintext) for good in goods],
    )


def replies() -> ReadingSurface[bytes]:
    """What an agent finds in an opened reply."""
    receipt = write_erasure(ErasureReceipt(REPORT_ID, "self-check", NOW, 7), RECEIPT_KEY)
    tokens = (countersign(consent_token(), RECEIPT_KEY, now=NOW),)
    goods = [
        write_reply(each)
        for each in (
            Reply(feedback(), tokens),
            Reply(Withheld(), tokens),
            Reply(Refusal("CONSENT_MISSING", "No.")),
            Reply(Acknowledged()),
            Reply(Erased(receipt)),
        )
    ]

    def make(draw: Random) -> tuple[str, bytes]:
        return spoil_serialised(draw, exchange_pb2.Reply.FromString(draw.choice(goods)))

    def proper(data: bytes, value: object) -> bool:
        message = exchange_pb2.Reply.FromString(data)
        kind = message.WhichOneof("outcome")
        if not isinstance(value, Reply) or kind is None:
            return False
        if kind == "feedback" and not message.feedback.help:
            return False
        shown = _texts_of(getattr(message, kind)) if kind in {"feedback", "refusal"} else []
        return all(map(judge.can_be_shown, shown))

    return ReadingSurface("reply", 6, make, read_reply, (MalformedMessage,), proper, goods)


def _texts_of(message: Message) -> list[str]:
    found: list[str] = []
    for field, value in message.ListFields():
        for each in value if field.is_repeated else [value]:
            if isinstance(each, str):
                found.append(each)
            elif isinstance(each, Message):
                found += _texts_of(each)
    return found
