"""The square, turned piece of a frame that a network looks at, and the way back.

Corner to corner: the region's corners fall on pixel indices 0 and `size` of the crop, without the
half-pixel shift that resizing functions apply: MediaPipe's networks are run this way by their maker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kizashi_agent.landmarks.observations import Detection, FloatArray, box_of_points

# A face's box is enlarged by this much, as the landmark network saw faces in its training
# (MediaPipe's face detector and face landmarks graphs, RectTransformationCalculator).
ENLARGEMENT = 1.5

# Outer corners of the person's right and left eye: they are made level in the crop.
RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263

# OpenCV 5 warps four channels nearly three times as fast as three, with the same values. Adding a
# channel to the pixels around a region costs less than that gains up to about this many frame
# pixels for one of the crop.
FRAME_PIXELS_A_CROP_PIXEL = 8

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
        points: (468, 3) or (468, 2), frame pixels.
    """
    box = box_of_points(points)
    x0, y0 = points[RIGHT_EYE_OUTER, :2].tolist()
    x1, y1 = points[LEFT_EYE_OUTER, :2].tolist()
    return Region(
        x=(box.left + box.right) / 2,
        y=(box.top + box.bottom) / 2,
        side=max(box.width, box.height) * ENLARGEMENT,
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


@dataclass(frozen=True, slots=True)
class Window:
    """An upright piece of the frame, in whole pixels; at least one pixel."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """In pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


def window_around(region: Region, width: int, height: int) -> Window:
    """The pixels of the frame that a crop of the region can need.

    Args:
        region: anywhere, beyond the frame too.
        width: of the frame, pixels, above 0.
        height: of the frame, pixels, above 0.
    """
    reach = region.side / 2 * (abs(math.cos(region.angle)) + abs(math.sin(region.angle)))
    # Interpolation reads one pixel further; the other makes up for rounding.
    low, high = -math.floor(reach) - 3, math.ceil(reach) + 3
    left = min(max(math.floor(region.x) + low, 0), width - 1)
    top = min(max(math.floor(region.y) + low, 0), height - 1)
    right = max(min(math.ceil(region.x) + high, width), left + 1)
    bottom = max(min(math.ceil(region.y) + high, height), top + 1)
    return Window(left, top, right, bottom)


class Cropper:
    """Cuts regions into buffers that are used again for each frame.

    Args:
        side: of the crop, pixels.
        outside: cv2's border mode for what lies beyond the frame.
    """

    def __init__(self, side: int, outside: int) -> None:
        self.side = side
        self._outside = outside
        self._crop = np.empty((side, side, 3), np.uint8)
        self._four = np.empty((side, side, 4), np.uint8)
        self._colours = np.empty((1, side, side, 3), np.uint8)

    def cut_bytes(self, image: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
        """(1, side, side, 3) uint8, RGB, valid until the next call."""
        window = window_around(region, image.shape[1], image.shape[0])
        matrix = region.to_frame(self.side)
        if window.area > FRAME_PIXELS_A_CROP_PIXEL * self.side**2:
            self._warp(image, matrix, self._crop)
            cv2.cvtColor(self._crop, cv2.COLOR_BGR2RGB, dst=self._colours[0])
            return self._colours
        piece = image[window.top : window.bottom, window.left : window.right]
        matrix[:, 2] -= (window.left, window.top)
        self._warp(cv2.cvtColor(piece, cv2.COLOR_BGR2BGRA), matrix, self._four)
        cv2.cvtColor(self._four, cv2.COLOR_BGRA2RGB, dst=self._colours[0])
        return self._colours

    def cut(self, image: NDArray[np.uint8], region: Region) -> FloatArray:
        """(1, side, side, 3) float32, RGB, scaled to -1 (black) to 1."""
        return self.cut_bytes(image, region) * np.float32(2 / 255) - np.float32(1)

    def _warp(self, image: cv2.typing.MatLike, matrix: Matrix, crop: NDArray[np.uint8]) -> None:
        cv2.warpAffine(
            image,
            matrix,
            (self.side, self.side),
            dst=crop,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=self._outside,
        )
