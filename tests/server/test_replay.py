"""What a remembered report means for the envelope that comes now."""

import pytest
from kizashi_server.replay import Standing, standing
from kizashi_server.store.replay_contract import Remembered, ReportState

SAME, OTHER = b"d" * 32, b"e" * 32
PENDING = Remembered(SAME, ReportState.PENDING, None, 0, 10)
ANSWERED = Remembered(SAME, ReportState.ANSWERED, b"reply", 100, 10)
DROPPED = Remembered(SAME, ReportState.ANSWERED, None, 0, 10)
ERASED = Remembered(SAME, ReportState.ERASED, None, 0, 10)


@pytest.mark.parametrize(
    ("remembered", "digest", "now", "expected"),
    [
        (None, SAME, 0, Standing.NEW),
        (PENDING, SAME, 9, Standing.IN_PROGRESS),
        (PENDING, SAME, 10, Standing.NEW),
        (PENDING, OTHER, 9, Standing.CONFLICT),
        (PENDING, OTHER, 10, Standing.CONFLICT),
        (ANSWERED, SAME, 99, Standing.ANSWERED),
        (ANSWERED, SAME, 100, Standing.GONE),
        (ANSWERED, OTHER, 99, Standing.CONFLICT),
        (DROPPED, SAME, 0, Standing.GONE),
        (DROPPED, OTHER, 0, Standing.CONFLICT),
        (ERASED, SAME, 0, Standing.GONE),
        (ERASED, OTHER, 0, Standing.GONE),
    ],
)
def test_standing(
    remembered: Remembered | None, digest: bytes, now: int, expected: Standing
) -> None:
    """Each state, with the same envelope and another, before and after its time."""
    assert standing(remembered, digest, now) is expected
