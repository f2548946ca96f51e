"""A face turned upright, brought to one size, with all that is not face made black.

Points that expression and jaw move little are laid onto the canonical face by a similarity
(rotation, scale, shift; least squares, as Umeyama, IEEE TPAMI 13(4), 1991, without reflection).
OpenFace aligns faces so (Baltrusaitis, Mahmoud and Robinson, "Cross-dataset learning and
person-specific normalisation for automatic Action Unit detection", FG 2015): what is to agree with
it has to look at the same part of the face at about the same size.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from kizashi_agent.landmarks.observations import FloatArray

SIDE = 112
"""Pixels of the aligned picture's side."""

# fmt: off
OUTLINE_POINTS = np.array([
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
])
"""Landmarks nearest to the 68 points of Sagonas et al., "300 Faces in-the-Wild Challenge", ICCVW
2013, in its order: jaw from ear to ear, brows, nose, eyes, outer and inner lips."""

# (landmark, x, y), the points that expression and jaw move little: vertices of MediaPipe's
# canonical face model (face_landmarker.task, geometry pipeline; Apache-2.0) seen from the front, centimetres, x to the person's left, y down.
RIGID = (
    (234, -7.664, -0.673), (93, -7.542, 1.049), (58, -6.720, 4.789), (172, -5.941, 6.224),
    (397, 5.941, 6.224), (288, 6.720, 4.789), (323, 7.542, 1.049), (454, 7.664, -0.673),
    (168, 0.000, -3.271), (197, 0.000, -1.728), (5, 0.000, -0.366),
    (75, -1.044, 1.465), (97, -0.597, 2.014), (2, 0.000, 2.089), (326, 0.597, 2.014),
    (305, 1.044, 1.465),
    (33, -4.446, -2.664), (133, -1.856, -2.585), (153, -2.724, -2.316), (144, -3.670, -2.360),
    (362, 1.856, -2.585), (263, 4.446, -2.664), (373, 3.670, -2.360), (380, 2.724, -2.316),
)
# fmt: on
_PIXELS_PER_CENTIMETRE = 6.75
_ORIGIN = (56.0, 46.9)
"""Where the canonical face's origin (near the tip of the nose) lies in the aligned picture, so that
brows and chin are both inside; place and size were chosen for agreement, see ATTEMPTS.md."""

_RIGID_POINTS = np.array([row[0] for row in RIGID])
_RIGID_PLACES = np.array([row[1:] for row in RIGID]) * _PIXELS_PER_CENTIMETRE + _ORIGIN
_RIGID_CENTRE = _RIGID_PLACES.mean(axis=0)
_RIGID_SPREAD = _RIGID_PLACES - _RIGID_CENTRE

_FOREHEAD = np.array([0.0, 30.0])
"""Pixels by which the mask reaches above brows and temples, to keep the forehead's folds."""

_JAW, _BROWS, _TEMPLES = slice(0, 17), slice(17, 27), [0, 16]


@dataclass(frozen=True, slots=True, eq=False)
class AlignedFace:
    """A face in its standard place.

    Attributes:
        picture: (SIDE, SIDE, 3) uint8, BGR, 0 outside the face.
        points: (68, 2) float32, the outline points in its pixels.
    """

    picture: npt.NDArray[np.uint8]
    points: FloatArray


def align(image: npt.NDArray[np.uint8], points: FloatArray) -> AlignedFace:
    """The aligned face of a frame.

    Args:
        image: (height, width, 3) uint8, BGR.
        points: (468, 3), as in `Landmarks`.
    """
    matrix = _to_aligned(points[_RIGID_POINTS, :2].astype(np.float64))
    placed = (points[OUTLINE_POINTS, :2] @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    turned = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    masked = cv2.bitwise_and(turned, turned, mask=_mask(placed))
    return AlignedFace(np.asarray(masked, np.uint8), placed)


def _to_aligned(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(2, 3) matrix from frame pixels to aligned ones, for the rigid points (24, 2)."""
    centre = points.mean(axis=0)
    spread = points - centre
    size = float(np.square(spread).sum())
    along = float((spread * _RIGID_SPREAD).sum()) / size
    across = float((spread[:, 0] * _RIGID_SPREAD[:, 1] - spread[:, 1] * _RIGID_SPREAD[:, 0]).sum())
    turn = np.array([[along, -across / size], [across / size, along]])
    return np.column_stack([turn, _RIGID_CENTRE - turn @ centre])


def _mask(points: FloatArray) -> npt.NDArray[np.uint8]:
    """(SIDE, SIDE), 255 within the hull of jaw and raised brows."""
    jaw = points[_JAW].copy()
    jaw[_TEMPLES] -= _FOREHEAD
    border = np.concatenate((jaw, points[_BROWS] - _FOREHEAD)).astype(np.float32)
    hull = np.rint(cv2.convexHull(border)).astype(np.int32)
    inside = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillConvexPoly(inside, hull, 255)
    return inside
