"""What a reply says: the words for the person, or why there are none.

`Feedback` is the one type of feedback in the project, whether it came from a server or was worked
out on the device. `read_reply` is the only way from an opened envelope to a `Reply`; all its words
may be shown as they are (see `display_text`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from google.protobuf.message import DecodeError

from kizashi_protocol.consent import LOCALES, TREND_ENTRIES, Locale
from kizashi_protocol.context import Label
from kizashi_protocol.display_text import is_displayable
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.keys import OVERHEAD_BYTES
from kizashi_protocol.log_proof import LogEvidence, LogProof
from kizashi_protocol.sealed_item import ITEM_PLAINTEXT_BYTES, SealedItem
from kizashi_protocol.v1 import exchange_pb2

TREND_ENTRY_BYTES = ITEM_PLAINTEXT_BYTES[Label.TREND_ENTRY] + OVERHEAD_BYTES
"""Size of a sealed trend entry."""


class Band(StrEnum):
    """Where the composite of the study's units lies against the norm."""

    FEWER = "fewer"
    ABOUT_AS_MANY = "about_as_many"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class HelpResource:
    """Somebody to turn to; every field but the name may be empty."""

    name: str
    description: str = ""
    hours: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Words for the person, in their language.

    Attributes:
        band: None where the answer is "cannot tell".
        headline: one line.
        paragraphs: what it may and may not mean.
        contributions: each unit's part, in words.
        help: where help is, the site's own contact first; never empty.
        scorer_id: the scorer used, such as "research-prior/1".
        norms_id: the norm compared with, such as "clips/1".
    """

    band: Band | None = field(repr=False)
    locale: Locale
    headline: str = field(repr=False)
    paragraphs: tuple[str, ...] = field(repr=False)
    contributions: tuple[str, ...] = field(repr=False)
    help: tuple[HelpResource, ...] = field(repr=False)
    scorer_id: str
    norms_id: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """Nothing is returned, for want of consent to return it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The report was read and not acted on; `message` is for the person."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The acknowledgement was taken."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was held is erased; `receipt` is a token that `read_erasure` reads."""

    receipt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trend:
    """The person's own trend, the oldest entry first; `open_trend` reads an entry."""

    entries: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shared:
    """What was left for a counsellor is kept until `expire_time`, in seconds since the epoch."""

    expire_time: int


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What was left for a counsellor, as it was left; the server holds it no longer."""

    sealed: SealedItem


Outcome = Feedback | Withheld | Refusal | Acknowledged | Erased | Trend | Shared | Redeemed


OPENING_NONCE_BYTES = 32

_EARLIEST = 946_684_800  # 2000-01-01 UTC
_LATEST = 253_370_764_800  # 9999-01-01 UTC: a year more, and not every time zone could write it


class Reply(NamedTuple):
    """An outcome, and receipts.

    Attributes:
        consent_receipts: of the report's consents, tokens for `read_receipt`.
        opening_nonce: beside a feedback, 32 random bytes that only who opened the reply can show
            (proof of opening, for sharing), or None where nothing can be shared; not part of the
            feedback, which is words alone.
        log: where `receipts` stand in the log; None when there are none.
    """

    outcome: Outcome
    consent_receipts: tuple[str, ...] = ()
    opening_nonce: bytes | None = None
    log: LogEvidence | None = None

    @property
    def receipts(self) -> tuple[str, ...]:
        """Every token that is an entry of the log: the consents' in their order, then an erasure's."""
        erasure = (self.outcome.receipt,) if isinstance(self.outcome, Erased) else ()
        return self.consent_receipts + erasure

    def __repr__(self) -> str:
        # Receipts name the participant's keys.
        return f"Reply({self.outcome!r}, {len(self.consent_receipts)} receipts)"


def write_reply(reply: Reply) -> bytes:
    """The plaintext to seal. Runs on the server."""
    message = exchange_pb2.Reply(consent_receipts=reply.consent_receipts)
    match reply.outcome:
        case Feedback() as feedback:
            message.feedback.CopyFrom(_to_message(feedback))
            message.feedback.opening_nonce = reply.opening_nonce or b""
        case Withheld():
            message.withheld.SetInParent()
        case Refusal(reason, words):
            message.refusal.reason, message.refusal.message = reason, words
        case Acknowledged():
            message.acknowledged.SetInParent()
        case Erased(receipt):
            message.erasure.receipt = receipt
        case Trend(entries):
            message.trend.SetInParent()
            message.trend.entries.extend(entries)
        case Shared(expire_time):
            message.shared.expire_time = expire_time
        case Redeemed(sealed):
            message.redeemed.sealed.CopyFrom(sealed.to_message())
    if reply.log is not None:
        _write_evidence(message, reply.log)
    return message.SerializeToString(deterministic=True)


def _write_evidence(message: exchange_pb2.Reply, log: LogEvidence) -> None:
    for each in log.proofs:
        message.log_proofs.add(leaf_index=each.leaf_index, salt=each.salt, path=each.path)
    message.log_head = log.head
    message.log_consistency.extend(log.consistency)


def read_reply(plaintext: bytes) -> Reply:
    """The reply in an opened envelope. Runs on the device.

    Raises:
        MalformedMessage: it does not parse, says nothing, or holds control characters.
    """
    try:
        message = exchange_pb2.Reply.FromString(plaintext)
    except DecodeError:
        raise MalformedMessage("a reply does not parse") from None
    nonce = message.feedback.opening_nonce or None
    if nonce is not None and len(nonce) != OPENING_NONCE_BYTES:
        raise MalformedMessage(f"an opening nonce has {OPENING_NONCE_BYTES} bytes")
    receipts = tuple(message.consent_receipts)
    return Reply(_outcome(message), receipts, nonce, _evidence(message))


def _evidence(message: exchange_pb2.Reply) -> LogEvidence | None:
    if not (message.log_head or message.log_proofs):
        return None
    proofs = (LogProof(each.leaf_index, each.salt, tuple(each.path)) for each in message.log_proofs)
    return LogEvidence(tuple(proofs), message.log_head, tuple(message.log_consistency))


def write_feedback(feedback: Feedback) -> bytes:
    """A feedback by itself, to be sealed for somebody else."""
    return _to_message(feedback).SerializeToString(deterministic=True)


def read_feedback(plaintext: bytes) -> Feedback:
    """What `write_feedback` wrote.

    Raises:
        MalformedMessage: it does not parse, is no feedback, or holds control characters.
    """
    try:
        return _from_message(exchange_pb2.Feedback.FromString(plaintext))
    except DecodeError:
        raise MalformedMessage("a feedback does not parse") from None


def _outcome(message: exchange_pb2.Reply) -> Outcome:  # noqa: PLR0911 - one a kind
    match message.WhichOneof("outcome"):
        case "feedback":
            return _from_message(message.feedback)
        case "withheld":
            return Withheld()
        case "refusal":
            return Refusal(*_displayable([message.refusal.reason, message.refusal.message]))
        case "acknowledged":
            return Acknowledged()
        case "erasure":
            return Erased(message.erasure.receipt)
        case "trend":
            return Trend(_trend_entries(message.trend))
        case "shared":
            return _shared(message.shared)
        case "redeemed":
            return Redeemed(SealedItem.parse(message.redeemed.sealed))
        case _:
            raise MalformedMessage("a reply says nothing")


def _shared(message: exchange_pb2.Shared) -> Shared:
    if not _EARLIEST <= message.expire_time < _LATEST:
        raise MalformedMessage("a share ends in no year that can be shown")
    return Shared(message.expire_time)


def _trend_entries(message: exchange_pb2.Trend) -> tuple[bytes, ...]:
    sizes = {len(each) for each in message.entries}
    if len(message.entries) > TREND_ENTRIES or not sizes <= {TREND_ENTRY_BYTES}:
        raise MalformedMessage("a trend of another form")
    return tuple(message.entries)


def _to_message(feedback: Feedback) -> exchange_pb2.Feedback:
    return exchange_pb2.Feedback(
        band=BAND_NUMBERS[feedback.band],
        locale=feedback.locale,
        headline=feedback.headline,
        paragraphs=feedback.paragraphs,
        contributions=feedback.contributions,
        help=[
            exchange_pb2.HelpResource(
                name=each.name,
                description=each.description,
                hours=each.hours,
                phone=each.phone,
                address=each.address,
            )
            for each in feedback.help
        ],
        scorer_id=feedback.scorer_id,
        norms_id=feedback.norms_id,
    )


def _from_message(message: exchange_pb2.Feedback) -> Feedback:
    if message.locale not in LOCALES or message.band not in BAND_OF_NUMBER or not message.help:
        raise MalformedMessage("feedback of another form")
    (headline, scorer_id, norms_id) = _displayable(
        [message.headline, message.scorer_id, message.norms_id]
    )
    return Feedback(
        band=BAND_OF_NUMBER[message.band],
        locale=LOCALES[LOCALES.index(message.locale)],
        headline=headline,
        paragraphs=_displayable(message.paragraphs),
        contributions=_displayable(message.contributions),
        help=tuple(
            HelpResource(
                *_displayable([each.name, each.description, each.hours, each.phone, each.address])
            )
            for each in message.help
        ),
        scorer_id=scorer_id,
        norms_id=norms_id,
    )


def _displayable(texts: Sequence[str]) -> tuple[str, ...]:
    if not all(map(is_displayable, texts)):
        raise MalformedMessage("a reply holds control characters")
    return tuple(texts)


BAND_NUMBERS: dict[Band | None, "exchange_pb2.Band.ValueType"] = {
    None: exchange_pb2.BAND_UNSPECIFIED,
    Band.FEWER: exchange_pb2.BAND_FEWER,
    Band.ABOUT_AS_MANY: exchange_pb2.BAND_ABOUT_AS_MANY,
    Band.MORE: exchange_pb2.BAND_MORE,
}
BAND_OF_NUMBER = {number: band for band, number in BAND_NUMBERS.items()}
