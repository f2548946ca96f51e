"""Live guidance: what a person is told now agrees with what the gate will say afterwards."""

import string
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from kizashi_agent.live_guidance import (
    LEAST_SHOWN,
    LOOKED_BACK,
    MESSAGES,
    LiveGuidance,
    Message,
    look,
    start_recording,
)
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.quality import Reason, judge
from kizashi_agent.segments import NeutralWindow, split
from kizashi_agent.words import say
from kizashi_protocol.consent import LOCALES

from tests.agent.measurements import Face, face, frames_at, recording

LEAD_IN, AT_REST, SPOKEN = 2, 1, 9
"""Seconds that the camera looks before a recording, and of its parts, in the properties."""

WATCHED = LEAD_IN + AT_REST + SPOKEN

WHOLE_RECORDING = {
    Reason.TOO_SHORT,
    Reason.TOO_SHORT_AFTER_NEUTRAL,
    Reason.NEUTRAL_TOO_SHORT,
    Reason.TOO_LONG,
}
"""What only a whole recording can be: no message for it."""


def told(
    frames: Sequence[FrameMeasurement], recording_since: float | None = None
) -> list[tuple[float, Message]]:
    """The message after each frame, with its timestamp."""
    guidance = LiveGuidance()
    if recording_since is not None:
        guidance = start_recording(guidance, recording_since)
    said = []
    for frame in frames:
        guidance = look(guidance, frame)
        said.append((frame.timestamp, guidance.message))
    return said


def in_turn(said: Sequence[tuple[float, Message]]) -> list[Message]:
    """The messages as they replace one another."""
    return [message for message, _ in groupby(message for _, message in said)]


@pytest.mark.parametrize(
    ("usual", "message"),
    [
        (None, Message.NOBODY_SEEN),
        (face(face_width=119), Message.TOO_FAR),
        (Face(yaw=16), Message.TURN_TO_CAMERA),
        (Face(pitch=-26), Message.TURN_TO_CAMERA),
        (Face(roll=21), Message.HEAD_LEVEL),
        (face(luma=59), Message.TOO_DARK),
        (face(luma=201), Message.TOO_BRIGHT),
        (face(clipped_fraction=0.02), Message.TOO_BRIGHT),
        (face(mouth_visible=0.3), Message.MOUTH_COVERED),
        (Face(), Message.WELL),
    ],
)
def test_each_fault_is_told(usual: Face | None, message: Message) -> None:
    """After a moment of looking, what is wrong is told, and nothing else."""
    assert in_turn(told(recording(3, 30, lambda _: usual))) == [Message.LOOKING, message]


def test_a_slow_camera_is_told() -> None:
    """Twelve frames a second are too few, whatever the face."""
    assert in_turn(told(recording(3, 12))) == [Message.LOOKING, Message.CAMERA_SLOW]


def test_a_second_person_is_told_at_once() -> None:
    """One frame with two faces is enough, as it is for the gate."""
    frames = list(recording(4))
    frames[60] = replace(frames[60], faces=2)
    said = told(frames)
    assert in_turn(said) == [Message.LOOKING, Message.WELL, Message.ONE_PERSON, Message.WELL]
    assert said[60][1] == Message.ONE_PERSON


def test_a_camera_that_stood_still_is_told() -> None:
    """A hole of two seconds shows at the next frame, though the last second is empty."""
    times = [index / 30 + (2 if index >= 60 else 0) for index in range(120)]
    assert told(frames_at(times))[60][1] == Message.CAMERA_SLOW


@pytest.mark.parametrize(
    ("other", "message"),
    [(face(luma=180), Message.LIGHT_STEADY), (face(centre_x=460), Message.STAY_IN_PLACE)],
)
def test_changes_count_once_the_recording_runs(other: Face, message: Message) -> None:
    """Before it, lamp and chair may be moved; during it they are told to stay."""
    frames = recording(5, 30, lambda time: Face() if time < 3 else other)
    before = [Message.LOOKING, Message.WELL]
    assert in_turn(told(frames)) == before
    assert in_turn(told(frames, recording_since=2)) == [*before, message, Message.WELL]
    assert in_turn(told(frames, recording_since=3)) == before


def test_the_gravest_comes_first_and_the_rest_in_turn() -> None:
    """Two faults are told one at a time: the graver while it lasts, then the other."""

    def at(time: float) -> Face:
        return Face(yaw=20 if time < 3 else 0, figures=face(luma=30).figures)

    expected = [Message.LOOKING, Message.TURN_TO_CAMERA, Message.TOO_DARK]
    assert in_turn(told(recording(6, 30, at))) == expected


def test_a_fault_that_comes_and_goes_does_not_flicker() -> None:
    """A face that sways across the limit every third of a second gets one steady message."""
    swaying = recording(9, 30, lambda time: face(face_width=119 if int(time * 3) % 2 else 121))
    assert in_turn(told(swaying)) == [Message.LOOKING, Message.WELL, Message.TOO_FAR]


@given(
    st.lists(
        st.sampled_from(
            [Face(), None, face(luma=30), face(mouth_visible=0.1), Face(yaw=30), Face(roll=30)]
        ),
        min_size=20,
        max_size=60,
    )
)
def test_no_message_gives_way_to_a_lesser_one_too_soon(course: list[Face | None]) -> None:
    """Whatever a face does, every message but a graver one waits until the last has been read."""
    said = told(recording(len(course) / 10, 30, lambda time: course[int(time * 10 + 1e-6)]))
    gravity = list(Message)
    since = said[0][0]
    for (_, before), (time, after) in pairwise(said):
        if after != before:
            graver = gravity.index(after) < gravity.index(before)
            assert graver or time - since >= LEAST_SHOWN - 1e-9
            since = time


