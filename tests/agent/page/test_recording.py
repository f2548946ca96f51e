"""The recording in the page as a state: what is kept, when it ends, and what ends it early."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_agent.live_guidance import LOOKED_BACK, Message
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.page.recording import (
    LONGEST_STALL,
    NEUTRAL,
    Complete,
    Interrupted,
    Interruption,
    Live,
    Moment,
    Phase,
    Preview,
    Running,
    State,
    arrive,
    ask,
    begins,
    ends_at,
    phase,
    take,
)
from kizashi_agent.pipeline import conclude
from kizashi_agent.segments import INTRODUCTION_SECONDS

from tests.agent.measurements import Face, face

FACE = Face().measurement()
LONG_AGO = 500.0
"""The camera's clock when the page opens it, seconds."""


def measured(index: int, timestamp: float) -> FrameMeasurement:
    """A good frame."""
    return FrameMeasurement(index, timestamp, 1, FACE)


def follow(
    state: State,
    timestamps: Iterable[float],
    measure: Callable[[int, float], FrameMeasurement] = measured,
) -> State:
    """The state after frames at these seconds of the camera's clock."""
    for index, timestamp in enumerate(timestamps):
        assert isinstance(state, Preview | Running)
        state = arrive(state, Moment(timestamp, index, 9000.0 + timestamp))
        if not isinstance(state, Preview | Running):
            return state
        state = take(state, measure(index, timestamp))
    return state


def evenly(seconds: float, start: float = LONG_AGO, rate: float = 30.0) -> list[float]:
    """Timestamps from a start on."""
    return [start + index / rate for index in range(round(seconds * rate))]


def running(seconds: float = 1.0) -> Running:
    """A recording that has lasted for so long."""
    state = ask(follow_live(Preview(), evenly(1.0)))
    state = follow_live(state, evenly(seconds, LONG_AGO + 1.0))
    assert isinstance(state, Running)
    return state


def follow_live(state: Live, timestamps: Iterable[float]) -> Live:
    """As `follow`, of what does not end."""
    after = follow(state, timestamps)
    assert isinstance(after, Preview | Running)
    return after


def test_a_preview_forgets() -> None:
    """Ten seconds before the recording leaves a second's measurements, and one before them."""
    state = follow_live(Preview(), evenly(10.0))
    assert isinstance(state, Preview)
    assert len(state.guidance.frames) <= LOOKED_BACK * 30 + 2
    assert state.guidance.message is Message.WELL


def test_a_preview_guides() -> None:
    """What is wrong is told before anything is recorded."""
    far = face(face_width=60.0).measurement()
    state = follow(
        Preview(), evenly(2.0), lambda index, time: FrameMeasurement(index, time, 1, far)
    )
    assert isinstance(state, Preview)
    assert state.guidance.message is Message.TOO_FAR


def test_nothing_is_recorded_unasked() -> None:
    """A preview stays one however long it lasts."""
    assert isinstance(follow(Preview(), evenly(5.0)), Preview)


def test_a_camera_warms_up_first() -> None:
    """Asked for at once, a recording still begins a second after the camera's first frame."""
    state = follow(ask(Preview()), evenly(2.0))
    assert isinstance(state, Running)
    assert state.first.timestamp == pytest.approx(LONG_AGO + 1.0)


def test_a_recording_has_its_phases() -> None:
    """Three seconds at rest, then the introduction, then done; ends are on the camera's clock."""
    assert NEUTRAL is not None
    state: State = ask(follow_live(Preview(), evenly(1.0)))
    seen = [(phase(state), ends_at(state))]
    for timestamp in evenly(14.0, LONG_AGO + 1.0):
        state = follow(state, [timestamp])
        told = (phase(state), ends_at(state))
        if told != seen[-1]:
            seen.append(told)
        if isinstance(state, Complete):
            break
    start = LONG_AGO + 1.0
    assert seen == [
        (Phase.PREVIEW, None),
        (Phase.NEUTRAL, start + NEUTRAL.end),
        (Phase.SPEAKING, start + NEUTRAL.end + INTRODUCTION_SECONDS),
        (Phase.DONE, None),
    ]


