"""The recording gate: whether a recording is fit to be measured, and if not, why.

A pure function over the measurements. What it lets pass, a scorer accepts too, by the same limits
(kizashi_models.recording_floor); the gate refuses earlier and sees every frame.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import hypot, log
from statistics import median

from kizashi_models.recording_floor import (
    BRIGHTEST,
    DARKEST,
    LARGEST_TYPICAL_TURN,
    LEAST_DURATION,
    LEAST_FACE_WIDTH,
    LEAST_FRAME_RATE,
    LONGEST_GAP,
)

from kizashi_agent.events import speaking
from kizashi_agent.measurement import FaceMeasurement, FrameMeasurement
from kizashi_agent.recording_figures import (
    Timing,
    TypicalFace,
    measured_faces,
    timing,
    typical_face,
)
from kizashi_agent.resample import resample
from kizashi_agent.segments import Segments

LONGEST_RECORDING = 120.0
"""Seconds of self-introduction: the range of a summary, and twelve times what is asked for."""

LEAST_NEUTRAL = 1.0
"""Seconds: a blink or a breath must not be most of it (judgement)."""

LEAST_VALID_FRACTION = 0.9  # judgement; the floor's is what is left of it in a float32

SMALL_FACE_WIDTH = 160.0  # pixels; a caution below it, judgement

LARGEST_TURN = 25.0  # degrees, yaw and pitch in any frame; judgement
LARGEST_TILT = 20.0  # degrees, roll in any frame; judgement

MOST_CLIPPED = 0.02  # share of the face blown out, median; judgement

LARGEST_LIGHT_STEP = log(1.25)
"""Natural logarithm of the ratio of face luma before and after a moment: beyond what a turning head
makes, short of a lamp that is switched (judgement)."""

_LIGHT_FRAMES = 5  # before and after the moment, as medians: two odd frames do not count

LARGEST_JUMP = 0.5
"""Face widths from one measured frame to the next: from here on another face, or a cut, is likelier
than a movement (judgement). No likeness is measured: a cut to another person who is framed and lit
alike passes."""

LARGEST_GROWTH = log(1.3)  # likewise of the face's width; judgement

LEAST_MOUTH_VISIBLE = 1 / 3
"""Median of `FaceFigures.mouth_visible` (judgement). Masks of one colour and light hands fall below
it, darker hands often do not, and a patterned mask passes. Py-Feat's F1 falls from .685 to .538
with masks."""

MOST_SPEECH_AT_REST = 0.3  # share of the neutral part; a caution above it, judgement


class Reason(StrEnum):
    """Why a recording is refused, the gravest first."""

    NO_FACE = "NO_FACE"
    SEVERAL_FACES = "SEVERAL_FACES"
    FACE_CHANGED = "FACE_CHANGED"
    TOO_SHORT = "TOO_SHORT"
    TOO_SHORT_AFTER_NEUTRAL = "TOO_SHORT_AFTER_NEUTRAL"
    NEUTRAL_TOO_SHORT = "NEUTRAL_TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    FRAME_RATE_LOW = "FRAME_RATE_LOW"
    FRAMES_MISSING = "FRAMES_MISSING"
    FACE_LOST = "FACE_LOST"
    FACE_LOST_AT_ONCE = "FACE_LOST_AT_ONCE"
    FACE_TOO_SMALL = "FACE_TOO_SMALL"
    HEAD_TURNED = "HEAD_TURNED"
    HEAD_TURNED_FAR = "HEAD_TURNED_FAR"
    HEAD_TILTED = "HEAD_TILTED"
    TOO_DARK = "TOO_DARK"
    TOO_BRIGHT = "TOO_BRIGHT"
    OVEREXPOSED = "OVEREXPOSED"
    LIGHT_CHANGED = "LIGHT_CHANGED"
    MOUTH_COVERED = "MOUTH_COVERED"


class Caution(StrEnum):
    """What the person should hear of a recording that passes."""

    FACE_SMALL = "FACE_SMALL"
    NEUTRAL_SPEAKING = "NEUTRAL_SPEAKING"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says.

    Attributes:
        reasons: every reason to refuse, the gravest first; empty when the recording passes.
        cautions: what to say although it may pass.
        timing: of the self-introduction.
        face: of the self-introduction; None where no face was measured in it.
    """

    reasons: tuple[Reason, ...]
    cautions: tuple[Caution, ...]
    timing: Timing
    face: TypicalFace | None

    @property
    def passed(self) -> bool:
        """Whether the recording may be summarised."""
        return not self.reasons


def judge(segments: Segments) -> Verdict:
    """Applies the gate to a recording: each limit to each part, all reasons at once."""
    parts = [segments.introduction, *([segments.neutral] if segments.neutral else [])]
    frames = sorted((frame for part in parts for frame in part), key=lambda each: each.timestamp)
    found = {*_durations(segments), *faults_throughout(frames)}
    for part in parts:
        found |= {*timing_faults(part), *face_faults(measured_faces(part))}
    if Reason.NO_FACE in found:  # which says it all
        found -= {Reason.FACE_LOST, Reason.FACE_LOST_AT_ONCE}
    faces = measured_faces(segments.introduction)
    return Verdict(
        reasons=tuple(reason for reason in Reason if reason in found),
        cautions=tuple(_cautions(segments, faces)),
        timing=timing(segments.introduction),
        face=typical_face(faces) if faces else None,
    )


