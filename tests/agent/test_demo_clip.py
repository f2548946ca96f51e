"""The bundled clip is what its card says, and shows what was commanded."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from kizashi_agent.action_units import ActionUnitHead
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import CommandedAction, DemoCard, demo_card
from kizashi_agent.events import blinks, speaking
from kizashi_agent.extractor import HEAD
from kizashi_agent.face_figures import face_figures
from kizashi_agent.landmarks import FaceTracker, head_pose
from kizashi_agent.measurement import FaceFigures, FaceMeasurement, FrameMeasurement, HeadPose
from kizashi_agent.quality import judge
from kizashi_agent.resample import resample
from kizashi_agent.segments import DEFAULT_NEUTRAL, split
from kizashi_models.recording_floor import LARGEST_TYPICAL_TURN
from kizashi_models.session import open_network
from kizashi_protocol.summary import INTENSITY_UNITS

MOUTH_CORNERS = (61, 291)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the agent's own eyes make of one frame of the clip."""

    measured: FrameMeasurement
    figures: FaceFigures
    mouth_width: float


@pytest.fixture(scope="module")
def card() -> DemoCard:
    """The clip's card."""
    return demo_card()


@pytest.fixture(scope="module")
def seen(clip: Path) -> list[Seen]:
    """Every frame of the clip, followed as a recording is."""
    tracker, head = FaceTracker.open(), ActionUnitHead(open_network(HEAD))
    result = []
    with VideoFile(clip) as source:
        for frame in source:
            found = tracker.observe(frame)
            assert found.landmarks is not None
            points = found.landmarks.points
            figures = face_figures(frame, found.landmarks)
            pose = head_pose(points)
            face = FaceMeasurement(
                head.measure(frame.image, points),
                HeadPose(pose.yaw, pose.pitch, pose.roll),
                figures,
            )
            corners = points[list(MOUTH_CORNERS), :2]
            result.append(
                Seen(
                    measured=FrameMeasurement(frame.index, frame.timestamp, found.faces, face),
                    figures=figures,
                    mouth_width=float(np.linalg.norm(corners[1] - corners[0])) / figures.face_width,
                )
            )
    return result


def actions_of(card: DemoCard, unit: str) -> list[CommandedAction]:
    """What was commanded of one unit."""
    return [action for action in card.actions if action.unit == unit]


def change(seen: list[Seen], card: DemoCard, values: list[float]) -> npt.NDArray[np.float64]:
    """Values less their median over the neutral face."""
    series = np.array(values)
    neutral = np.array([frame.measured.timestamp < card.neutral_seconds for frame in seen])
    result: npt.NDArray[np.float64] = series - np.median(series[neutral])
    return result


def episodes(series: npt.NDArray[np.float64], above: float) -> list[tuple[float, float]]:
    """Where a series of the clip's frames is above a threshold: begin and end, in frames.

    Crossings are set between frames by a straight line.
    """
    high = np.concatenate([[False], series > above, [False]])
    edges = np.flatnonzero(high[1:] != high[:-1])
    found = []
    for begin, end in edges.reshape(-1, 2):
        first, last = max(begin, 1), min(end, len(series) - 1)
        rise = (above - series[first - 1]) / (series[first] - series[first - 1])
        fall = (series[last - 1] - above) / (series[last - 1] - series[last])
        found.append((first - 1 + float(rise), last - 1 + float(fall)))
    return found


def test_the_clip_is_the_one_its_card_names(clip: Path, card: DemoCard) -> None:
    """The digest on the card is the file's."""
    assert hashlib.sha256(clip.read_bytes()).hexdigest() == card.sha256


def test_the_clip_is_small_enough_to_ship(clip: Path) -> None:
    """A megabyte at most."""
    assert clip.stat().st_size <= 1_000_000


def test_the_card_credits_the_portrait(card: DemoCard) -> None:
    """Who is shown, whose picture it is, and what is not true are told."""
    assert "NASA" in card.credit
    assert "Eileen Collins" in card.credit
    assert card.cannot_be_true


