"""Sizes of a face in a frame."""

from __future__ import annotations

import numpy as np

from kizashi_agent.landmarks.observations import FloatArray

# Where the face's outline passes the person's right and left ear.
RIGHT_EAR, LEFT_EAR = 234, 454


def face_width(points: FloatArray) -> float:
    """Ear to ear, pixels.

    Measured in depth too, so that a face does not become small by turning.

    Args:
        points: (468, 3), as in `Landmarks`.
    """
    return float(np.linalg.norm(points[LEFT_EAR] - points[RIGHT_EAR]))
