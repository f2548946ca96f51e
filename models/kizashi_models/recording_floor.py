"""The least a recording must be for its summary to be scored.

The agent's gate refuses earlier and knows more, frame by frame. This looks at what a summary
still tells, so that a scorer never relies on a gate that ran on somebody else's machine.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from kizashi_protocol.summary import RecordingQuality

LEAST_DURATION = 8.0  # seconds with a measured face; the study this follows had 10 (judgement)
# 23.976 is film rate and must pass; slower, onsets blur and blinks fall between frames.
LEAST_FRAME_RATE = 23.5
# Judgement. A summary's figures are float32: .9 travels as slightly less than .9, and must pass.
LEAST_VALID_FRACTION = float(np.float32(0.9))
LONGEST_GAP = 0.5  # seconds; judgement
LEAST_FACE_WIDTH = 120.0  # pixels ear to ear; OpenFace's author, OpenFace issue 106
LARGEST_TYPICAL_TURN = 15.0  # degrees, median absolute yaw or pitch; judgement
DARKEST, BRIGHTEST = 60.0, 200.0  # median luma of the face, 0-255; judgement


class RecordingFault(StrEnum):
    """Why a recording cannot be scored."""

    TOO_SHORT = "too_short"
    TOO_FEW_FRAMES = "too_few_frames"
    FACE_LOST = "face_lost"
    FACE_TOO_SMALL = "face_too_small"
    HEAD_TURNED = "head_turned"
    LIGHT = "light"


def recording_faults(quality: RecordingQuality) -> tuple[RecordingFault, ...]:
    """Every reason not to score, in the order of `RecordingFault`; empty where there is none."""
    found = {
        RecordingFault.TOO_SHORT: quality.duration < LEAST_DURATION,
        RecordingFault.TOO_FEW_FRAMES: quality.frame_rate < LEAST_FRAME_RATE,
        RecordingFault.FACE_LOST: (
            quality.valid_fraction < LEAST_VALID_FRACTION or quality.longest_gap > LONGEST_GAP
        ),
        RecordingFault.FACE_TOO_SMALL: quality.face_width < LEAST_FACE_WIDTH,
        RecordingFault.HEAD_TURNED: (
            max(quality.absolute_yaw, quality.absolute_pitch) > LARGEST_TYPICAL_TURN
        ),
        RecordingFault.LIGHT: not DARKEST <= quality.face_luma <= BRIGHTEST,
    }
    return tuple(fault for fault, present in found.items() if present)
