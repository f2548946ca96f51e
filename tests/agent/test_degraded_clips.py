"""The gate on spoilt recordings: real frames, spoilt here, through the whole of the extractor.

The bundled clip is spoilt one way at a time; each must be refused for exactly that, and unspoilt it
passes. What a picture of one person cannot be made to show honestly is left to research clips: a
head turned in depth, and another person's face. Frames are spoilt in memory; none is written.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip
from kizashi_agent.extractor import Extractor, open_extractor
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceTracker
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.quality import Caution, Reason, Verdict, judge
from kizashi_agent.segments import NO_NEUTRAL, split

Picture = npt.NDArray[np.uint8]
Spoil = Callable[[Frame], Picture]

SECONDS = 8.3
"""How much of a clip is measured: the shortest that a gate without neutral part lets pass, and a
little more for what a test takes away."""

FIT_CLIP = "lp_d6.mp4"
ANOTHER_PERSON = "lp_d10.mp4"
TURNING_CLIP = "ytc_0294_02_004_angelina_jolie.avi"
CLOTH = (150, 160, 170)  # blue, green, red: unbleached

# Cheekbone to cheekbone below the eyes, and around the chin: as a mask is worn.
MASK = [195, 118, 234, 132, 172, 150, 152, 379, 397, 361, 454, 347]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A clip's first seconds.

    Attributes:
        frames: in order of time.
    """

    frames: tuple[Frame, ...]

    def spoilt(self, spoil: Spoil) -> Iterator[Frame]:
        """The frames after something was done to each."""
        for frame in self.frames:
            yield Frame(frame.index, frame.timestamp, spoil(frame))

    def masked(self) -> Iterator[Frame]:
        """With a cloth over nose and mouth that follows them."""
        tracker = FaceTracker.open()
        for frame in self.frames:
            landmarks = tracker.observe(frame).landmarks
            assert landmarks is not None
            picture = frame.image.copy()
            cv2.fillPoly(picture, [landmarks.points[MASK, :2].astype(np.int32)], CLOTH)
            yield Frame(frame.index, frame.timestamp, picture)


def opened(path: Path) -> Clip:
    """The beginning of a video file."""
    with VideoFile(path) as source:
        return Clip(tuple(takewhile(lambda frame: frame.timestamp < SECONDS, source)))


@pytest.fixture(scope="module")
def bundled() -> Clip:
    """The bundled clip."""
    with demo_clip() as path:
        return opened(path)


@pytest.fixture(scope="module")
def real(clips: Path) -> Clip:
    """A research clip that passes."""
    return opened(clips / FIT_CLIP)


@pytest.fixture(scope="module")
def another(clips: Path) -> Clip:
    """Another person, lit alike and framed alike."""
    return opened(clips / ANOTHER_PERSON)


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    """One for all; restarted for each recording."""
    return open_extractor()


def measured(extractor: Extractor, frames: Iterable[Frame]) -> tuple[FrameMeasurement, ...]:
    """Each of the frames measured, as of one recording."""
    extractor.restart()
    return tuple(map(extractor.measure, frames))


def verdict(extractor: Extractor, frames: Iterable[Frame]) -> Verdict:
    """What the gate says of frames, all of them measured."""
    return judge(split(measured(extractor, frames), NO_NEUTRAL))


@pytest.fixture(scope="module")
def unspoilt(bundled: Clip, extractor: Extractor) -> tuple[FrameMeasurement, ...]:
    """The bundled clip measured as it is."""
    return measured(extractor, bundled.frames)


def lit(gain: float, picture: Picture) -> Picture:
    """Under a stronger or weaker light: a sensor's answer is linear before its gamma of 2.2."""
    levels = 255 * np.clip(gain * (np.arange(256) / 255) ** 2.2, 0, 1) ** (1 / 2.2)
    return np.asarray(cv2.LUT(picture, levels.round().astype(np.uint8)), np.uint8)


def shrunk(picture: Picture, share: float = 0.5) -> Picture:
    """As from further away: smaller, in a picture as large as before."""
    small = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    result = np.full_like(picture, 90)
    top, left = (
        (whole - part) // 2
        for whole, part in zip(picture.shape, small.shape, strict=True)
        if whole != part
    )
    result[top : top + small.shape[0], left : left + small.shape[1]] = small
    return result


