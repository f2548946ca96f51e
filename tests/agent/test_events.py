"""Blinks, onsets, speech and head speed are counted as their definitions say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.events import blinks, mean_head_speed, onsets, speaking
from kizashi_agent.resample import resample

from tests.agent.measurements import Face, face, recording

ALL = np.ones(300, bool)


def spans(*seconds: tuple[float, float]) -> np.ndarray:
    """(300,) True within the spans of a 10 s track."""
    times = np.arange(300) / 30
    return np.array([any(a - 1e-9 <= t < b - 1e-9 for a, b in seconds) for t in times])


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (spans(), 0),
        (spans((2, 3), (5, 5.2)), 2),
        (spans((0, 3)), 0),
        (spans((2, 2.06)), 0),
        (spans((2, 3), (3.06, 4)), 1),
        (spans((2, 3), (3.1, 4)), 2),
        (spans((9, 10)), 1),
        (spans((9.95, 10)), 0),
    ],
    ids=[
        "never",
        "twice",
        "from the start",
        "flicker",
        "short pause",
        "pause",
        "to the end",
        "at the end",
    ],
)
def test_onsets(present: np.ndarray, expected: int) -> None:
    """Presence begins when it lasts a tenth of a second after as long a pause."""
    assert onsets(present, ALL) == expected


def test_an_onset_out_of_sight_does_not_count() -> None:
    """Presence that appears across a gap may have begun at any time."""
    assert onsets(spans((5, 6)), ALL & ~spans((4, 5))) == 0


@given(st.binary(min_size=1, max_size=120))
def test_onsets_are_bounded(states: bytes) -> None:
    """There is never more than one onset in six samples, whatever flickers."""
    samples = np.frombuffer(states, np.uint8)
    assert 0 <= onsets(samples % 2 == 1, samples < 230) <= len(samples) / 6


def lids(*closures: tuple[float, float], shut: float = 2.0, usual: float = 0.0) -> np.ndarray:
    """(300,) intensity of AU45 with closures."""
    return np.where(spans(*closures), shut, usual)


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        (lids(), 0),
        (lids((1, 1.2), (4, 4.1), (8, 8.4)), 3),
        (lids((1, 1.2), shut=0.6), 0),
        (lids((1, 2)), 0),
        (lids((0, 0.2), (9.8, 10)), 0),
        (lids((1, 1.1), (1.13, 1.2)), 2),
        (lids((1, 1.1), usual=1.5), 0),
        (lids((1, 1.1), (6, 10)), 1),
    ],
    ids=["none", "three", "squint", "closed", "at the ends", "double", "narrow", "then closed"],
)
def test_blinks(closing: np.ndarray, expected: int) -> None:
    """A blink rises well above the usual level and falls again within half a second."""
    assert blinks(closing, ALL) == expected


@given(st.floats(0, 2))
def test_blinks_do_not_depend_on_the_usual_level(usual: float) -> None:
    """Narrow and wide eyes blink alike."""
    assert blinks(lids((1, 1.2), (4, 4.1), shut=3.0, usual=usual), ALL) == 2


def test_a_blink_half_seen_does_not_count() -> None:
    """A blink cut off by a gap is none."""
    assert blinks(lids((4, 4.3)), ALL & ~spans((4.1, 4.2))) == 0
    assert blinks(lids((4, 4.3)), ALL & False) == 0


def test_syllables_are_speech_and_a_yawn_is_not() -> None:
    """A mouth that opens four times a second speaks; one that opens once and slowly does not."""

    def mouth(time: float) -> Face:
        spoken = 0.08 * np.sin(2 * np.pi * 4 * time) if 2 <= time < 5 else 0.0
        yawned = 0.4 * np.sin(np.pi * (time - 6) / 3) ** 2 if 6 <= time < 9 else 0.0
        return face(mouth_open=0.1 + spoken + yawned)

    said = speaking(resample(recording(10, 30, mouth)))
    times = np.arange(300) / 30
    assert said[(times > 2.3) & (times < 4.7)].all()
    assert not said[(times < 1.5) | (times > 5.5)].any()


def test_speech_is_not_claimed_for_failed_frames() -> None:
    """Samples without a face are not speaking, whatever is beside them."""
    track = resample(
        recording(10, 30, lambda t: None if 4 <= t < 5 else face(mouth_open=0.1 + (t * 4 % 1) / 5))
    )
    assert not speaking(track)[~track.valid].any()
    assert speaking(track)[track.valid].all()


def test_head_speed_in_degrees_per_second() -> None:
    """A head that turns by 4 and nods by 3 degrees a second moves at 5, also across a gap."""
    track = resample(
        recording(10, 30, lambda t: None if 4 <= t < 4.4 else Face(yaw=4 * t - 20, pitch=3 * t))
    )
    # The running mean flattens the ends of a stretch a little.
    assert mean_head_speed(track) == pytest.approx(5, rel=0.03)


def test_a_still_head_does_not_move() -> None:
    """No motion is no speed, and so is no measurement at all."""
    assert mean_head_speed(resample(recording(2))) == 0
    assert mean_head_speed(resample(recording(2, 30, lambda _: None))) == 0
