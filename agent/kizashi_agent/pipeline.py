"""The way of the data on the laptop: frames -> landmarks -> action units -> gate -> summary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kizashi_protocol import Summary

from kizashi_agent.capture import FrameSource
from kizashi_agent.extractor import Extractor
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.quality import LONGEST_RECORDING, Caution, judge
from kizashi_agent.refusal import refusal
from kizashi_agent.segments import LONGEST_NEUTRAL, Neutral, split
from kizashi_agent.summarise import summarise

LAST_MOMENT = LONGEST_NEUTRAL + LONGEST_RECORDING + 1.0
"""Seconds; beyond it the gate refuses whatever comes, so nothing more is read."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A recording that passed the gate.

    Attributes:
        summary: all that goes on from here.
        frames: how many frames were measured and thrown away.
        cautions: what to say of a recording that is fit, but only just.
    """

    summary: Summary = field(repr=False)
    frames: int
    cautions: tuple[Caution, ...]


def measure(
    source: FrameSource,
    extractor: Extractor,
    neutral: Neutral,
    watch: Callable[[int], None],
) -> Measured:
    """Measures a recording frame by frame; each frame is gone before the next is read.

    Args:
        source: of frames; read to its end, or until it is too long.
        extractor: fresh, or restarted.
        neutral: which seconds are the silent neutral face.
        watch: told how many frames have been measured, for a progress bar.

    Raises:
        InputError: the source gives no recording.
        RecordingRefused: the recording is not fit; every reason is named.
    """
    measurements = []
    for frame in source:
        measurements.append(extractor.measure(frame))
        watch(len(measurements))
        if frame.timestamp > LAST_MOMENT:
            break
    return conclude(measurements, neutral, extractor.extractor_id)


def conclude(
    measurements: Sequence[FrameMeasurement], neutral: Neutral, extractor_id: str
) -> Measured:
    """What a recording comes to, wherever its frames came from: the gate's word, then the summary.

    Args:
        measurements: of every frame in order of time, the first at 0 s.
        neutral: which seconds are the silent neutral face.
        extractor_id: what measured them.

    Raises:
        RecordingRefused: the recording is not fit; every reason is named.
    """
    segments = split(measurements, neutral)
    verdict = judge(segments)
    if not verdict.passed:
        raise refusal(verdict)
    summary = summarise(segments.introduction, segments.neutral, extractor_id)
    return Measured(summary, len(measurements), verdict.cautions)