def tilted(picture: Picture, degrees: float) -> Picture:
    """A head held aslant, which is what a turn within the picture is."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def moved(picture: Picture) -> Picture:
    """Mirrored and closer: not another person, but the jump that a cut to one makes."""
    height, width = picture.shape[:2]
    closer = cv2.resize(np.ascontiguousarray(picture[:, ::-1]), None, fx=1.4, fy=1.4)
    top, left = (closer.shape[0] - height) // 2, (closer.shape[1] - width) // 2
    return np.asarray(closer[top : top + height, left : left + width], np.uint8)


def from_middle_on(change: Callable[[Picture], Picture]) -> Spoil:
    """The picture as it is for the first half, changed for the second."""
    return lambda frame: frame.image if frame.timestamp < SECONDS / 2 else change(frame.image)


def scattered(share: float, count: int) -> frozenset[int]:
    """This share of so many frames, by a fixed seed."""
    chosen = np.random.default_rng(1).permutation(count)[: round(share * count)]
    return frozenset(chosen.tolist())


SPOILT: dict[str, tuple[Spoil, tuple[Reason, ...]]] = {
    "darkened": (lambda frame: lit(0.05, frame.image), (Reason.TOO_DARK,)),
    "shrunk": (lambda frame: shrunk(frame.image), (Reason.FACE_TOO_SMALL,)),
    "side by side": (
        lambda frame: np.hstack([frame.image, frame.image[:, ::-1]]),
        (Reason.SEVERAL_FACES,),
    ),
    "tilted": (lambda frame: tilted(frame.image, 30), (Reason.HEAD_TILTED,)),
    "overexposed": (lambda frame: lit(2.5, frame.image), (Reason.TOO_BRIGHT, Reason.OVEREXPOSED)),
    "light switched on": (from_middle_on(lambda picture: lit(2, picture)), (Reason.LIGHT_CHANGED,)),
    "cut to another place": (from_middle_on(moved), (Reason.FACE_CHANGED,)),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_clip_is_refused_for_exactly_that(
    bundled: Clip, extractor: Extractor, how: str
) -> None:
    """One fault at a time, one reason each; overexposure alone has two."""
    spoil, reasons = SPOILT[how]
    assert verdict(extractor, bundled.spoilt(spoil)).reasons == reasons


def test_the_clip_as_it_is_passes(unspoilt: tuple[FrameMeasurement, ...]) -> None:
    """What the others are spoilt from is fit, so each refusal is for what was done."""
    result = judge(split(unspoilt, NO_NEUTRAL))
    assert (result.reasons, result.cautions) == ((), ())


MISSING: dict[str, tuple[Callable[[FrameMeasurement], bool], Reason]] = {
    "0.7 s": (lambda each: 4 <= each.timestamp < 4.7, Reason.FRAMES_MISSING),
    "all but 12 frames a second": (
        lambda each: each.index % 5 not in {0, 2},
        Reason.FRAME_RATE_LOW,
    ),
}


@pytest.mark.parametrize("what", MISSING)
def test_missing_frames_are_refused_for_exactly_that(
    unspoilt: tuple[FrameMeasurement, ...], what: str
) -> None:
    """A hole, and a camera that is too slow, in what was measured of the others."""
    gone, reason = MISSING[what]
    kept = tuple(each for each in unspoilt if not gone(each))
    assert judge(split(kept, NO_NEUTRAL)).reasons == (reason,)


def test_a_covered_mouth_is_refused(bundled: Clip, extractor: Extractor) -> None:
    """A cloth that follows nose and mouth is found, and the face under it still is."""
    assert verdict(extractor, bundled.masked()).reasons == (Reason.MOUTH_COVERED,)


def test_a_small_face_is_cautioned_against(bundled: Clip, extractor: Extractor) -> None:
    """At three quarters of its size the face has about 145 pixels: fit, and only just."""
    result = verdict(extractor, bundled.spoilt(lambda frame: shrunk(frame.image, 0.75)))
    assert (result.reasons, result.cautions) == ((), (Caution.FACE_SMALL,))


def test_scattered_frames_without_a_face_are_refused(bundled: Clip, extractor: Extractor) -> None:
    """Where 15 frames of 100 show nothing, the face was lost too often."""
    dark = scattered(0.15, len(bundled.frames))
    frames = bundled.spoilt(
        lambda frame: np.zeros_like(frame.image) if frame.index in dark else frame.image
    )
    assert verdict(extractor, frames).reasons == (Reason.FACE_LOST,)


def test_scattered_missing_frames_pass_while_enough_are_left(
    unspoilt: tuple[FrameMeasurement, ...],
) -> None:
    """Of 30 a second 15 in 100 may be missing: 25.5 are left, and no hole is long."""
    gone = scattered(0.15, len(unspoilt))
    result = judge(split(tuple(each for each in unspoilt if each.index not in gone), NO_NEUTRAL))
    assert result.timing.frame_rate == pytest.approx(25.5, abs=0.3)
    assert result.reasons == ()


@pytest.mark.proof
@pytest.mark.clips
def test_a_real_clip_as_it_is_passes(real: Clip, extractor: Extractor) -> None:
    """A person's own recording, as the bundled clip's, is fit before it is spoilt."""
    assert verdict(extractor, real.frames).reasons == ()


@pytest.mark.proof
@pytest.mark.clips
@pytest.mark.parametrize("how", ["darkened", "shrunk"])
def test_a_real_clip_is_refused_for_what_was_done(
    real: Clip, extractor: Extractor, how: str
) -> None:
    """The reasons found on the bundled clip are found on a person who moves."""
    spoil, reasons = SPOILT[how]
    assert verdict(extractor, real.spoilt(spoil)).reasons == reasons


@pytest.mark.proof
@pytest.mark.clips
def test_a_covered_real_mouth_is_refused(real: Clip, extractor: Extractor) -> None:
    """So is a cloth over a mouth that speaks."""
    assert verdict(extractor, real.masked()).reasons == (Reason.MOUTH_COVERED,)


@pytest.mark.proof
@pytest.mark.clips
def test_two_real_people_side_by_side_are_refused(
    real: Clip, another: Clip, extractor: Extractor
) -> None:
    """The other person is counted, and is no reason to doubt the first one's face."""
    pairs = zip(real.frames, another.frames, strict=False)
    frames = [
        Frame(one.index, one.timestamp, np.hstack([one.image, as_large(other, one)]))
        for one, other in pairs
    ]
    assert verdict(extractor, frames).reasons == (Reason.SEVERAL_FACES,)