def _durations(segments: Segments) -> Iterable[Reason]:
    times = timing(segments.introduction)
    spoken = times.duration
    if times.valid_fraction >= LEAST_VALID_FRACTION:  # a face lost for longer is told as that
        spoken *= times.valid_fraction
    at_rest = 0.0 if segments.neutral is None else timing(segments.neutral).duration
    if spoken < LEAST_DURATION:
        enough_without = spoken + at_rest >= LEAST_DURATION
        yield Reason.TOO_SHORT_AFTER_NEUTRAL if enough_without else Reason.TOO_SHORT
    if times.duration > LONGEST_RECORDING:
        yield Reason.TOO_LONG
    if segments.neutral is not None and at_rest < LEAST_NEUTRAL:
        yield Reason.NEUTRAL_TOO_SHORT


def faults_throughout(frames: Sequence[FrameMeasurement]) -> Iterable[Reason]:
    """What is wrong with frames in order of time, from one part of a recording to the next too."""
    faces = measured_faces(frames)
    if frames and not faces:
        yield Reason.NO_FACE
    if any(frame.faces > 1 for frame in frames):
        yield Reason.SEVERAL_FACES
    if any(_is_another(before, after) for before, after in pairwise(faces)):
        yield Reason.FACE_CHANGED
    if _largest_light_step([face.figures.luma for face in faces]) > LARGEST_LIGHT_STEP:
        yield Reason.LIGHT_CHANGED


def timing_faults(frames: Sequence[FrameMeasurement]) -> Iterable[Reason]:
    """What is wrong with how often and how completely frames in order of time came."""
    if len(frames) < 2:
        return  # too short, which is said already
    times = timing(frames)
    if times.frame_rate < LEAST_FRAME_RATE:
        yield Reason.FRAME_RATE_LOW
    if times.valid_fraction < LEAST_VALID_FRACTION:
        yield Reason.FACE_LOST
    # Where frames are missing, nobody can tell whether the face was there.
    if times.longest_hole > LONGEST_GAP:
        yield Reason.FRAMES_MISSING
    elif times.longest_gap > LONGEST_GAP:
        yield Reason.FACE_LOST_AT_ONCE


def face_faults(faces: Sequence[FaceMeasurement]) -> Iterable[Reason]:
    """What is wrong with the faces of one part: size, pose, light and mouth."""
    if not faces:
        return
    typical = typical_face(faces)
    poses = [face.head_pose for face in faces]
    found = {
        Reason.FACE_TOO_SMALL: typical.face_width < LEAST_FACE_WIDTH,
        Reason.HEAD_TURNED: (
            max(typical.absolute_yaw, typical.absolute_pitch) > LARGEST_TYPICAL_TURN
        ),
        Reason.HEAD_TURNED_FAR: (
            max(max(abs(pose.yaw), abs(pose.pitch)) for pose in poses) > LARGEST_TURN
        ),
        Reason.HEAD_TILTED: max(abs(pose.roll) for pose in poses) > LARGEST_TILT,
        Reason.TOO_DARK: typical.luma < DARKEST,
        Reason.TOO_BRIGHT: typical.luma > BRIGHTEST,
        Reason.OVEREXPOSED: typical.clipped_fraction >= MOST_CLIPPED,
        Reason.MOUTH_COVERED: typical.mouth_visible < LEAST_MOUTH_VISIBLE,
    }
    yield from (reason for reason, present in found.items() if present)


def _is_another(before: FaceMeasurement, after: FaceMeasurement) -> bool:
    one, other = before.figures, after.figures
    moved = hypot(other.centre_x - one.centre_x, other.centre_y - one.centre_y)
    return (
        moved > LARGEST_JUMP * one.face_width
        or abs(log(other.face_width / one.face_width)) > LARGEST_GROWTH
    )


def _largest_light_step(lumas: Sequence[float]) -> float:
    """The largest absolute logarithm of the ratio of medians before and after any moment."""
    size = _LIGHT_FRAMES
    return max(
        (
            abs(log((median(lumas[at : at + size]) + 1) / (median(lumas[at - size : at]) + 1)))
            for at in range(size, len(lumas) - size + 1)
        ),
        default=0.0,
    )


def _cautions(segments: Segments, faces: Sequence[FaceMeasurement]) -> Iterable[Caution]:
    if faces and LEAST_FACE_WIDTH <= typical_face(faces).face_width < SMALL_FACE_WIDTH:
        yield Caution.FACE_SMALL
    if segments.neutral and measured_faces(segments.neutral):
        track = resample(segments.neutral)
        if speaking(track)[track.valid].mean() > MOST_SPEECH_AT_REST:
            yield Caution.NEUTRAL_SPEAKING
