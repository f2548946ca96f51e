"""How a head is turned, from its landmarks.

A similarity transform (rotation, scale, shift) is fitted by least squares from a canonical face to
the measured points, depth included: Umeyama, "Least-squares estimation of transformation
parameters between two point patterns", IEEE TPAMI 13(4), 1991. Only points that expression moves
little take part: brow line and lower face are left out. The angles are relative to the line of
sight, as weak perspective sees it.
"""

from __future__ import annotations

import math

import numpy as np

from kizashi_agent.landmarks.observations import FloatArray
from kizashi_agent.measurement import HeadPose

CANONICAL_FACE = {
    6: (0.000, 2.473, 5.789),
    168: (0.000, 3.271, 5.236),
    197: (0.000, 1.728, 6.317),
    4: (0.000, -0.463, 7.587),
    10: (0.000, 8.262, 4.482),
    54: (-6.279, 6.615, 1.426),
    284: (6.279, 6.615, 1.426),
    67: (-3.524, 8.006, 3.729),
    297: (3.524, 8.006, 3.729),
    127: (-7.743, 2.365, -2.005),
    356: (7.743, 2.365, -2.005),
    33: (-4.446, 2.664, 3.173),
    263: (4.446, 2.664, 3.173),
    133: (-1.856, 2.585, 3.758),
    362: (1.856, 2.585, 3.758),
    143: (-6.408, 2.236, 1.561),
    372: (6.408, 2.236, 1.561),
    198: (-1.247, 0.230, 5.681),
    420: (1.247, 0.230, 5.681),
    121: (-1.821, 1.468, 4.224),
    350: (1.821, 1.468, 4.224),
}
"""Landmark to its place in centimetres, x to the person's left, y up, z towards the camera: vertices
of MediaPipe's canonical face model (face_landmarker.task, geometry pipeline; Apache-2.0)."""

_INDICES = np.array(list(CANONICAL_FACE))
_SHAPE = np.array(list(CANONICAL_FACE.values()))
_SHAPE -= _SHAPE.mean(axis=0)
# From frame axes (y down, z away from the camera) to the canonical ones.
_AXES = np.array([1.0, -1.0, -1.0])


def head_pose(points: FloatArray) -> HeadPose:
    """The pose of a head.

    Args:
        points: (468, 3), as in `Landmarks`.
    """
    rotation = _rotation(points)
    ahead = rotation[:, 2]
    return HeadPose(
        yaw=math.degrees(math.atan2(ahead[0], ahead[2])),
        pitch=math.degrees(math.asin(min(1.0, max(-1.0, ahead[1])))),
        roll=-math.degrees(math.atan2(rotation[1, 0], rotation[1, 1])),
    )


def _rotation(points: FloatArray) -> np.ndarray:
    """(3, 3) rotation from the canonical face to the measured one; axes as in the canonical face.

    It is Ry(yaw) Rx(-pitch) Rz(-roll): the head rolls first, then nods, then turns.
    """
    # Where the measured points lie does not matter: those of the shape sum to nothing.
    left, _, right = np.linalg.svd((points[_INDICES] * _AXES).T @ _SHAPE)
    # The third direction may come out mirrored; a head does not.
    if np.linalg.det(left) * np.linalg.det(right) < 0:
        left[:, 2] *= -1
    rotation: np.ndarray = left @ right
    return rotation
