"""Places the points of a face, given roughly where it is."""

from __future__ import annotations

import math

import cv2
import numpy as np
from kizashi_models.network import Network
from numpy.typing import NDArray

from kizashi_agent.landmarks.crop import Cropper, Region, to_frame
from kizashi_agent.landmarks.observations import Landmarks


class FaceLandmarker:
    """Runs a landmark network on regions of frames. Not for use by several threads at once.

    Args:
        network: face_landmarks (478 points) or face_mesh (the first 468 of them, with no irises).
            The crop's side and whether it is given in bytes are read from its card.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        image = network.card.inputs[0]
        self._in_bytes = image.dtype == "uint8"
        self._cropper = Cropper(image.shape[1], 0.0, 1.0, cv2.BORDER_REPLICATE)

    def place(self, image: NDArray[np.uint8], region: Region) -> Landmarks:
        """The points of the face in a region, and how sure the network is that it is one.

        Args:
            image: (height, width, 3) uint8, BGR.
            region: from `region_of_detection` or `region_of_points`.
        """
        cropper = self._cropper
        cut = cropper.cut_bytes if self._in_bytes else cropper.cut
        outputs = self._network.run({"image": cut(image, region)})
        points = to_frame(outputs[0].reshape(-1, 3), region, cropper.side)
        logit = float(outputs[1].item())
        return Landmarks(points, 1 / (1 + math.exp(-logit)))
