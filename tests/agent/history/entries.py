"""Checks of a made-up person's history."""

from kizashi_agent.history.entry import HistoryEntry
from kizashi_protocol import Band, Feedback, HelpResource

from tests.models.scoring import EXTRACTOR_ID, summary_at

DAY = 24 * 3600
START = 1_790_000_000


def feedback(band: Band | None = Band.MORE) -> Feedback:
    """Words that came back."""
    helped = (HelpResource("Somebody", "listens", "", "", ""),)
    return Feedback(band, "en", "A headline.", ("One.", "Two."), (), helped, "made-up/1", "norms/1")


def entry(day: int, z: float = 0.0, extractor_id: str = EXTRACTOR_ID) -> HistoryEntry:
    """A check on a day, whose figures all lie that far from the made-up norm."""
    return HistoryEntry(START + day * DAY, summary_at(z, extractor_id=extractor_id), feedback())
