"""The values that leave this package. Frame pixels: x to the right, y down, 0 at the first pixel."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

LANDMARK_COUNT = 468

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in frame pixels; it may reach beyond the frame."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """In pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """In square pixels; 0 for a box turned inside out."""
        return max(self.width, 0.0) * max(self.height, 0.0)


def box_of_points(points: FloatArray) -> Box:
    """The upright box around all points.

    Args:
        points: (n, 2) or (n, 3), frame pixels.
    """
    # Row by row in memory: numpy's minimum takes a third of the time.
    x_and_y = points[:, :2].T.copy()
    (left, top), (right, bottom) = x_and_y.min(axis=1).tolist(), x_and_y.max(axis=1).tolist()
    return Box(left, top, right, bottom)


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face that the detector found.

    Attributes:
        box: brow to chin, roughly.
        keypoints: (6, 2) float32, frame pixels: the person's right eye, left eye, nose tip,
            mouth, right ear, left ear.
        score: 0 to 1.
    """

    box: Box
    keypoints: FloatArray = field(repr=False)
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """The points of one face in one frame.

    Attributes:
        points: (468, 3) float32, numbered as in MediaPipe's face mesh: x and y in frame pixels; z
            on the scale of x, smaller is nearer to the camera, 0 near the middle of the head.
        score: 0 to 1, that this is a face and the points lie on it.
    """

    points: FloatArray = field(repr=False)
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class FaceObservation:
    """What was found in one frame.

    Attributes:
        index: the frame's, from 0.
        timestamp: the frame's, seconds since the start of the recording.
        width: of the frame, pixels.
        height: of the frame, pixels.
        landmarks: of the face being followed; None when there is none.
        faces: how many faces were in view when that was last counted.
        boxes: where the detector saw faces when it last looked, largest first.
    """

    index: int
    timestamp: float
    width: int
    height: int
    landmarks: Landmarks | None
    faces: int
    boxes: tuple[Box, ...] = ()
