"""What is measured of one frame: figures alone, no picture and no landmark.

These values live in memory for the length of one recording. From here on nothing can lead back
to a face: what follows (quality, summarise) sees only these.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS


@dataclass(frozen=True, slots=True)
class HeadPose:
    """How the head is turned, in degrees; 0, 0, 0 faces the camera.

    Attributes:
        yaw: above 0 when turned to the person's left (right in a picture that is not mirrored).
        pitch: above 0 when the face looks up.
        roll: above 0 when tilted towards the person's left shoulder (clockwise in the picture).
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, eq=False)
class ActionUnits:
    """Action units of one face in one frame.

    Attributes:
        intensities: (17,) float32, 0-5, in `INTENSITY_UNITS` order.
        presences: (18,) bool, in `PRESENCE_UNITS` order.
        uncut: (17,) float32, the intensities before they were cut off at 0 and 5: where a face at
            rest reads below 0, the beginning of a movement shows in these alone.

    Raises:
        ValueError: an array of another shape or type.
    """

    intensities: npt.NDArray[np.float32]
    presences: npt.NDArray[np.bool_]
    uncut: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        for values in (self.intensities, self.uncut):
            if values.shape != (len(INTENSITY_UNITS),) or values.dtype != "float32":
                raise ValueError("intensities are not (17,) float32")
        if self.presences.shape != (len(PRESENCE_UNITS),) or self.presences.dtype != "bool":
            raise ValueError("presences are not (18,) bool")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceFigures:
    """What else is read from the pixels and landmarks of one face.

    Attributes:
        face_width: ear to ear, in pixels of the frame as recorded.
        centre_x: midway between the ears, pixels from the left edge; shows a face that jumps.
        centre_y: midway between the ears, pixels from the upper edge.
        luma: mean brightness of the face, 0-255 (Rec. 601 weights).
        clipped_fraction: share of face pixels blown out to white, 0-1.
        mouth_open: gap between the inner lips over the width of the mouth, 0 and up.
        mouth_visible: how far the lips stand out from the skin around them, 0-1.
        landmark_score: the landmark network's own belief that this is a face, 0-1.
    """

    face_width: float
    centre_x: float
    centre_y: float
    luma: float
    clipped_fraction: float
    mouth_open: float
    mouth_visible: float
    landmark_score: float


@dataclass(frozen=True, slots=True)
class FaceMeasurement:
    """All that is measured of one face in one frame."""

    action_units: ActionUnits
    head_pose: HeadPose
    figures: FaceFigures


@dataclass(frozen=True, slots=True)
class FrameMeasurement:
    """All that is measured of one frame.

    Attributes:
        index: position in the recording, from 0.
        timestamp: seconds since the first frame.
        faces: how many faces were seen.
        face: the measurement of the largest of them; None where none was measured.
    """

    index: int
    timestamp: float
    faces: int
    face: FaceMeasurement | None