def test_a_whole_recording_is_that_of_a_file() -> None:
    """Frames are counted and timed from its first one, and the frame at the end is not in it."""
    state = follow(running(5.0), evenly(20.0, LONG_AGO + 6.0))
    assert isinstance(state, Complete)
    assert [each.index for each in state.measurements] == list(range(405))
    assert [each.timestamp for each in state.measurements] == pytest.approx(
        [index / 30 for index in range(405)], abs=1e-6
    )
    assert state.measurements[90].timestamp == 3.0
    summary = conclude(state.measurements, NEUTRAL, "test/1").summary
    assert summary.quality.duration == pytest.approx(10.5)
    assert summary.quality.neutral_duration == pytest.approx(3.0)


def test_only_the_first_frame_begins() -> None:
    """Whoever measures is told once to forget the face of the preview."""
    state = ask(follow_live(Preview(), evenly(1.0)))
    beginnings = []
    for index, timestamp in enumerate(evenly(1.0, LONG_AGO + 1.0)):
        arrived = arrive(state, Moment(timestamp, index, timestamp))
        beginnings.append(begins(arrived))
        assert isinstance(arrived, Running)
        state = take(arrived, measured(index, timestamp))
    assert beginnings == [True] + [False] * 29


def test_frames_that_were_not_measured_are_counted() -> None:
    """Of what the browser showed between first and last frame, whatever was not measured."""
    state: State = ask(follow_live(Preview(), evenly(1.0)))
    for index, timestamp in enumerate(evenly(14.0, LONG_AGO + 1.0)):
        assert isinstance(state, Preview | Running)
        if index in {100, 101, 200}:  # shown, and dropped on the way
            continue
        state = arrive(state, Moment(timestamp, 77 + index, timestamp))
        if isinstance(state, Complete):
            break
        assert isinstance(state, Running)
        state = take(state, measured(index, timestamp))
    assert isinstance(state, Complete)
    assert state.dropped == 3


@pytest.mark.parametrize(
    ("gap", "slept", "reason"),
    [
        (LONGEST_STALL + 0.1, LONGEST_STALL + 0.1, Interruption.STALLED),
        (1 / 30, LONGEST_STALL + 0.1, Interruption.SLEPT),
        (1 / 30, 3600.0, Interruption.SLEPT),
        (1 / 30, -3600.0, Interruption.SLEPT),
    ],
)
def test_a_hole_in_time_interrupts(gap: float, slept: float, reason: Interruption) -> None:
    """No frame for 3 s, or a wall clock that jumps, throws away what was recorded."""
    state = running()
    last = state.last
    moment = Moment(last.timestamp + gap, last.captured + 1, last.arrived + slept)
    assert arrive(state, moment) == Interrupted(reason)


def test_a_short_hole_does_not() -> None:
    """Up to 3 s a recording goes on, for the gate to judge."""
    state = running()
    last = state.last
    moment = Moment(last.timestamp + LONGEST_STALL, 99, last.arrived + LONGEST_STALL)
    assert isinstance(arrive(state, moment), Running)


def test_asking_again_changes_nothing() -> None:
    """A second press on the button neither restarts nor prolongs a recording."""
    state = running()
    assert ask(state) is state


def test_a_light_that_changes_is_told_while_recording() -> None:
    """From the recording's start on, guidance says what only a recording must not have."""
    dim = face(luma=80.0).measurement()
    state = running(2.0)
    bright_then_dim = follow(
        state,
        evenly(1.0, LONG_AGO + 3.0),
        lambda index, time: FrameMeasurement(index, time, 1, dim),
    )
    assert isinstance(bright_then_dim, Running)
    assert bright_then_dim.guidance.message is Message.LIGHT_STEADY


@settings(max_examples=5, deadline=None)
@given(st.floats(0.0, 1e6), st.sampled_from([24.0, 25.0, 30.0, 60.0]))
def test_wherever_the_clock_stands_a_recording_is_the_same(start: float, rate: float) -> None:
    """The camera's clock does not show in a recording but by a microsecond."""
    state = follow(ask(Preview()), [round(each, 6) for each in evenly(15.0, start, rate)])
    assert isinstance(state, Complete)
    assert len(state.measurements) == pytest.approx(13.5 * rate, abs=1)
    for index, each in enumerate(state.measurements):
        assert each.timestamp == pytest.approx(index / rate, abs=3e-6)


def test_no_figure_shows_in_a_text() -> None:
    """A state's repr holds no measurement."""
    secret = face(luma=123.456).measurement()
    state = replace(running(), measurements=(FrameMeasurement(0, 0.0, 1, secret),))
    for each in (state, Complete(state.measurements, 0), Preview(state.guidance)):
        assert "123.456" not in repr(each)
        assert "FaceFigures" not in repr(each)
