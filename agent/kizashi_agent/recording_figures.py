"""What a stretch of recording is like, by its timestamps and by its typical face."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from kizashi_agent.measurement import FaceMeasurement, FrameMeasurement


@dataclass(frozen=True, slots=True)
class Timing:
    """How long, how often, how completely.

    Attributes:
        duration: seconds from the first frame to the end of the last, to the millisecond.
        frame_rate: frames per second by their timestamps; 0 for fewer than two.
        valid_fraction: share of frames with a measured face, 0-1; 0 for no frames.
        longest_gap: longest stretch without a measured face, seconds, to the millisecond; a hole
            in the timestamps is one too.
        longest_hole: longest stretch without a frame, likewise.
    """

    duration: float
    frame_rate: float
    valid_fraction: float
    longest_gap: float
    longest_hole: float


@dataclass(frozen=True, slots=True)
class TypicalFace:
    """Medians over the measured faces; units as in `FaceFigures` and `HeadPose`."""

    face_width: float
    absolute_yaw: float
    absolute_pitch: float
    luma: float
    clipped_fraction: float
    mouth_visible: float


def timing(frames: Sequence[FrameMeasurement]) -> Timing:
    """The timing of frames in order of time."""
    if len(frames) < 2:
        return Timing(0.0, 0.0, 0.0, 0.0, 0.0)
    times = [each.timestamp for each in frames]
    steps = [later - earlier for earlier, later in pairwise(times)]
    step = median(steps)
    # The ends count as seen: a stretch without a face before the first or after the last valid
    # frame is as long as one between two.
    seen = [times[0] - step, *(f.timestamp for f in frames if f.face is not None), times[-1] + step]
    gaps = (later - earlier - step for earlier, later in pairwise(seen))
    return Timing(
        # A frame lasts until the next; the last one is given the usual step. To the millisecond,
        # so that two hundred frames at 25 a second are the 8 s that they are.
        duration=round(times[-1] - times[0] + step, 3),
        frame_rate=len(steps) / (times[-1] - times[0]),
        valid_fraction=(len(seen) - 2) / len(frames),
        longest_gap=round(max(0.0, *gaps), 3),
        longest_hole=round(max(steps) - step, 3),
    )


def measured_faces(frames: Sequence[FrameMeasurement]) -> tuple[FaceMeasurement, ...]:
    """The faces of the valid frames, in order."""
    return tuple(each.face for each in frames if each.face is not None)


def typical_face(faces: Sequence[FaceMeasurement]) -> TypicalFace:
    """The medians over one face or more."""
    figures = [each.figures for each in faces]
    return TypicalFace(
        face_width=median(each.face_width for each in figures),
        absolute_yaw=median(abs(each.head_pose.yaw) for each in faces),
        absolute_pitch=median(abs(each.head_pose.pitch) for each in faces),
        luma=median(each.luma for each in figures),
        clipped_fraction=median(each.clipped_fraction for each in figures),
        mouth_visible=median(each.mouth_visible for each in figures),
    )
