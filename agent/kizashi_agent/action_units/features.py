"""What an action-unit head looks at: the aligned face's gradients and the shape of its outline.

OpenFace's static models are linear in just these two (Baltrusaitis et al., "OpenFace 2.0: Facial
Behavior Analysis Toolkit", FG 2018, section III-D), so a head that is linear in them can follow it,
and a few thousand faces are enough to fit it.
"""

import numpy as np
import numpy.typing as npt

from kizashi_agent.action_units.aligned_face import OUTLINE_POINTS, SIDE, AlignedFace, align
from kizashi_agent.action_units.gradients import GRADIENT_COUNT, histogram_of_gradients
from kizashi_agent.landmarks.observations import FloatArray

SHAPE_COUNT = len(OUTLINE_POINTS) * 2
FEATURE_COUNT = GRADIENT_COUNT + SHAPE_COUNT

_SHAPE_UNIT = 5.0
"""Pixels. Brings places to the scale of gradients, so that one penalty serves both."""


def features(image: npt.NDArray[np.uint8], points: FloatArray) -> FloatArray:
    """(FEATURE_COUNT,) float32, the features of one face, as `features_of` has them.

    Args:
        image: (height, width, 3) uint8, BGR: the frame.
        points: (468, 3), as in `Landmarks`.
    """
    return features_of(align(image, points))


def features_of(face: AlignedFace) -> FloatArray:
    """The features of an aligned face.

    Returns:
        (FEATURE_COUNT,) float32: the gradients, then x and y of each outline point from the middle
        of the aligned picture, in units of 5 pixels.
    """
    shape = (face.points - np.float32(SIDE / 2)) / np.float32(_SHAPE_UNIT)
    return np.concatenate((histogram_of_gradients(face.picture), shape.ravel()), dtype=np.float32)
