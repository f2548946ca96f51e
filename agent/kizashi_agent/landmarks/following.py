"""What to do about the next frame: pure decisions of the tracker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kizashi_agent.landmarks.crop import Region, region_of_detection, region_of_points
from kizashi_agent.landmarks.observations import Box, Detection, Landmarks, box_of_points

# Below this the points are not on a face (MediaPipe's default minimum face presence).
MINIMUM_PRESENCE = 0.5
# A detection that overlaps the followed face by this much is that face: its box ends at the brow
# and the landmarks' box at the hairline, so the overlap of one face with itself is near 0.7.
SAME_FACE_OVERLAP = 0.3


@dataclass(frozen=True, slots=True)
class Following:
    """What the tracker carries from one frame to the next.

    Attributes:
        region: where the followed face is expected; None when no face is followed.
        box: of the last face followed, kept after it is lost so that the same person is taken
            up again; None before the first.
        frames_since_detection: frames since the detector ran.
        boxes: what it found then, largest first.
        faces: how many faces that made, the followed one included.
    """

    region: Region | None = None
    box: Box | None = None
    frames_since_detection: int = 0
    boxes: tuple[Box, ...] = ()
    faces: int = 0


def must_detect(state: Following, every: int) -> bool:
    """Whether the detector has to look at this frame: nobody followed, or time for a count."""
    return state.region is None or state.frames_since_detection + 1 >= every


def is_face(landmarks: Landmarks | None) -> bool:
    """Whether the points lie on a face."""
    return landmarks is not None and landmarks.score >= MINIMUM_PRESENCE


def choose(detections: Sequence[Detection], last: Box | None) -> Region | None:
    """Whom to follow: the face that was followed before, or else the largest.

    Args:
        detections: largest first.
        last: box of the face followed before, if any.
    """
    if not detections:
        return None
    again = [d for d in detections if last and overlap(d.box, last) >= SAME_FACE_OVERLAP]
    return region_of_detection((again or detections)[0])


def count_faces(boxes: Sequence[Box], followed: Box | None) -> int:
    """Faces in view: those detected, and the followed one if the detector missed it."""
    missed = followed is not None and not any(
        overlap(box, followed) >= SAME_FACE_OVERLAP for box in boxes
    )
    return len(boxes) + missed


def advance(
    state: Following, landmarks: Landmarks | None, detections: Sequence[Detection] | None
) -> Following:
    """The state after a frame.

    Args:
        state: before it.
        landmarks: what was placed, if it was tried.
        detections: what the detector found; None if it did not run.
    """
    region, box = None, state.box
    if landmarks is not None and is_face(landmarks):
        region, box = region_of_points(landmarks.points), box_of_points(landmarks.points)
    if detections is None:
        return Following(region, box, state.frames_since_detection + 1, state.boxes, state.faces)
    boxes = tuple(detection.box for detection in detections)
    return Following(region, box, 0, boxes, count_faces(boxes, box if region else None))


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0 to 1."""
    common = Box(
        max(one.left, other.left),
        max(one.top, other.top),
        min(one.right, other.right),
        min(one.bottom, other.bottom),
    ).area
    union = one.area + other.area - common
    return common / union if union > 0 else 0.0
