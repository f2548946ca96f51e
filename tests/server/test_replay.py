"""What a remembered report means for the envelope that comes now."""

import pytest
from kizashi_server.exchange.replay import Verdict, verdict
from kizashi_server.store.replay_contract import Remembered, ReportState

SAME, OTHER = b"d" * 32, b"e" * 32
PENDING = Remembered(SAME, ReportState.PENDING, None, 0, 10)
ANSWERED = Remembered(SAME, ReportState.ANSWERED, b"reply", 100, 10)
DROPPED = Remembered(SAME, ReportState.ANSWERED, None, 0, 10)
ERASED = Remembered(SAME, ReportState.ERASED, None, 0, 10)


@pytest.mark.parametrize(
    ("remembered", "digest", "now", "expected"),
    [
        (None, SAME, 0, Verdict.NEW),
        (PENDING, SAME, 9, Verdict.IN_PROGRESS),
        (PENDING, SAME, 10, Verdict.NEW),
        (PENDING, OTHER, 9, Verdict.CONFLICT),
        (PENDING, OTHER, 10, Verdict.CONFLICT),
        (ANSWERED, SAME, 99, Verdict.ANSWERED),
        (ANSWERED, SAME, 100, Verdict.GONE),
        (ANSWERED, OTHER, 99, Verdict.CONFLICT),
        (DROPPED, SAME, 0, Verdict.GONE),
        (DROPPED, OTHER, 0, Verdict.CONFLICT),
        (ERASED, SAME, 0, Verdict.GONE),
        (ERASED, OTHER, 0, Verdict.GONE),
    ],
)
def test_verdict(remembered: Remembered | None, digest: bytes, now: int, expected: Verdict) -> None:
    """Each state, with the same envelope and another, before and after its time."""
    assert verdict(remembered, digest, now) is expected
