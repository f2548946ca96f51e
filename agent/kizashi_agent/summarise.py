"""From the measurements of a recording to its summary: the last step before sealing."""

from collections.abc import Sequence

import numpy as np
from kizashi_protocol.summary import (
    INTENSITY_UNITS,
    MODE_STATIC,
    PRESENCE_UNITS,
    ActionUnitFigures,
    HeadMotion,
    RecordingQuality,
    Summary,
)

from kizashi_agent.events import LIPS_PARTED, blinks, mean_head_speed, onsets, speaking
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.recording_figures import measured_faces, timing, typical_face
from kizashi_agent.resample import RATE, Booleans, Floats, Track, resample

_HIGHEST_BLINK_RATE = 120.0  # a minute; the range of the field: faster is counted as this
_HIGHEST_HEAD_SPEED = 1000.0  # degrees per second; likewise


def summarise(
    introduction: Sequence[FrameMeasurement],
    neutral: Sequence[FrameMeasurement] | None,
    extractor_id: str,
) -> Summary:
    """The summary of a recording; what each figure means stands in summary.proto.

    Frames without a face are dropped before any mean, and every figure of movement is taken from
    samples at an even 30 a second, so that the camera's rate does not show in it.

    Args:
        introduction: the frames of the self-introduction in order of time; the recording gate has
            let them pass.
        neutral: the frames at rest, likewise; None when there are none.
        extractor_id: what measured the action units.

    Raises:
        ValueError: a half of the introduction, or the neutral part, has no valid frame.
        MalformedMessage: a figure leaves its range, as a recording of over 120 s does.
    """
    track = resample(introduction)
    minutes = np.count_nonzero(track.valid) / RATE / 60
    closing = track.intensities[:, INTENSITY_UNITS.index(45)]
    return Summary(
        extractor_id=extractor_id,
        mode=MODE_STATIC,
        action_units=_action_units(
            track, None if neutral is None else resting_intensities(neutral)
        ),
        blink_rate=min(blinks(closing, track.valid) / minutes, _HIGHEST_BLINK_RATE),
        mouth_open_fraction=float(np.mean(track.mouth_open[track.valid] > LIPS_PARTED)),
        speaking_fraction=float(np.mean(speaking(track)[track.valid])),
        head_motion=_head_motion(track),
        quality=_quality(introduction, neutral),
    )


def resting_intensities(neutral: Sequence[FrameMeasurement]) -> Floats:
    """(17,) mean intensities of the neutral part: what "baseline-subtracted" subtracts.

    Raises:
        ValueError: it has no valid frame.
    """
    track = resample(neutral) if neutral else None
    if track is None or not track.valid.any():
        raise ValueError("the neutral part has no valid frame")
    mean: Floats = track.intensities[track.valid].mean(axis=0)
    return mean


def _action_units(track: Track, at_rest: Floats | None) -> tuple[ActionUnitFigures, ...]:
    first = np.arange(len(track.valid)) < len(track.valid) / 2
    halves = (track.valid & first, track.valid & ~first)
    if not all(half.any() for half in halves):
        raise ValueError("a half of the introduction has no valid frame")
    return tuple(_figures(unit, track, halves, at_rest) for unit in PRESENCE_UNITS)


def _figures(
    unit: int, track: Track, halves: tuple[Booleans, Booleans], at_rest: Floats | None
) -> ActionUnitFigures:
    column = INTENSITY_UNITS.index(unit) if unit in INTENSITY_UNITS else None
    intensity = np.zeros(len(track.valid)) if column is None else track.intensities[:, column]
    present = track.presences[:, PRESENCE_UNITS.index(unit)]
    values = intensity[track.valid]
    percentiles = np.percentile(values, (10, 50, 90)).tolist()
    minutes = len(values) / RATE / 60
    baseline = None if at_rest is None or column is None else float(at_rest[column])
    return ActionUnitFigures(
        action_unit=unit,
        mean=float(values.mean()),
        standard_deviation=float(values.std()),
        percentile_10=percentiles[0],
        percentile_50=percentiles[1],
        percentile_90=percentiles[2],
        first_half_mean=float(intensity[halves[0]].mean()),
        second_half_mean=float(intensity[halves[1]].mean()),
        presence_rate=float(present[track.valid].mean()),
        first_half_presence_rate=float(present[halves[0]].mean()),
        second_half_presence_rate=float(present[halves[1]].mean()),
        onset_rate=onsets(present, track.valid) / minutes,
        baseline_subtracted_mean=None if baseline is None else float(values.mean()) - baseline,
    )


def _head_motion(track: Track) -> HeadMotion:
    yaw, pitch, roll = track.head_pose[track.valid].std(axis=0).tolist()
    return HeadMotion(
        yaw_standard_deviation=yaw,
        pitch_standard_deviation=pitch,
        roll_standard_deviation=roll,
        mean_speed=min(mean_head_speed(track), _HIGHEST_HEAD_SPEED),
    )


def _quality(
    introduction: Sequence[FrameMeasurement], neutral: Sequence[FrameMeasurement] | None
) -> RecordingQuality:
    times = timing(introduction)
    face = typical_face(measured_faces(introduction))
    return RecordingQuality(
        duration=times.duration,
        frame_rate=times.frame_rate,
        valid_fraction=times.valid_fraction,
        longest_gap=times.longest_gap,
        face_width=face.face_width,
        absolute_yaw=face.absolute_yaw,
        absolute_pitch=face.absolute_pitch,
        face_luma=face.luma,
        neutral_duration=timing(neutral).duration if neutral else 0.0,
    )
