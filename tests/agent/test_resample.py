"""Uneven measurements come to an even 30 a second; nothing is made up across a gap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.resample import REACH, resample, stretches

from tests.agent.measurements import Face, face, frames_at, recording


def ramp(time: float) -> Face:
    """A face whose figures rise by a tenth of their unit each second; AU12 from 2 s on."""
    return Face(
        intensities=(time / 10,) * 17,
        present=frozenset({12} if time >= 2 else ()),
        yaw=time,
        figures=face(mouth_open=time / 100).figures,
    )


@st.composite
def uneven(draw: st.DrawFn) -> tuple[FrameMeasurement, ...]:
    """Frames 10 to 90 ms apart, each with its own intensities or failed."""
    steps = draw(st.lists(st.floats(0.01, 0.09), min_size=2, max_size=60))
    levels = st.floats(0, 5, width=32).map(lambda level: Face(intensities=(level,) * 17))
    faces = draw(st.lists(st.one_of(levels, st.none()), min_size=len(steps), max_size=len(steps)))
    times = np.cumsum(steps).tolist()
    by_time = dict(zip(times, faces, strict=True))
    return frames_at(times, by_time.__getitem__)


def test_thirty_a_second_stays_as_it_is() -> None:
    """What is even already is not changed."""
    frames = recording(4, 30, lambda t: ramp(t) if int(t * 30) % 7 else None)
    track = resample(frames)
    assert track.valid.tolist() == [frame.face is not None for frame in frames]
    for row, frame in enumerate(frames):
        if frame.face is not None:
            units = frame.face.action_units
            assert track.intensities[row] == pytest.approx(units.intensities, abs=1e-6)
            assert (track.presences[row] == units.presences).all()


@pytest.mark.parametrize("rate", [24, 25, 50, 60])
def test_a_straight_course_stays_straight(rate: float) -> None:
    """Figures between frames lie on the line between them, presences on the nearer side."""
    track = resample(recording(4, rate, ramp))
    times = np.arange(len(track.valid)) / 30
    assert track.valid.all()
    assert track.intensities[:, 0] == pytest.approx(times / 10, abs=1e-6)
    assert track.head_pose[:, 0] == pytest.approx(times)
    assert track.mouth_open == pytest.approx(times / 100)
    began = int(np.argmax(track.presences[:, 8]))
    assert abs(times[began] - 2) <= 1 / 24


def test_one_dropped_frame_is_bridged_and_three_are_a_gap() -> None:
    """At 25 a second a single missing timestamp leaves no hole; three leave one."""
    times = [index / 25 for index in range(100) if index not in (20, 50, 51, 52)]
    track = resample(frames_at(times, ramp))
    holes = (np.flatnonzero(~track.valid) / 30).tolist()
    assert holes
    assert all(50 / 25 - REACH < hole < 53 / 25 for hole in holes)


def test_nothing_crosses_a_gap() -> None:
    """Beside a gap a sample has the figures of its nearest frame, not a blend across."""
    times = [0.0, 0.04, 0.08, 1.0, 1.04, 1.08]
    track = resample(frames_at(times, lambda t: Face(intensities=(0.0 if t < 0.5 else 5.0,) * 17)))
    assert set(np.unique(track.intensities[track.valid])) == {0.0, 5.0}


@given(uneven())
def test_samples_stay_within_what_was_measured(frames: tuple[FrameMeasurement, ...]) -> None:
    """No sample leaves the range of the valid frames; none is valid without one; gaps are zeros."""
    track = resample(frames)
    seen = [f.face.action_units.intensities for f in frames if f.face is not None]
    span = frames[-1].timestamp - frames[0].timestamp
    assert abs(len(track.valid) - 1 - span * 30) < 1.001
    assert not track.intensities[~track.valid].any()
    if seen:
        inside = track.intensities[track.valid]
        assert (inside >= np.min(seen) - 1e-6).all()
        assert (inside <= np.max(seen) + 1e-6).all()
    else:
        assert not track.valid.any()


@given(uneven(), st.floats(0, 1000))
def test_only_differences_of_time_matter(
    frames: tuple[FrameMeasurement, ...], shift: float
) -> None:
    """The same recording later in the day gives the same number of samples."""
    later = tuple(FrameMeasurement(f.index, f.timestamp + shift, f.faces, f.face) for f in frames)
    assert abs(len(resample(later).valid) - len(resample(frames).valid)) <= 1


@given(st.lists(st.booleans(), max_size=60))
def test_stretches_cover_what_is_valid(valid: list[bool]) -> None:
    """The stretches hold every valid sample once, in order, and no other."""
    array = np.array(valid, bool)
    covered = [index for each in stretches(array) for index in range(each.start, each.stop)]
    assert covered == np.flatnonzero(array).tolist()
