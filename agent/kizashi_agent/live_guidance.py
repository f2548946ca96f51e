"""What to tell a person in front of the camera now: the recording gate over the last second.

Pure: a frozen state goes in with a frame's measurement, and the next state comes out. The gate's
own checks are run on the last second, so that there is no limit here that is not in `quality`.

What this promises: where `WELL` was said at every frame of a recording, `judge` refuses it for
nothing that `MESSAGES` holds. It holds exactly for parts of whole seconds at an even rate. Beyond
that, a limit on a part's median, share or rate can still be missed by the fraction of a second
that is left over, when every whole second lies at the limit. What only a whole recording can be
(too short, too long) is never said here, and a camera that delivers nothing is not noticed until
its next frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.quality import (
    Reason,
    face_faults,
    faults_throughout,
    timing_faults,
)
from kizashi_agent.recording_figures import measured_faces

LOOKED_BACK = 1.0
"""Seconds: long enough for a frame rate, and a blink or a word does not make up most of it."""

LEAST_SHOWN = 0.5
"""Seconds that a message stays after its fault was last there, unless a graver one comes: about
what it takes to read it (judgement). Less than `LOOKED_BACK`, so that no fault of the first moments
goes unsaid."""


class Message(StrEnum):
    """What to tell the person, the gravest first; `LOOKING` until there is something to tell."""

    LOOKING = "LOOKING"
    NOBODY_SEEN = "NOBODY_SEEN"
    ONE_PERSON = "ONE_PERSON"
    STAY_IN_PLACE = "STAY_IN_PLACE"
    CAMERA_SLOW = "CAMERA_SLOW"
    STAY_IN_VIEW = "STAY_IN_VIEW"
    TOO_FAR = "TOO_FAR"
    TURN_TO_CAMERA = "TURN_TO_CAMERA"
    HEAD_LEVEL = "HEAD_LEVEL"
    TOO_DARK = "TOO_DARK"
    TOO_BRIGHT = "TOO_BRIGHT"
    LIGHT_STEADY = "LIGHT_STEADY"
    MOUTH_COVERED = "MOUTH_COVERED"
    WELL = "WELL"


MESSAGES = {
    Reason.NO_FACE: Message.NOBODY_SEEN,
    Reason.SEVERAL_FACES: Message.ONE_PERSON,
    Reason.FACE_CHANGED: Message.STAY_IN_PLACE,
    Reason.FRAME_RATE_LOW: Message.CAMERA_SLOW,
    Reason.FRAMES_MISSING: Message.CAMERA_SLOW,
    Reason.FACE_LOST: Message.STAY_IN_VIEW,
    Reason.FACE_LOST_AT_ONCE: Message.STAY_IN_VIEW,
    Reason.FACE_TOO_SMALL: Message.TOO_FAR,
    Reason.HEAD_TURNED: Message.TURN_TO_CAMERA,
    Reason.HEAD_TURNED_FAR: Message.TURN_TO_CAMERA,
    Reason.HEAD_TILTED: Message.HEAD_LEVEL,
    Reason.TOO_DARK: Message.TOO_DARK,
    Reason.TOO_BRIGHT: Message.TOO_BRIGHT,
    Reason.OVEREXPOSED: Message.TOO_BRIGHT,
    Reason.LIGHT_CHANGED: Message.LIGHT_STEADY,
    Reason.MOUTH_COVERED: Message.MOUTH_COVERED,
}
"""What each reason to refuse is as a message; those of a whole recording have none."""

_CHANGES = {Reason.FACE_CHANGED, Reason.LIGHT_CHANGED}
_GRAVITY = {message: place for place, message in enumerate(reversed(Message))}


@dataclass(frozen=True, slots=True)
class LiveGuidance:
    """What is told now, and what it rests on; lives in memory only.

    Attributes:
        message: to be shown.
        frames: measurements of the last `LOOKED_BACK` seconds and the one before them.
        recording_since: timestamp of the recording's first frame, seconds; None before it. Who
            still arranges lamp and chair may change both.
        last_needed: timestamp at which something as grave as `message` was last found, seconds.
    """

    message: Message = Message.LOOKING
    frames: tuple[FrameMeasurement, ...] = field(default=(), repr=False)
    recording_since: float | None = None
    last_needed: float | None = None


def start_recording(guidance: LiveGuidance, timestamp: float) -> LiveGuidance:
    """From this timestamp on, in seconds, face and light must stay as they are."""
    return replace(guidance, recording_since=timestamp)


def look(guidance: LiveGuidance, frame: FrameMeasurement) -> LiveGuidance:
    """The guidance after another frame, of a higher timestamp than those before."""
    now = frame.timestamp
    before = [each for each in guidance.frames if each.timestamp <= now - LOOKED_BACK]
    within = [each for each in guidance.frames if each.timestamp > now - LOOKED_BACK]
    frames = (*before[-1:], *within, frame)
    found = _gravest([*within, frame], frames, guidance.recording_since)
    needed = now if guidance.last_needed is None else guidance.last_needed
    stays = _GRAVITY[found] < _GRAVITY[guidance.message] and now - needed < LEAST_SHOWN
    return replace(
        guidance,
        message=guidance.message if stays else found,
        frames=frames,
        last_needed=needed if stays else now,
    )


def _gravest(
    second: Sequence[FrameMeasurement],
    and_before: Sequence[FrameMeasurement],
    recording_since: float | None,
) -> Message:
    found = {
        *(reason for reason in faults_throughout(second) if reason not in _CHANGES),
        *timing_faults(second),
        # Once more with the frame before, without which a hole of over a second would not show.
        *timing_faults(and_before),
        *face_faults(measured_faces(second)),
    }
    if recording_since is not None:
        recorded = [each for each in and_before if each.timestamp >= recording_since]
        found |= _CHANGES & {*faults_throughout(recorded)}
    told = (MESSAGES[reason] for reason in Reason if reason in found)
    return next(told, Message.WELL)
