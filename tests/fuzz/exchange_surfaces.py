"""What comes in an exchange: the outside of an envelope, the report in it, and the reply."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from google.protobuf.message import DecodeError, Message
from kizashi_protocol import (
    CIPHERTEXT_BYTES,
    Acknowledged,
    Envelope,
    Erased,
    ErasureReceipt,
    InvalidSigner,
    MalformedMessage,
    Redeemed,
    Refusal,
    Reply,
    Report,
    SealedItem,
    Shared,
    Trend,
    Withheld,
    countersign,
    read_reply,
    read_report,
    write_erasure,
    write_reply,
)
from kizashi_protocol.v1 import exchange_pb2, service_pb2

from tests.fuzz import judge
from tests.fuzz.deserved import ITEM_BYTES, deserved
from tests.fuzz.hostile import spoil_serialised
from tests.fuzz.participants import facts_of, somebody
from tests.fuzz.reports import KINDS, Good, good_report
from tests.fuzz.spoilt_reports import spoil_report
from tests.fuzz.surface import ReadingSurface, seeded
from tests.protocol.values import NOW, RECEIPT_KEY, REPORT_ID, consent_token, feedback
from tests.server.laptop import Laptop

TREND_ENTRY_BYTES = 160 + 1136
"""An entry of a trend, padded and sealed."""


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
    """The plaintext of a report, of every kind."""
    draw = seeded(0)
    one, other = somebody(draw), somebody(draw)
    goods = [good_report(draw, laptop, kind, one) for kind in KINDS]
    facts = facts_of((one, other))

    def make(draw: Random) -> tuple[str, tuple[Good, bytes]]:
        good = draw.choice(goods)
        how, plaintext = spoil_report(draw, good, other)
        return f"{good.kind}: {how}", (good, plaintext)

    def proper(given: tuple[Good, bytes], value: object) -> bool:
        return isinstance(value, Report) and deserved(*given, facts).readable

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
            Reply(Trend((bytes(TREND_ENTRY_BYTES), bytes(TREND_ENTRY_BYTES)))),
            Reply(Shared(NOW)),
            Reply(Redeemed(SealedItem(bytes(16), bytes(12_000)))),
        )
    ]

    def make(draw: Random) -> tuple[str, bytes]:
        return spoil_serialised(draw, exchange_pb2.Reply.FromString(draw.choice(goods)))

    def proper(data: bytes, value: object) -> bool:
        message = exchange_pb2.Reply.FromString(data)
        kind = message.WhichOneof("outcome")
        if not isinstance(value, Reply) or kind is None:
            return False
        if not _HAS_FORM.get(kind, lambda _: True)(getattr(message, kind)):
            return False
        shown = _texts_of(getattr(message, kind)) if kind in {"feedback", "refusal"} else []
        return all(map(judge.can_be_shown, shown))

    return ReadingSurface("reply", 6, make, read_reply, (MalformedMessage,), proper, goods)


_HAS_FORM: Mapping[str, Callable[[Any], bool]] = {
    "feedback": lambda feedback: bool(feedback.help),
    "trend": lambda trend: (
        len(trend.entries) <= 20 and {len(each) for each in trend.entries} <= {TREND_ENTRY_BYTES}
    ),
    "shared": lambda shared: 2000 <= datetime.fromtimestamp(shared.expire_time, UTC).year < 9999,
    "redeemed": lambda redeemed: (
        len(redeemed.sealed.key_id) == 16 and len(redeemed.sealed.ciphertext) in ITEM_BYTES
    ),
}
"""What an outcome must have beside words that can be shown."""


def _texts_of(message: Message) -> list[str]:
    found: list[str] = []
    for field, value in message.ListFields():
        for each in value if field.is_repeated else [value]:
            if isinstance(each, str):
                found.append(each)
            elif isinstance(each, Message):
                found += _texts_of(each)
    return found
