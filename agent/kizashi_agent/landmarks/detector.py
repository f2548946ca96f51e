"""Finds faces in a frame: BlazeFace, short range, on the letterboxed frame at 128 pixels.

Anchors, decoding and weighted suppression follow MediaPipe's face detector graph
(SsdAnchorsCalculator, TensorsToDetectionsCalculator, NonMaxSuppressionCalculator) and
Bazarevsky et al., "BlazeFace", 2019, section 4.2 for the weighting.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from kizashi_models.network import Network
from numpy.typing import NDArray

from kizashi_agent.landmarks.crop import Cropper, to_frame, whole_frame
from kizashi_agent.landmarks.observations import Box, Detection, FloatArray

INPUT_SIDE = 128
# (cells in a row, anchors in a cell): strides 8 and 16; the graph's three last layers share a grid.
ANCHOR_GRIDS = ((16, 2), (8, 6))
MINIMUM_SCORE = 0.5
# Detections that overlap the best one by more than this are the same face.
SAME_FACE_OVERLAP = 0.5


def anchor_centres() -> FloatArray:
    """(896, 2) float32: x, y of each anchor in input pixels, in the order of the outputs."""
    layers = []
    for cells, repeats in ANCHOR_GRIDS:
        centres = (np.arange(cells, dtype=np.float32) + 0.5) * (INPUT_SIDE / cells)
        grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
        layers.append(np.repeat(grid, repeats, axis=0))
    return np.concatenate(layers)


def decode(
    offsets: FloatArray, logits: FloatArray, anchors: FloatArray, minimum_score: float
) -> tuple[FloatArray, FloatArray]:
    """Candidates whose score reaches the minimum, best first.

    Args:
        offsets: (n, 16), input pixels from the anchor: centre, size, six key points.
        logits: (n,).
        anchors: (n, 2), input pixels.
        minimum_score: above 0, below 1.

    Returns:
        (m, 8, 2) float32 input pixels: left top, right bottom, six key points; (m,) scores.
    """
    kept = np.flatnonzero(logits >= math.log(minimum_score / (1 - minimum_score)))
    kept = kept[np.argsort(-logits[kept], kind="stable")]
    pairs = offsets[kept].reshape(-1, 8, 2)
    shapes = pairs + anchors[kept, None, :]
    half = pairs[:, 1] / 2
    centre = shapes[:, 0].copy()
    shapes[:, 0], shapes[:, 1] = centre - half, centre + half
    scores = (1 / (1 + np.exp(-logits[kept]))).astype(np.float32)
    return shapes, scores


def overlap(box: FloatArray, boxes: FloatArray) -> FloatArray:
    """Intersection over union of one box with several; boxes are (left top, right bottom).

    Args:
        box: (2, 2).
        boxes: (n, 2, 2).

    Returns:
        (n,) float32, 0 to 1.
    """
    low, high = np.maximum(box[0], boxes[:, 0]), np.minimum(box[1], boxes[:, 1])
    common = np.prod(np.clip(high - low, 0, None), axis=-1)
    areas = np.prod(np.clip(boxes[:, 1] - boxes[:, 0], 0, None), axis=-1)
    own = np.prod(np.clip(box[1] - box[0], 0, None))
    union = areas + own - common
    ratio: FloatArray = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return ratio


def suppress(
    shapes: FloatArray, scores: FloatArray, same: float
) -> tuple[list[FloatArray], list[float]]:
    """One shape per face: the mean of those that overlap the best, weighted by score.

    Args:
        shapes: (n, 8, 2), best first: left top, right bottom, key points.
        scores: (n,), above 0.
        same: overlap above which two shapes are one face, 0 to 1.

    Returns:
        Shapes (8, 2) and the best score of each, best first.
    """
    faces: list[FloatArray] = []
    best: list[float] = []
    while len(shapes):
        together = overlap(shapes[0, :2], shapes[:, :2]) > same
        # A box without area overlaps nothing, not even itself, and would never be taken away.
        together[0] = True
        weights = scores[together]
        faces.append(np.tensordot(weights, shapes[together], axes=1) / weights.sum())
        best.append(float(scores[0]))
        shapes, scores = shapes[~together], scores[~together]
    return faces, best


class FaceDetector:
    """Runs the detector network on frames. Not for use by several threads at once."""

    def __init__(self, network: Network, minimum_score: float = MINIMUM_SCORE) -> None:
        self._network = network
        self._minimum_score = minimum_score
        self._anchors = anchor_centres()
        self._cropper = Cropper(INPUT_SIDE, cv2.BORDER_CONSTANT)

    def detect(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """The faces in a frame, largest first.

        Args:
            image: (height, width, 3) uint8, BGR.
        """
        region = whole_frame(image.shape[1], image.shape[0])
        offsets, logits = self._network.run({"image": self._cropper.cut(image, region)})
        shapes, scores = decode(offsets[0], logits[0, :, 0], self._anchors, self._minimum_score)
        faces, best = suppress(shapes, scores, SAME_FACE_OVERLAP)
        found = [
            _detection(to_frame(face, region, INPUT_SIDE), score)
            for face, score in zip(faces, best, strict=True)
        ]
        return tuple(sorted(found, key=lambda detection: -detection.box.area))


def _detection(shape: FloatArray, score: float) -> Detection:
    (left, top), (right, bottom) = shape[:2].tolist()
    return Detection(Box(left, top, right, bottom), shape[2:], score)