@pytest.mark.proof
@pytest.mark.clips
def test_another_real_person_cut_in_is_refused(
    real: Clip, another: Clip, extractor: Extractor
) -> None:
    """Somebody who sits further back from the middle of the recording on is not the same face.

    At the same place, of the same size and in the same light they would pass: the gate measures
    no likeness.
    """
    half = len(real.frames) // 2
    frames = [
        *real.frames[:half],
        *(
            Frame(one.index, one.timestamp, shrunk(as_large(other, one), 0.65))
            for one, other in zip(real.frames[half:], another.frames[half:], strict=False)
        ),
    ]
    assert verdict(extractor, frames).reasons == (Reason.FACE_CHANGED,)


@pytest.mark.proof
@pytest.mark.clips
def test_a_real_head_turned_in_depth_is_refused(clips: Path, extractor: Extractor) -> None:
    """A real head that turns by up to 40 degrees, and tilts as it does."""
    with VideoFile(clips / TURNING_CLIP) as source:
        turning = takewhile(lambda frame: frame.timestamp < SECONDS, source)
        reasons = verdict(extractor, turning).reasons
    assert reasons == (Reason.HEAD_TURNED, Reason.HEAD_TURNED_FAR, Reason.HEAD_TILTED)


def as_large(frame: Frame, other: Frame) -> Picture:
    """A frame's picture in another frame's size."""
    return np.asarray(cv2.resize(frame.image, (other.width, other.height)), np.uint8)
