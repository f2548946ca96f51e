"""The gate's verdict in words: what was wrong with a recording, and what to do about it."""

from collections.abc import Iterable

from kizashi_agent.errors import RecordingRefused
from kizashi_agent.quality import Caution, Reason, Verdict

_REASONS = {
    Reason.NO_FACE: "No face was found. Sit facing the camera, in view and in good light.",
    Reason.SEVERAL_FACES: "More than one face was in view. Be alone in the picture, without "
    "portraits or screens behind you.",
    Reason.FACE_CHANGED: "The face jumped, as if another person came or the video was cut. Record "
    "one person in one piece.",
    Reason.TOO_SHORT: "The self-introduction is too short. Speak for 10 seconds; 8 with the face "
    "in view are needed.",
    Reason.TOO_SHORT_AFTER_NEUTRAL: "Without its neutral seconds the recording is too short. "
    "Record longer (3 s at rest, then 10 s of speaking), or use --no-neutral.",
    Reason.NEUTRAL_TOO_SHORT: "The neutral part is too short. Name at least 1 second of it with "
    "--neutral START-END, or use --no-neutral.",
    Reason.TOO_LONG: "The recording is too long. Cut it to 2 minutes or less; 10 seconds are "
    "enough.",
    Reason.FRAME_RATE_LOW: "There are too few frames a second; 24 are needed. More light makes "
    "most cameras faster; close other programs that use the camera, and set it to 30.",
    Reason.FRAMES_MISSING: "For over half a second there were no frames. Close other programs, which "
    "may keep the camera or this laptop busy, and record again.",
    Reason.FACE_LOST: "The face was lost in over a tenth of the recording. Stay in view, and keep "
    "hands and hair away from the face.",
    Reason.FACE_LOST_AT_ONCE: "The face was lost for over half a second. Stay in view until the "
    "end.",
    Reason.FACE_TOO_SMALL: "The face is too small in the picture. Sit closer, or record in a "
    "higher resolution.",
    Reason.HEAD_TURNED: "The head is turned away most of the time. Put the camera at eye level and "
    "face it.",
    Reason.HEAD_TURNED_FAR: "The head was turned far away at some moment. Face the camera from "
    "beginning to end.",
    Reason.HEAD_TILTED: "The head was tilted far to the side. Hold it upright.",
    Reason.TOO_DARK: "The face is too dark. Turn a lamp or a window's light towards it.",
    Reason.TOO_BRIGHT: "The face is too bright. Move away from the lamp or window.",
    Reason.OVEREXPOSED: "Parts of the face are blown out. Soften the light, or turn from it.",
    Reason.LIGHT_CHANGED: "The light on the face changed suddenly. Keep lamps, screens and windows "
    "steady while recording.",
    Reason.MOUTH_COVERED: "The mouth seems to be covered. Take off a mask and keep hands and "
    "microphones away from it.",
}

_CAUTIONS = {
    Caution.FACE_SMALL: "The face is rather small in the picture; sitting closer makes the "
    "measurement steadier.",
    Caution.NEUTRAL_SPEAKING: "The mouth moved during the neutral seconds. Sit still and silent in "
    "them, or use --no-neutral.",
}


def refusal(verdict: Verdict) -> RecordingRefused:
    """The error that a verdict with reasons asks for."""
    return RecordingRefused(
        f"recording refused: {', '.join(verdict.reasons)}",
        " ".join(["This recording cannot be used.", *(_REASONS[each] for each in verdict.reasons)]),
        reasons=verdict.reasons,
    )


def advice(cautions: Iterable[Caution]) -> tuple[str, ...]:
    """A sentence for each."""
    return tuple(_CAUTIONS[each] for each in cautions)
