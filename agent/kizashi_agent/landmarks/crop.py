"""The square, turned piece of a frame that a network looks at, and the way back.

Corner to corner: the region's corners fall on pixel indices 0 and `size` of the crop, without the
half-pixel shift that resizing functions apply. MediaPipe's networks are run this way by their
maker, and a shift of 1.5 pixels moves blendshapes by up to 0.18.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kizashi_agent.landmarks.observations import Detection, FloatArray

# A face's box is enlarged by this much, as the landmark network saw faces in its training
# (MediaPipe's face detector and face landmarks graphs, RectTransformationCalculator).
ENLARGEMENT = 1.5

# Outer corners of the person's right and left eye: they are made level in the crop.
RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Region:
    """A turned square in the frame.

    Attributes:
        x: centre, frame pixels.
        y: centre, frame pixels.
        side: length of a side, frame pixels, above 0.
        angle: radians, clockwise on the screen, from level.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    def to_frame(self, crop_side: int) -> Matrix:
        """(2, 3) matrix from crop pixels to frame pixels, for a crop of crop_side pixels."""
        scale = self.side / crop_side
        along, across = scale * math.cos(self.angle), scale * math.sin(self.angle)
        half = crop_side / 2
        return np.array(
            [
                [along, -across, self.x - half * (along - across)],
                [across, along, self.y - half * (along + across)],
            ]
        )


def whole_frame(width: int, height: int) -> Region:
    """The smallest centred square that holds the frame: a letterbox."""
    return Region(width / 2, height / 2, float(max(width, height)))


def region_of_detection(detection: Detection) -> Region:
    """Where to look for the landmarks of a detected face."""
    box = detection.box
    (x0, y0), (x1, y1) = detection.keypoints[:2].tolist()
    return Region(
        x=(box.left + box.right) / 2,
        y=(box.top + box.bottom) / 2,
        side=max(box.width, box.height) * ENLARGEMENT,
        angle=math.atan2(y1 - y0, x1 - x0),
    )


def region_of_points(points: FloatArray) -> Region:
    """Where to look for the same face in the next frame.

    Args:
        points: (478, 3) or (478, 2), frame pixels.
    """
    left, top = points[:, :2].min(axis=0).tolist()
    right, bottom = points[:, :2].max(axis=0).tolist()
    x0, y0 = points[RIGHT_EYE_OUTER, :2].tolist()
    x1, y1 = points[LEFT_EYE_OUTER, :2].tolist()
    return Region(
        x=(left + right) / 2,
        y=(top + bottom) / 2,
        side=max(right - left, bottom - top) * ENLARGEMENT,
        angle=math.atan2(y1 - y0, x1 - x0),
    )


def to_frame(points: FloatArray, region: Region, crop_side: int) -> FloatArray:
    """Points of a crop in the frame: x and y are mapped, z (if there) is scaled.

    Args:
        points: (n, 2) or (n, 3), crop pixels.
        region: where the crop was taken.
        crop_side: the crop's side, pixels.

    Returns:
        The same shape, float32, frame pixels.
    """
    matrix = region.to_frame(crop_side)
    mapped = np.empty_like(points, dtype=np.float32)
    mapped[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    mapped[:, 2:] = points[:, 2:] * (region.side / crop_side)
    return mapped


class Cropper:
    """Cuts regions into one buffer that is used again for each frame.

    Args:
        side: of the crop, pixels.
        low: the network's value for a black pixel.
        high: the network's value for a full one.
        outside: cv2's border mode for what lies beyond the frame.
    """

    def __init__(self, side: int, low: float, high: float, outside: int) -> None:
        self.side = side
        self._scale, self._offset = (high - low) / 255, low
        self._outside = outside
        self._crop = np.empty((side, side, 3), np.uint8)
        self._colours = np.empty_like(self._crop)
        self._input = np.empty((1, side, side, 3), np.float32)

    def cut(self, image: NDArray[np.uint8], region: Region) -> FloatArray:
        """(1, side, side, 3) float32, RGB; valid until the next call."""
        cv2.warpAffine(
            image,
            region.to_frame(self.side),
            (self.side, self.side),
            dst=self._crop,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=self._outside,
        )
        pixels = self._input[0]
        cv2.cvtColor(self._crop, cv2.COLOR_BGR2RGB, dst=self._colours)
        np.multiply(self._colours, np.float32(self._scale), out=pixels)
        if self._offset:
            pixels += np.float32(self._offset)
        return self._input
