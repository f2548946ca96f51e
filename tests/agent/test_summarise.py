"""A recording becomes the summary that the protocol describes, figure by figure."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.summarise import summarise
from kizashi_protocol import MalformedMessage
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS, Summary

from tests.agent.measurements import Face, face, recording

AU12, AU45 = INTENSITY_UNITS.index(12), INTENSITY_UNITS.index(45)


def smile(level: float, *, shut: bool = False, **others: float) -> Face:
    """A face with AU12 at a level, present from 1 on, its eyes shut or not, and nothing else."""
    intensities = [0.0] * 17
    intensities[AU12] = level
    intensities[AU45] = 2.0 if shut else 0.0
    return replace(
        face(**others),
        intensities=tuple(intensities),
        present=frozenset({12} if level >= 1 else ()),
    )


def test_figures_of_a_known_course() -> None:
    """Four seconds without, four with a smile of 2: every figure is what it must be."""
    summary = summarise(recording(8, 30, lambda t: smile(2 if t >= 4 else 0)), None, "test/1")
    figures = summary.of(12)
    assert (figures.mean, figures.standard_deviation) == (1, 1)
    assert (figures.percentile_10, figures.percentile_50, figures.percentile_90) == (0, 1, 2)
    assert (figures.first_half_mean, figures.second_half_mean) == (0, 2)
    assert figures.presence_rate == 0.5
    assert (figures.first_half_presence_rate, figures.second_half_presence_rate) == (0, 1)
    assert figures.onset_rate == pytest.approx(60 / 8)
    assert figures.baseline_subtracted_mean is None
    assert summary.of(1).mean == 0
    assert (summary.extractor_id, summary.mode) == ("test/1", "static")


def test_the_neutral_part_is_subtracted_and_left_out() -> None:
    """A resting face with a slight smile lowers the baseline figure and no other."""
    introduction = recording(8, 30, lambda _: smile(2))
    summary = summarise(introduction, recording(3, 30, lambda _: smile(0.5)), "test/1")
    assert summary.of(12).mean == 2
    assert summary.of(12).baseline_subtracted_mean == 1.5
    assert summary.of(1).baseline_subtracted_mean == 0
    assert summary.quality.neutral_duration == 3
    assert summary.quality.duration == 8


@pytest.mark.parametrize("neutral", [None, recording(3)])
def test_every_intensity_has_a_baseline_figure_or_none_has(
    neutral: tuple[FrameMeasurement, ...] | None,
) -> None:
    """All of them with a neutral part, none without, and the absolute figures are the same."""
    summary = summarise(recording(8), neutral, "test/1")
    relative = {
        each.action_unit
        for each in summary.action_units
        if each.baseline_subtracted_mean is not None
    }
    assert relative == (set() if neutral is None else set(INTENSITY_UNITS))
    assert {summary.of(unit).mean for unit in INTENSITY_UNITS} == {1}
    assert summary.mode == "static"


def test_unit_28_has_presence_alone() -> None:
    """AU28 has no intensity, so its figures of intensity are 0 and it has no baseline."""
    at = Face(intensities=(3.0,) * 17, present=frozenset({28}))
    figures = summarise(recording(8, 30, lambda _: at), recording(3), "test/1").of(28)
    assert figures.presence_rate == 1
    assert figures.mean == figures.percentile_90 == figures.standard_deviation == 0
    assert figures.baseline_subtracted_mean is None


def test_failed_frames_are_dropped_before_any_mean() -> None:
    """A tenth of the frames without a face changes no figure of a steady face."""
    steady = summarise(recording(10, 30, lambda _: smile(2)), None, "test/1")
    holed = summarise(
        recording(10, 30, lambda t: smile(2) if round(t * 30) % 10 else None), None, "test/1"
    )
    assert holed.action_units == steady.action_units
    assert holed.mouth_open_fraction == steady.mouth_open_fraction
    assert holed.quality.valid_fraction == pytest.approx(0.9)


def test_rates_are_per_minute_of_what_was_seen() -> None:
    """Three blinks in nine seen seconds are twenty a minute, though a second is missing."""

    def at(time: float) -> Face | None:
        if 5 <= time < 6:
            return None
        return smile(0, shut=1 <= time % 3 < 1.2)

    assert summarise(recording(10, 30, at), None, "test/1").blink_rate == pytest.approx(20)


def test_blinks_faster_than_the_field_holds_count_as_its_most() -> None:
    """Lids that flutter at 5 a second give 120 a minute, not an error."""
    flutter = recording(8, 30, lambda t: smile(0, shut=t * 5 % 1 > 0.7))
    assert summarise(flutter, None, "test/1").blink_rate == 120


def test_mouth_and_speech_are_shares_of_time() -> None:
    """Two seconds of syllables in eight are a quarter of the time, give or take the window."""

    def at(time: float) -> Face:
        syllable = 0.15 + 0.1 * np.sin(2 * np.pi * 5 * time)
        return face(mouth_open=syllable if 3 <= time < 5 else 0.01)

    summary = summarise(recording(8, 30, at), None, "test/1")
    assert summary.speaking_fraction == pytest.approx(0.25, abs=0.1)
    assert summary.mouth_open_fraction == pytest.approx(0.25, abs=0.01)


def test_head_motion_and_quality() -> None:
    """A head that swings by 10 degrees has the spread of a sine, and its medians are absolute."""
    swing = recording(
        8, 30, lambda t: replace(face(luma=90), yaw=10 * np.sin(np.pi * t), pitch=-7, roll=3)
    )
    summary = summarise(swing, None, "test/1")
    assert summary.head_motion.yaw_standard_deviation == pytest.approx(10 / np.sqrt(2), rel=0.01)
    assert summary.head_motion.pitch_standard_deviation == 0
    assert summary.head_motion.mean_speed == pytest.approx(20, rel=0.03)
    quality = summary.quality
    assert (quality.absolute_pitch, quality.face_luma, quality.face_width) == (7, 90, 200)
    assert quality.absolute_yaw == pytest.approx(10 * np.sin(np.pi / 4), rel=0.02)
    assert (quality.valid_fraction, quality.longest_gap) == (1, 0)
    assert quality.frame_rate == pytest.approx(30)


@pytest.mark.parametrize("rate", [24, 25, 50, 60])
def test_the_cameras_rate_does_not_show(rate: float) -> None:
    """The same face in front of another camera gives the same figures."""

    def at(time: float) -> Face:
        return smile(
            2 + 2 * np.sin(time),
            mouth_open=0.15 + 0.1 * np.sin(2 * np.pi * 3 * time),
            shut=time % 2 > 1.75,
        )

    usual, other = (summarise(recording(10, each, at), None, "test/1") for each in (30, rate))
    for name in ("mean", "standard_deviation", "percentile_90", "presence_rate", "onset_rate"):
        values = [getattr(summary.of(12), name) for summary in (usual, other)]
        assert values[0] == pytest.approx(values[1], rel=0.01, abs=0.01)
    assert usual.blink_rate == pytest.approx(other.blink_rate, rel=0.05)
    assert usual.speaking_fraction == pytest.approx(other.speaking_fraction, abs=0.02)


@pytest.mark.parametrize(
    "at", [lambda t: Face() if t < 4 else None, lambda t: Face() if t >= 4 else None]
)
def test_half_a_recording_is_not_summarised(at: object) -> None:
    """A half without a face is an error here, and the gate refuses it before."""
    with pytest.raises(ValueError, match="half"):
        summarise(recording(8, 30, at), None, "test/1")  # type: ignore[arg-type]


@pytest.mark.parametrize("neutral", [(), recording(3, 30, lambda _: None)])
def test_an_empty_neutral_part_is_not_subtracted(neutral: tuple[()]) -> None:
    """A neutral part was promised; without a face in it there is no baseline."""
    with pytest.raises(ValueError, match="neutral"):
        summarise(recording(8), neutral, "test/1")


def test_a_recording_beyond_the_field_is_malformed() -> None:
    """More than two minutes do not fit the summary."""
    with pytest.raises(MalformedMessage):
        summarise(recording(121), None, "test/1")


levels = st.floats(0, 5, width=32)
faces = st.builds(
    lambda level, present, yaw, mouth, eye, luma: Face(
        intensities=(*(level,) * 16, eye),
        present=present,
        yaw=yaw,
        pitch=-yaw,
        figures=face(mouth_open=mouth, luma=luma).figures,
    ),
    level=levels,
    present=st.frozensets(st.sampled_from(PRESENCE_UNITS)),
    yaw=st.floats(-90, 90),
    mouth=st.floats(0, 3),
    eye=levels,
    luma=st.floats(0, 255),
)


@settings(max_examples=50)
@given(
    st.lists(faces, min_size=30, max_size=60),
    st.sets(st.integers(8, 21)),
    st.sampled_from([10.0, 24.0, 30.0, 120.0]),
    st.booleans(),
)
def test_every_recording_gives_a_summary_within_its_ranges(
    course: list[Face], failed: set[int], rate: float, with_neutral: bool
) -> None:
    """Whatever a face does, no figure leaves its range, and the summary survives the wire."""
    frames = recording(
        len(course) / rate,
        rate,
        lambda time: None if round(time * rate) in failed else course[round(time * rate)],
    )
    summary = summarise(frames, frames if with_neutral else None, "test/1")
    assert Summary.parse(summary.serialise()) == summary
    for figures in summary.action_units:
        assert figures.percentile_10 <= figures.percentile_50 <= figures.percentile_90
        if with_neutral and figures.action_unit != 28:
            assert figures.baseline_subtracted_mean == pytest.approx(0, abs=1e-6)


def test_it_loads_no_network_camera_or_grpc() -> None:
    """Gate and summary are pure: importing them brings no onnxruntime, OpenCV, gRPC or database."""
    script = (
        "import sys, kizashi_agent.summarise, kizashi_agent.refusal\n"
        "print([n for n in ('cv2', 'onnxruntime', 'grpc', 'sqlalchemy') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
