"""Figures of a painted face are what was painted."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_agent.capture import VideoFile
from kizashi_agent.face_figures import face_figures
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceTracker, Landmarks, head_pose
from kizashi_agent.measurement import FaceFigures, FaceMeasurement, FrameMeasurement
from kizashi_agent.quality import LEAST_MOUTH_VISIBLE, Reason, judge
from kizashi_agent.recording_figures import measured_faces, typical_face
from kizashi_agent.segments import NO_NEUTRAL, split

from tests.agent.measurements import Face

SKIN, LIPS, LINE = (120, 150, 200), (90, 95, 190), (30, 30, 60)
CENTRE, RADII = np.array([160.0, 120.0]), np.array([70.0, 90.0])
MOUTH = CENTRE + np.array([0, 45])

# fmt: off
OUTLINE = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
           152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
# fmt: on
AROUND = {
    164: (0, -14),
    167: (-8, -14),
    393: (8, -14),
    92: (-18, -13),
    322: (18, -13),
    18: (0, 15),
    83: (-8, 15),
    313: (8, 15),
    182: (-12, 16),
    406: (12, 16),
    106: (-18, 14),
    335: (18, 14),
}  # fmt: skip
LIP_COLUMNS = {0: 0, 37: -6, 267: 6, 39: -12, 269: 12}
OPPOSITE = {0: 17, 37: 84, 267: 314, 39: 181, 269: 405}
INNER = {0: (13, 14), 37: (82, 87), 267: (312, 317), 39: (81, 178), 269: (311, 402)}


def points(gap: float = 0.0) -> npt.NDArray[np.float32]:
    """(468, 3) landmarks of the painted face, the inner lips `gap` pixels apart."""
    placed = np.tile(np.array([*CENTRE, 0.0]), (468, 1))
    for turn, index in enumerate(OUTLINE):
        angle = 2 * math.pi * turn / len(OUTLINE)
        placed[index, :2] = CENTRE + RADII * (math.sin(angle), -math.cos(angle))
    for upper, column in LIP_COLUMNS.items():
        placed[upper, :2] = MOUTH + np.array([column, -7 - gap / 2])
        placed[OPPOSITE[upper], :2] = MOUTH + np.array([column, 7 + gap / 2])
        for inner, side in zip(INNER[upper], (-1, 1), strict=True):
            placed[inner, :2] = MOUTH + np.array([column, side * gap / 2])
    placed[61, :2], placed[291, :2] = MOUTH - np.array([25, 0]), MOUTH + np.array([25, 0])
    for index, offset in AROUND.items():
        placed[index, :2] = MOUTH + offset
    return placed.astype(np.float32)


def painting() -> npt.NDArray[np.uint8]:
    """A face with red lips and a dark line between them, before white."""
    image = np.full((240, 320, 3), 255, np.uint8)
    centre, mouth = CENTRE.astype(int).tolist(), MOUTH.astype(int).tolist()
    cv2.ellipse(image, centre, RADII.astype(int).tolist(), 0, 0, 360, SKIN, -1)
    cv2.ellipse(image, mouth, (26, 9), 0, 0, 360, LIPS, -1)
    cv2.line(image, (mouth[0] - 25, mouth[1]), (mouth[0] + 25, mouth[1]), LINE, 2)
    return image


def figures(
    image: npt.NDArray[np.uint8], placed: npt.NDArray[np.float32] | None = None
) -> FaceFigures:
    """The figures of one frame."""
    return face_figures(
        Frame(0, 0.0, image), Landmarks(points() if placed is None else placed, 0.9)
    )


def test_sizes_and_places() -> None:
    """Width, centre and score are those of the landmarks."""
    seen = figures(painting())
    # The ears are two points before and after the outline's widest.
    assert seen.face_width == pytest.approx(140 * math.sin(math.radians(80)))
    assert (seen.centre_x, seen.centre_y) == pytest.approx(
        (160, 120 - 90 * math.cos(math.radians(80))), abs=0.01
    )
    assert seen.landmark_score == 0.9


@pytest.mark.parametrize("level", [0, 60, 137, 249])
def test_luma_is_that_of_the_face_alone(level: int) -> None:
    """A grey face before white has its own brightness, whatever the background."""
    image = np.full((240, 320, 3), 255, np.uint8)
    cv2.ellipse(image, (160, 120), (75, 95), 0, 0, 360, (level, level, level), -1)
    seen = figures(image)
    assert seen.luma == pytest.approx(level, abs=1)
    assert seen.clipped_fraction == 0


def test_what_is_blown_out_is_clipped_and_a_beard_is_not() -> None:
    """The share of the face in white counts; black does not."""
    image = np.full((240, 320, 3), 120, np.uint8)
    image[:, 160:] = 255
    assert figures(image).clipped_fraction == pytest.approx(0.5, abs=0.03)
    image[:, 160:] = 0
    assert figures(image).clipped_fraction == 0


def test_an_open_mouth() -> None:
    """The gap is over the width of the mouth."""
    seen = figures(painting(), points(gap=10))
    assert seen.mouth_open == pytest.approx(10 / 50)
    assert figures(painting()).mouth_open == 0


@given(st.floats(-math.pi, math.pi), st.floats(0.2, 5), st.floats(0, 30))
def test_gaps_do_not_depend_on_tilt_or_distance(turn: float, scale: float, gap: float) -> None:
    """A tilted head, near or far, has the same mouth."""
    placed = points(gap)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    moved = placed.copy()
    moved[:, :2] = (placed[:, :2] - CENTRE) @ rotation.T * scale + CENTRE
    one, other = figures(painting(), placed), figures(painting(), moved)
    assert other.mouth_open == pytest.approx(one.mouth_open, abs=1e-3)


def test_a_painted_mouth_is_visible() -> None:
    """Red lips with a dark line are seen; in a picture without colour the line is enough."""
    image = painting()
    assert figures(image).mouth_visible > LEAST_MOUTH_VISIBLE
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    assert figures(np.asarray(grey, np.uint8)).mouth_visible > LEAST_MOUTH_VISIBLE


@pytest.mark.parametrize(
    "colour",
    [SKIN, (215, 190, 150), (225, 225, 225), (35, 33, 33)],
    ids=["hand", "blue", "white", "black"],
)
def test_a_covered_mouth_is_not(colour: tuple[int, int, int]) -> None:
    """Under one colour with some noise there is no mouth."""
    image = painting()
    cover = np.full((90, 140, 3), colour, np.int16)
    cover += np.random.default_rng(3).normal(0, 2, cover.shape).astype(np.int16)
    image[125:215, 90:230] = cover.clip(0, 255)
    assert figures(image).mouth_visible < LEAST_MOUTH_VISIBLE


def test_resolution_does_not_matter() -> None:
    """Four times the pixels give the same figures of light and mouth."""
    large = cv2.resize(painting(), None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    one, other = figures(painting()), figures(np.asarray(large, np.uint8), points() * 4)
    assert other.face_width == pytest.approx(4 * one.face_width)
    assert other.luma == pytest.approx(one.luma, abs=2)
    assert other.mouth_visible == pytest.approx(one.mouth_visible, abs=0.2)


@settings(max_examples=40)
@given(st.floats(-800, 800), st.floats(-800, 800), st.floats(0.01, 5))
def test_a_face_half_out_of_the_frame_has_figures(right: float, down: float, scale: float) -> None:
    """Wherever the landmarks lie, each figure is a number in its range."""
    placed = (points(5) * scale + np.array([right, down, 0])).astype(np.float32)
    seen = figures(painting(), placed)
    assert 0 <= seen.luma <= 255
    assert 0 <= seen.clipped_fraction <= 1
    assert 0 <= seen.mouth_visible <= 1


def measured(path: Path, cover: int | None = None) -> Iterator[FrameMeasurement]:
    """What is measured of a clip, but for action units; `cover` is the grey of a drawn mask."""
    tracker = FaceTracker.open()
    with VideoFile(path) as source:
        for frame in source:
            seen = tracker.observe(frame)
            face: FaceMeasurement | None = None
            if seen.landmarks is not None:
                placed = seen.landmarks.points
                if cover is not None:
                    mask = cv2.convexHull(placed[MASK, :2].astype(np.int32))
                    cv2.fillConvexPoly(frame.image, mask, (cover, cover, cover))
                face = replace(
                    Face().measurement(),
                    head_pose=head_pose(placed),
                    figures=face_figures(frame, seen.landmarks),
                )
            yield FrameMeasurement(frame.index, frame.timestamp, seen.faces, face)


MASK = [195, 118, 234, 132, 172, 150, 152, 379, 397, 361, 454, 347]


@pytest.mark.proof
@pytest.mark.clips
@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("edtalk_pose_source1.mp4", ()),
        ("grid_bbaf2n.mpg", (Reason.TOO_SHORT, Reason.FACE_TOO_SMALL)),
        ("pyfeat_face_noface.mov", (Reason.TOO_SHORT, Reason.FACE_LOST, Reason.FACE_LOST_AT_ONCE)),
        ("retalk_1.mp4", (Reason.TOO_SHORT, Reason.FRAME_RATE_LOW)),
        ("of_changeLighting.wmv", (Reason.TOO_SHORT, Reason.FRAME_RATE_LOW, Reason.TOO_DARK,
                                   Reason.LIGHT_CHANGED)),
    ],
)  # fmt: skip
def test_real_recordings_get_the_reasons_they_should(
    clips: Path, name: str, reasons: tuple[Reason, ...]
) -> None:
    """Each kind of fault is found in a recording that has it, and good ones pass."""
    assert judge(split(tuple(measured(clips / name)), NO_NEUTRAL)).reasons == reasons


@pytest.mark.proof
@pytest.mark.clips
@pytest.mark.parametrize("name", ["lp_d0.mp4", "grid_lbax4n.mpg", "styletalk_spata_clip1.mp4"])
@pytest.mark.parametrize("cover", [40, 210])
def test_a_mask_drawn_over_a_real_mouth_is_found(clips: Path, name: str, cover: int) -> None:
    """A dark or bright mask over a mouth, glasses or beard beside it or not, is told from none."""
    bare, masked = (
        typical_face(measured_faces(tuple(islice(measured(clips / name, each), 20))))
        for each in (None, cover)
    )
    assert masked.mouth_visible < LEAST_MOUTH_VISIBLE < bare.mouth_visible
