"""Figures of a face from its pixels and landmarks: light, size and mouth.

Every few pixels are read, as many of them from a large face as from a small one, so that the cost
does not grow with the recording's size; the copy of them lives for the length of one call.

Landmark numbers are those of MediaPipe's face mesh.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import Landmarks, face_width
from kizashi_agent.measurement import FaceFigures

_SAMPLE_WIDTH = 64
"""Least width of the sampled face, pixels: a lip is 3 to 8 of them, enough to tell from skin."""

_BLOWN = 250
"""Luma (0-255) from which detail is gone: compression blurs the end of the scale. There is no such
bound for black: nostrils, pupils and beards are black in good light."""

# fmt: off
_OUTLINE = np.array([
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
])
_LIPS_OUTER = np.array([0, 37, 267, 39, 269, 17, 84, 314, 181, 405])
_LIPS_INNER = np.array([13, 82, 312, 81, 311, 14, 87, 317, 178, 402])
_AROUND_MOUTH = np.array([164, 167, 393, 92, 322, 18, 83, 313, 182, 406, 106, 335])
# fmt: on
_LOOKED_AT = np.concatenate([_OUTLINE, _LIPS_OUTER, _LIPS_INNER, _AROUND_MOUTH])
_OUTLINE_PART, _OUTER_PART, _INNER_PART, _SKIN_PART = (
    slice(0, 36),
    slice(36, 46),
    slice(46, 56),
    slice(56, 68),
)
_LEVELS = np.arange(256, dtype=np.float32)
_LUMA_WEIGHTS = np.array([0.114, 0.587, 0.299])  # of blue, green, red; Rec. 601

_EARS = (234, 454)  # the person's right and left
_MOUTH_CORNERS = (61, 291)
_INNER_LIP_MIDDLES = (13, 14)

_REDNESS_UNIT, _DARKNESS_UNIT = 0.05, 0.2
"""About a tenth of uncovered mouths stay below, each; see `_mouth_visible`."""

_FULLY_VISIBLE = 1.5
"""Length of the two contrasts, in those units, from which a mouth counts as fully visible."""


def face_figures(frame: Frame, landmarks: Landmarks) -> FaceFigures:
    """The figures of the face that `landmarks` lie on."""
    points = landmarks.points
    flat = points[:, :2]
    sample, places = _sample(frame.image, flat[_LOOKED_AT])
    luma, clipped = _light(sample, places[_OUTLINE_PART])
    (right_x, right_y), (left_x, left_y) = flat[list(_EARS)].tolist()
    return FaceFigures(
        face_width=face_width(points),
        centre_x=(right_x + left_x) / 2,
        centre_y=(right_y + left_y) / 2,
        luma=luma,
        clipped_fraction=clipped,
        mouth_open=_ratio(flat, _INNER_LIP_MIDDLES, _MOUTH_CORNERS),
        mouth_visible=_mouth_visible(sample, places),
        landmark_score=landmarks.score,
    )


def _sample(
    image: npt.NDArray[np.uint8], points: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Every so many pixels of the box around the points, and where in it each point lies."""
    height, width = image.shape[:2]
    left, top = points.min(axis=0).clip(0, (width - 1, height - 1)).astype(int).tolist()
    right, bottom = points.max(axis=0).clip((left, top), (width, height)).astype(int).tolist()
    step = max(1, (right - left) // _SAMPLE_WIDTH)
    face = image[top : bottom + 1, left : right + 1]
    # As face[::step, ::step], at half its cost.
    size = (-(-face.shape[1] // step), -(-face.shape[0] // step))
    sample = np.asarray(cv2.resize(face, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    scale = (size[0] / face.shape[1], size[1] / face.shape[0])
    limits = (size[0] - 1, size[1] - 1)
    places = ((points - (left, top)) * scale).clip(0, limits).astype(np.int32)
    return sample, places


def _light(sample: npt.NDArray[np.uint8], outline: npt.NDArray[np.int32]) -> tuple[float, float]:
    """Mean luma within the outline, and the share of it that is blown out."""
    inside = cv2.fillConvexPoly(np.zeros(sample.shape[:2], np.uint8), outline, 255)
    luma = cv2.cvtColor(sample, cv2.COLOR_BGR2GRAY)
    counts = cv2.calcHist([luma], [0], inside, [256], [0, 256]).ravel()
    total = float(counts.sum())
    return float(counts @ _LEVELS) / total, float(counts[_BLOWN:].sum()) / total


def _mouth_visible(sample: npt.NDArray[np.uint8], places: npt.NDArray[np.int32]) -> float:
    """How far the lips stand out from the skin around them, 0-1.

    Lips are redder than that skin, and the line between them is darker; a mask or a hand where
    the landmarks believe the lips to be shows neither. Both contrasts are taken without sign, for
    on darker skin lips may be the lighter. The landmark network's own score does not fall when the
    mouth is covered.
    """
    # Noise is averaged out: a single pixel of a black mask can be any colour.
    smooth = cv2.blur(sample, (3, 3))
    outer, inner, skin = places[_OUTER_PART], places[_INNER_PART], places[_SKIN_PART]
    lips, line, around = slice(0, 10), slice(10, 20), slice(20, 32)
    at = np.concatenate([(outer + inner) // 2, inner, skin])
    colours = smooth[at[:, 1], at[:, 0]].astype(np.float64)
    # A ratio, so that light and shade cancel; a few levels are added so that noise in the dark
    # does not count as colour.
    red_over_green = np.log((colours[:, 2] + 8) / (colours[:, 1] + 8))
    luma = colours @ _LUMA_WEIGHTS
    redness = _median(red_over_green[lips]) - _median(red_over_green[around])
    # The third darkest of ten, so that one stray landmark does not make a line.
    darkness = 1 - float(np.sort(luma[line])[2]) / (_median(luma[around]) + 1)
    contrast = math.hypot(redness / _REDNESS_UNIT, darkness / _DARKNESS_UNIT)
    return min(1.0, contrast / _FULLY_VISIBLE)


def _median(values: npt.NDArray[np.float64]) -> float:
    # Ten times as fast as np.median on a dozen values.
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _ratio(points: npt.NDArray[np.float32], gap: tuple[int, int], width: tuple[int, int]) -> float:
    """A distance in the picture over another; 0 where the other is nothing."""
    length = _distance(points, width)
    return _distance(points, gap) / length if length > 0 else 0.0


def _distance(points: npt.NDArray[np.float32], pair: tuple[int, int]) -> float:
    return math.dist(points[pair[0]].tolist(), points[pair[1]].tolist())
