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

from kizashi_protocol.consent import LOCALES, Locale
from kizashi_protocol.display_text import is_displayable
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.log_proof import LogEvidence, LogProof
from kizashi_protocol.v1 import exchange_pb2


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


Outcome = Feedback | Withheld | Refusal | Acknowledged | Erased


class Reply(NamedTuple):
    """An outcome, and receipts.

    Attributes:
        consent_receipts: of the report's consents, tokens for `read_receipt`.
        log: where `receipts` stand in the log; None when there are none.
    """

    outcome: Outcome
    consent_receipts: tuple[str, ...] = ()
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
        case Withheld():
            message.withheld.SetInParent()
        case Refusal(reason, words):
            message.refusal.reason, message.refusal.message = reason, words
        case Acknowledged():
            message.acknowledged.SetInParent()
        case Erased(receipt):
            message.erasure.receipt = receipt
    if reply.log is not None:
        for each in reply.log.proofs:
            message.log_proofs.add(leaf_index=each.leaf_index, salt=each.salt, path=each.path)
        message.log_head = reply.log.head
        message.log_consistency.extend(reply.log.consistency)
    return message.SerializeToString(deterministic=True)


def read_reply(plaintext: bytes) -> Reply:
    """The reply in an opened envelope. Runs on the device.

    Raises:
        MalformedMessage: it does not parse, says nothing, or holds control characters.
    """
    try:
        message = exchange_pb2.Reply.FromString(plaintext)
    except DecodeError:
        raise MalformedMessage("a reply does not parse") from None
    return Reply(_outcome(message), tuple(message.consent_receipts), _evidence(message))


def _evidence(message: exchange_pb2.Reply) -> LogEvidence | None:
    if not (message.log_head or message.log_proofs):
        return None
    proofs = (LogProof(each.leaf_index, each.salt, tuple(each.path)) for each in message.log_proofs)
    return LogEvidence(tuple(proofs), message.log_head, tuple(message.log_consistency))


def _outcome(message: exchange_pb2.Reply) -> Outcome:
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
        case _:
            raise MalformedMessage("a reply says nothing")


def _to_message(feedback: Feedback) -> exchange_pb2.Feedback:
    return exchange_pb2.Feedback(
        band=_BANDS[feedback.band],
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
    if message.locale not in LOCALES or message.band not in _BAND_OF or not message.help:
        raise MalformedMessage("feedback of another form")
    (headline, scorer_id, norms_id) = _displayable(
        [message.headline, message.scorer_id, message.norms_id]
    )
    return Feedback(
        band=_BAND_OF[message.band],
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


_BANDS: dict[Band | None, "exchange_pb2.Band.ValueType"] = {
    None: exchange_pb2.BAND_UNSPECIFIED,
    Band.FEWER: exchange_pb2.BAND_FEWER,
    Band.ABOUT_AS_MANY: exchange_pb2.BAND_ABOUT_AS_MANY,
    Band.MORE: exchange_pb2.BAND_MORE,
}
_BAND_OF = {number: band for band, number in _BANDS.items()}