def test_frames_come_thirty_a_second(clip: Path, seen: list[Seen], card: DemoCard) -> None:
    """The file announces 30 frames a second, and its timestamps keep to it."""
    with VideoFile(clip) as source:
        assert source.nominal_rate == card.frames_per_second == 30
    times = [frame.measured.timestamp for frame in seen]
    assert times == pytest.approx(np.arange(card.frames) / 30, abs=1e-3)
    assert all(len(course) == card.frames for course in card.course.values())


def test_the_neutral_face_is_commanded_nothing(card: DemoCard) -> None:
    """No action begins before the neutral seconds are over, and each keeps its order of times."""
    for action in card.actions:
        assert card.neutral_seconds <= action.onset < action.apex
        assert action.apex <= action.decline < action.offset
        assert 0 < action.amount <= 1


def test_each_jaw_drop_is_seen_where_it_was_commanded(seen: list[Seen], card: DemoCard) -> None:
    """The mouth opens as often as commanded, and each time within 0.1 s."""
    opening = change(seen, card, [frame.figures.mouth_open for frame in seen])
    found = [(begin + end) / 2 / 30 for begin, end in episodes(opening, 0.03)]
    commanded = [(action.onset + action.offset) / 2 for action in actions_of(card, "AU26")]
    assert found == pytest.approx(commanded, abs=0.1)


def test_each_smile_is_seen_where_it_was_commanded(seen: list[Seen], card: DemoCard) -> None:
    """The mouth's corners part as often as commanded, each time within 0.15 s."""
    widening = change(seen, card, [frame.mouth_width for frame in seen])
    # A sixth of a second's mean: the jaw narrows the mouth too, a syllable at a time.
    found = episodes(np.convolve(widening, np.full(5, 0.2), mode="same"), 0.025)
    commanded = actions_of(card, "AU12")
    assert len(found) == len(commanded)
    for (begin, end), action in zip(found, commanded, strict=True):
        assert action.onset - 0.15 < begin / 30 < action.apex + 0.15
        assert action.decline - 0.15 < end / 30 < action.offset + 0.15


def test_what_is_measured_follows_the_course(seen: list[Seen], card: DemoCard) -> None:
    """Frame by frame, lips and corners of the mouth go with the commanded amounts."""
    measured = {
        "AU26": [frame.figures.mouth_open for frame in seen],
        "AU12": [frame.mouth_width for frame in seen],
    }
    for unit, values in measured.items():
        assert np.corrcoef(values, card.course[unit])[0, 1] > 0.9, unit


def test_the_clip_passes_the_recording_gate(seen: list[Seen], card: DemoCard) -> None:
    """Neutral part and introduction pass every limit, and nothing is cautioned against."""
    segments = split([frame.measured for frame in seen], DEFAULT_NEUTRAL)
    verdict = judge(segments)
    assert (verdict.reasons, verdict.cautions) == ((), ())
    assert segments.neutral is not None
    assert len(segments.neutral) == card.neutral_seconds * card.frames_per_second


def test_the_head_is_far_from_the_gates_limits(seen: list[Seen]) -> None:
    """The levelled head stays within half of what the gate allows a recording's median."""
    face = judge(split([frame.measured for frame in seen], DEFAULT_NEUTRAL)).face
    assert face is not None
    assert max(face.absolute_pitch, face.absolute_yaw) < LARGEST_TYPICAL_TURN / 2


def test_the_agent_counts_the_blinks_that_were_commanded(seen: list[Seen], card: DemoCard) -> None:
    """As many blinks in the track as on the card."""
    track = resample([frame.measured for frame in seen])
    closing = track.intensities[:, INTENSITY_UNITS.index(45)]
    assert blinks(closing, track.valid) == len(actions_of(card, "AU45"))


def test_speech_is_seen_while_the_jaw_is_commanded_to_speak(
    seen: list[Seen], card: DemoCard
) -> None:
    """The neutral face is silent, and nearly every frame within a jaw drop speaks."""
    speaks = speaking(resample([frame.measured for frame in seen]))
    assert not speaks[: round((card.neutral_seconds - 0.5) * 30)].any()
    assert speaks[np.array(card.course["AU26"]) > 0].mean() > 0.9
