"""Places the points of a face, given roughly where it is."""

from __future__ import annotations

import math

import cv2
import numpy as np
from kizashi_models.network import Network
from numpy.typing import NDArray

from kizashi_agent.landmarks.crop import Cropper, Region, to_frame
from kizashi_agent.landmarks.observations import Landmarks

INPUT_SIDE = 192


class FaceLandmarker:
    """Runs the network face_mesh on regions of frames. Not for use by several threads at once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._cropper = Cropper(INPUT_SIDE, cv2.BORDER_REPLICATE)

    def place(self, image: NDArray[np.uint8], region: Region) -> Landmarks:
        """The points of the face in a region, and how sure the network is that it is one.

        Args:
            image: (height, width, 3) uint8, BGR.
            region: from `region_of_detection` or `region_of_points`.
        """
        outputs = self._network.run({"image": self._cropper.cut_bytes(image, region)})
        points = to_frame(outputs[0].reshape(-1, 3), region, INPUT_SIDE)
        logit = float(outputs[1].item())
        return Landmarks(points, 1 / (1 + math.exp(-logit)))
