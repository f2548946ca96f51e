"""Which part of a recording is the silent neutral face and which the self-introduction."""

from collections.abc import Sequence
from dataclasses import dataclass

from kizashi_agent.errors import InputError
from kizashi_agent.measurement import FrameMeasurement

LONGEST_NEUTRAL = 60.0
"""Seconds; the largest `neutral_duration` that a summary can hold."""


@dataclass(frozen=True, slots=True)
class NeutralWindow:
    """The seconds in which the face is at rest; the end is not part of it.

    Attributes:
        start: seconds since the first frame, 0 and up.
        end: seconds since the first frame, after start, at most `LONGEST_NEUTRAL` after it.

    Raises:
        InputError: NEUTRAL_WINDOW, the seconds are not such.
    """

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= self.start + LONGEST_NEUTRAL:
            raise _unusable(
                f"The neutral part {self.start:g}-{self.end:g} does not work: name a start of 0 s "
                f"or later and an end up to {LONGEST_NEUTRAL:.0f} s after it, such as 0-3."
            )


Neutral = NeutralWindow | None
"""Where the neutral part is; None where there is none."""

DEFAULT_NEUTRAL: Neutral = NeutralWindow(0.0, 3.0)
"""The neutral part unless another is named: it outlasts a blink, and three seconds are easy to
sit still for."""

NO_NEUTRAL: Neutral = None
"""All of the recording is the self-introduction."""

WARM_UP = 1.0
"""Seconds of a camera that are thrown away first: it sets its exposure in them, and its
first frames are dark."""

INTRODUCTION_SECONDS = 10.5
"""Recorded from a camera: the study's ten seconds, and a half for a late start."""


def recorded_seconds(neutral: Neutral) -> float:
    """How long a camera records, in seconds: up to the neutral part's end, and the introduction."""
    return INTRODUCTION_SECONDS + (neutral.end if neutral else 0.0)


def parse_neutral(text: str) -> NeutralWindow:
    """Reads START-END in seconds, such as "0-3" or "1.5-4".

    Raises:
        InputError: NEUTRAL_WINDOW, the text is not that.
    """
    start, _, end = text.partition("-")
    try:
        seconds = (float(start), float(end))
    except ValueError:
        raise _unusable(f"{text!r} is not START-END in seconds; write it like 0-3.") from None
    return NeutralWindow(*seconds)


@dataclass(frozen=True, slots=True)
class Segments:
    """A recording in its parts, each in order of time.

    Attributes:
        neutral: the frames at rest; None when none were asked for.
        introduction: the frames in which the person speaks.
    """

    neutral: tuple[FrameMeasurement, ...] | None
    introduction: tuple[FrameMeasurement, ...]


def split(frames: Sequence[FrameMeasurement], neutral: Neutral) -> Segments:
    """Cuts a recording in its parts.

    The introduction is what comes after the neutral part, or what comes before it where that is
    longer; it is never put together of two pieces. With no neutral part it is everything.
    """
    if neutral is None:
        return Segments(None, tuple(frames))
    before = tuple(each for each in frames if each.timestamp < neutral.start)
    after = tuple(each for each in frames if each.timestamp >= neutral.end)
    at_rest = tuple(each for each in frames if neutral.start <= each.timestamp < neutral.end)
    return Segments(at_rest, before if _span(before) > _span(after) else after)


def _span(frames: Sequence[FrameMeasurement]) -> float:
    return frames[-1].timestamp - frames[0].timestamp if frames else 0.0


def _unusable(person: str) -> InputError:
    return InputError("the neutral window is unusable", person, reason="NEUTRAL_WINDOW")
