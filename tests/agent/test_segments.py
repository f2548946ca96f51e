"""A recording is cut into its neutral part and its introduction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.errors import InputError
from kizashi_agent.segments import (
    DEFAULT_NEUTRAL,
    NO_NEUTRAL,
    NeutralWindow,
    parse_neutral,
    split,
)

from tests.agent.measurements import recording


def test_the_first_three_seconds_are_neutral() -> None:
    """Unless told otherwise, three seconds are at rest and the rest is the introduction."""
    parts = split(recording(13), DEFAULT_NEUTRAL)
    assert parts.neutral is not None
    assert (len(parts.neutral), len(parts.introduction)) == (90, 300)
    assert parts.introduction[0].timestamp == 3


def test_without_neutral_everything_is_introduction() -> None:
    """With no neutral part nothing is cut off."""
    frames = recording(10)
    parts = split(frames, NO_NEUTRAL)
    assert parts.neutral is None
    assert parts.introduction == frames


@pytest.mark.parametrize(("text", "first"), [("2-4", 4.0), ("9-12", 0.0)])
def test_the_introduction_is_the_longer_side(text: str, first: float) -> None:
    """A neutral part in the middle leaves one piece, the longer, not two put together."""
    parts = split(recording(13), parse_neutral(text))
    assert parts.introduction[0].timestamp == first
    indexes = [frame.index for frame in parts.introduction]
    assert indexes == list(range(indexes[0], indexes[-1] + 1))


@given(st.floats(0, 20), st.floats(0.1, 20), st.integers(0, 400))
def test_no_frame_is_in_two_parts(start: float, length: float, count: int) -> None:
    """Whatever the window, the parts share no frame and stay in order."""
    frames = recording(count / 30)
    parts = split(frames, NeutralWindow(start, start + length))
    used = [frame.index for frame in (*(parts.neutral or ()), *parts.introduction)]
    assert len(used) == len(set(used))
    assert [frame.index for frame in parts.introduction] == sorted(
        frame.index for frame in parts.introduction
    )


@pytest.mark.parametrize(
    "text", ["", "3", "3-", "-3", "a-b", "4-3", "3-3", "nan-3", "0-inf", "0-61"]
)
def test_an_unusable_window_says_so(text: str) -> None:
    """A window that is not one is an error with an example of a right one."""
    with pytest.raises(InputError) as caught:
        parse_neutral(text)
    assert caught.value.reason == "NEUTRAL_WINDOW"
    assert "0-3" in caught.value.person
