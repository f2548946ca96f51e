"""An entry of a person's own trend: what it says, and how the server seals it away from itself."""

from dataclasses import dataclass, field

from kizashi_protocol.context import Label, framed
from kizashi_protocol.keys import SealingPublicKey
from kizashi_protocol.reply import BAND_NUMBERS, Band
from kizashi_protocol.sealed_item import seal_item
from kizashi_protocol.v1 import exchange_pb2


@dataclass(frozen=True, slots=True)
class TrendEntry:
    """One check in a trend.

    Attributes:
        day: days since 1970-01-01 UTC.
        band: None where the answer was "cannot tell".
        scorer_id: the scorer used.
        norms_id: the norm compared with.
    """

    day: int
    band: Band | None = field(repr=False)
    scorer_id: str
    norms_id: str


def trend_context(programme_id: str, subject: bytes) -> bytes:
    """Where an entry belongs: a programme, and the public key (32 bytes) of the trend's consent."""
    return framed(programme_id.encode(), subject)


def seal_trend_entry(entry: TrendEntry, key: SealingPublicKey, context: bytes) -> bytes:
    """The entry, sealed to the person's trend key for a `trend_context`. Runs on the server.

    Raises:
        MalformedMessage: the identifiers of scorer and norms are too long together.
    """
    message = exchange_pb2.TrendEntry(
        day=entry.day,
        band=BAND_NUMBERS[entry.band],
        scorer_id=entry.scorer_id,
        norms_id=entry.norms_id,
    )
    plaintext = message.SerializeToString(deterministic=True)
    return seal_item(Label.TREND_ENTRY, plaintext, key, context).ciphertext