@st.composite
def streams(draw: st.DrawFn) -> tuple[FrameMeasurement, ...]:
    """A camera's frames: near the limits, now and then beyond, some frames lost.

    Every half second has its own face.
    """
    rate = draw(st.sampled_from([24.0, 25.0, 30.0, 60.0]))
    halves = WATCHED * 2

    def figures(*values: float) -> list[float]:
        return draw(st.lists(st.sampled_from(values), min_size=halves, max_size=halves))

    usual = draw(st.booleans())  # otherwise every figure strays, and hardly any stream is well
    strays: dict[str, tuple[float, ...]] = {
        "face_width": (120.0, 120.1, 121.0) if usual else (119.0, 120.0, 124.0),
        "luma": (60.0, 60.1, 70.0) if usual else (59.0, 62.0, 81.0),
        "mouth_visible": (0.34, 0.4) if usual else (0.3, 0.34),
        "clipped_fraction": (0.0, 0.019) if usual else (0.019, 0.02),
    }
    courses = {name: figures(*values) for name, values in strays.items()}
    yaws = figures(14.0, -15.0) if usual else figures(14.0, -15.1, 25.0)
    lost = draw(st.sets(st.integers(0, int(WATCHED * rate) - 1), max_size=8))
    several = draw(st.sampled_from([None, None, 1, 100]))

    def at(time: float) -> Face | None:
        half = int(time * 2 + 1e-6)
        if round(time * rate) in lost:
            return None
        values = {name: course[half] for name, course in courses.items()}
        return replace(face(**values), yaw=yaws[half])

    frames = list(recording(WATCHED, rate, at))
    if several is not None:
        frames[several] = replace(frames[several], faces=2)
    return tuple(frames)


@settings(max_examples=20)
@given(streams())
def test_what_was_well_at_every_moment_passes_the_gate(
    frames: tuple[FrameMeasurement, ...],
) -> None:
    """Where guidance had nothing to say all along, the gate refuses for no reason of that kind."""
    said = told(frames, recording_since=LEAD_IN)
    well = all(message == Message.WELL for time, message in said if time >= LEAD_IN)
    recorded = tuple(each for each in frames if each.timestamp >= LEAD_IN)
    reasons = judge(split(recorded, NeutralWindow(LEAD_IN, LEAD_IN + AT_REST))).reasons
    event(f"well: {well}, refused: {bool(reasons)}")
    if well:
        assert set(reasons) <= WHOLE_RECORDING


@settings(max_examples=30)
@given(
    rate=st.sampled_from([24.0, 25.0, 30.0, 60.0]),
    dropped=st.sets(st.integers(0, 4 * 60), max_size=60),
    hole=st.tuples(st.floats(0, 4), st.floats(0, 1.5)),
)
def test_dropped_frames_are_told_before_the_gate_refuses_them(
    rate: float, dropped: set[int], hole: tuple[float, float]
) -> None:
    """However frames go missing, what the gate holds against their times was told."""
    start, length = hole
    even = [index / rate for index in range(int(4 * rate)) if index not in dropped]
    times = [time for time in even if not start < time < start + length]
    frames = frames_at(times)
    heard = {message for _, message in told(frames, recording_since=0.0)}
    reasons = set(judge(split(frames, None)).reasons) - WHOLE_RECORDING
    event(f"refused: {bool(reasons)}")
    if reasons:
        assert heard - {Message.LOOKING, Message.WELL}


def test_every_reason_is_told_live_or_is_of_the_whole_recording() -> None:
    """No reason to refuse is forgotten, and only lengths cannot be known beforehand."""
    assert set(Reason) - MESSAGES.keys() == WHOLE_RECORDING
    assert set(MESSAGES.values()) == set(Message) - {Message.LOOKING, Message.WELL}


def test_the_order_of_messages_is_that_of_the_reasons() -> None:
    """What the gate calls graver is told first."""
    gravity = list(Message)
    places = [gravity.index(MESSAGES[reason]) for reason in Reason if reason in MESSAGES]
    others = [place for place in places if place != gravity.index(Message.TOO_BRIGHT)]
    assert others == sorted(others)


def test_nothing_older_than_the_last_second_is_kept() -> None:
    """The state holds the last second and one frame before, however long the camera looks."""
    guidance = LiveGuidance()
    for frame in recording(5):
        guidance = look(guidance, frame)
    assert len(guidance.frames) == 30 * LOOKED_BACK + 1
    assert "FrameMeasurement" not in repr(guidance)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("message", Message)
def test_every_message_has_words(locale: str, message: Message) -> None:
    """In each language there is a sentence of its own for each message, with nothing to fill in."""
    key = f"guidance_{message.lower()}"
    words = say(locale, key)  # type: ignore[arg-type]
    assert words[-1] in ".。"
    assert not list(filter(None, (field for _, field, _, _ in string.Formatter().parse(words))))
    others = {say(locale, f"guidance_{each.lower()}") for each in Message}  # type: ignore[arg-type]
    assert len(others) == len(Message)
