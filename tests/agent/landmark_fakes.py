"""Stand-ins for the two face networks, at the port through which they are handed in.

The fake landmark network looks at its crop: it answers with a face only where the crop shows
bright pixels, and puts the points around their middle. So a tracker that looks in the wrong
place loses the face, as with the real one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks.crop import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from kizashi_agent.landmarks.detector import FaceDetector
from kizashi_agent.landmarks.face_landmarker import FaceLandmarker
from kizashi_agent.landmarks.observations import LANDMARK_COUNT
from kizashi_agent.landmarks.tracking import FaceTracker
from kizashi_models.card import Card
from kizashi_models.registry import find_card
from numpy.typing import NDArray

Place = tuple[float, float, float]
FRAME_SIDE = 640


class FakeNetwork:
    """Counts how often it was run."""

    def __init__(self, model_id: str) -> None:
        self.card: Card = find_card(model_id)
        self.runs = 0


class FakeDetectorNetwork(FakeNetwork):
    """Reports faces at the places it is told, whatever the picture shows."""

    def __init__(self) -> None:
        super().__init__("face_detector")
        self.places: Sequence[Place] = ()

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Offsets and logits with one sure anchor for each place."""
        assert inputs["image"].shape == self.card.inputs[0].shape
        self.runs += 1
        offsets = np.zeros((1, 896, 8, 2), np.float32)
        logits = np.full((1, 896, 1), -20, np.float32)
        for anchor, (x, y, side) in enumerate(self.places):
            # Anchor centres of the first row: two at each of 4, 12, 20, ... pixels.
            centre = np.array([4 + 8 * (anchor // 2), 4], np.float32)
            scale = 128 / FRAME_SIDE
            offsets[0, anchor] = np.array([x, y]) * scale - centre
            offsets[0, anchor, 1] = side * scale
            offsets[0, anchor, 2, 0] -= side * scale / 4
            offsets[0, anchor, 3, 0] += side * scale / 4
            logits[0, anchor] = 5
        return [offsets.reshape(1, 896, 16), logits]


class FakeLandmarkNetwork(FakeNetwork):
    """Finds a face where the crop is bright."""

    def __init__(self) -> None:
        super().__init__("face_mesh")

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Points around the bright pixels, level with the crop."""
        image = inputs["image"]
        assert image.shape == self.card.inputs[0].shape
        assert image.dtype == self.card.inputs[0].dtype
        self.runs += 1
        rows, columns = np.nonzero(image[0, :, :, 0] > 127)
        points = np.zeros((LANDMARK_COUNT, 3), np.float32)
        if len(rows) == 0:
            return [points.reshape(1, 1, 1, -1), logit(-9)]
        low = np.array([columns.min(), rows.min()])
        high = np.array([columns.max(), rows.max()])
        spread = np.linspace(0, 1, LANDMARK_COUNT, dtype=np.float32)[:, None]
        points[:, :2] = low + spread * (high - low)
        x, y = (low + high) / 2
        points[RIGHT_EYE_OUTER, :2] = (x - 5, y)
        points[LEFT_EYE_OUTER, :2] = (x + 5, y)
        return [points.reshape(1, 1, 1, -1), logit(9)]


class FakeFaces:
    """A tracker on fake networks, and the networks to look at."""

    def __init__(self, *, follow: bool = True, detect_every: int = 5) -> None:
        self.detector = FakeDetectorNetwork()
        self.landmarker = FakeLandmarkNetwork()
        self.tracker = FaceTracker(
            FaceDetector(self.detector),
            FaceLandmarker(self.landmarker),
            follow=follow,
            detect_every=detect_every,
        )


def logit(value: float) -> NDArray[np.float32]:
    """A presence output."""
    return np.full((1, 1, 1, 1), value, np.float32)


def frame_with(index: int, *places: Place) -> Frame:
    """A black frame with a white square at each (centre x, centre y, side)."""
    image = np.zeros((FRAME_SIDE, FRAME_SIDE, 3), np.uint8)
    for x, y, side in places:
        left, top, half = int(x - side / 2), int(y - side / 2), int(side)
        image[max(top, 0) : top + half, max(left, 0) : left + half] = 255
    return Frame(index, index / 30, image)
