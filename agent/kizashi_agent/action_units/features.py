"""What an action-unit head looks at: the face's shape without its place, size and turn.

The points are turned to face the camera with the rotation that head pose is read from, moved so
that the rigid points have their mean at 0, and scaled so that those points' distances from it
have a root sum of squares of 1. The rigid points are the eyes' corners and the nose's bridge and
tip: expression moves them least, and no jaw or brow takes part, so that a moving jaw does not
look like a moving brow.

Blendshapes come along because lids and lips show in them beyond what the points give. So does the
rotation, since what the landmark network believes of a turned face is not free of the turn.
"""

import numpy as np

from kizashi_agent.landmarks import BLENDSHAPE_COUNT, LANDMARK_COUNT
from kizashi_agent.landmarks.head_pose import head_rotation
from kizashi_agent.landmarks.observations import FloatArray

RIGID_POINTS = np.array([33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1])
"""Corners of both eyes, bridge of the nose downwards, tip of the nose."""

FEATURE_COUNT = LANDMARK_COUNT * 3 + BLENDSHAPE_COUNT + 9

# From frame axes (y down, z away from the camera) to those of head rotation (y up, z towards it).
_AXES = np.array([1.0, -1.0, -1.0])


def features(points: FloatArray, blendshapes: FloatArray) -> FloatArray:
    """The features of one face.

    Args:
        points: (478, 3), as in `Landmarks`.
        blendshapes: (52,), as in `FaceObservation`.

    Returns:
        (FEATURE_COUNT,) float32: x, y, z of each aligned point in turn (x to the person's left,
        y up, z towards the camera); the blendshapes, 0 to 1; the rotation's rows, -1 to 1.
    """
    rotation = head_rotation(points)
    return np.concatenate(
        (align(points, rotation).ravel(), blendshapes, rotation.ravel()), dtype=np.float32
    )


def align(points: FloatArray, rotation: np.ndarray) -> FloatArray:
    """The points turned back, centred and scaled.

    Args:
        points: (478, 3), as in `Landmarks`.
        rotation: (3, 3), from `head_rotation` of them.

    Returns:
        (478, 3) float32; the rigid points' mean is 0, and their squares sum to 1.
    """
    facing = (points * _AXES) @ rotation
    facing -= facing[RIGID_POINTS].mean(axis=0)
    aligned: FloatArray = (facing / np.linalg.norm(facing[RIGID_POINTS])).astype(np.float32)
    return aligned
