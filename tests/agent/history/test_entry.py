"""A check in the history comes back as it was kept, and nothing else does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.history.entry import HistoryEntry

from tests.agent.history.entries import START, entry, feedback
from tests.models.scoring import summary_at


@given(st.integers(0, 2**33), st.none() | st.binary(min_size=16, max_size=16))
def test_an_entry_comes_back(time: int, report_id: bytes | None) -> None:
    """With summary, words, time and number."""
    kept = HistoryEntry(time, summary_at(0.5), feedback(None), report_id)
    assert HistoryEntry.decode(kept.encode()) == kept


def test_nothing_of_it_is_in_its_text() -> None:
    """A log or an error that names an entry says neither figures nor words."""
    kept = HistoryEntry(START, summary_at(0.5), feedback(), bytes(16))
    text = f"{kept!r} {kept}"
    assert "headline" not in text
    assert "Summary" not in text
    assert "more" not in text


@pytest.mark.parametrize(
    "change", [{"time": "x"}, {"summary": "x"}, {"feedback": ""}, {"report_id": "00"}]
)
def test_something_else_is_none(change: dict[str, object]) -> None:
    """A value that is not one of its own."""
    content = json.loads(entry(0).encode()) | change
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the words, it is one error
        HistoryEntry.decode(json.dumps(content).encode())


@given(st.binary(max_size=100) | st.just(b"{}") | st.just(b"[]"))
def test_any_bytes_end_in_one_error(data: bytes) -> None:
    """They are an entry or a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        HistoryEntry.decode(data)
