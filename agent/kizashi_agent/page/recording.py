"""A recording in the page, as a state: looked at, recorded, complete or interrupted.

Pure: a frame's moment goes in, then what was measured of it, and the next state comes out. While
the person arranges chair and lamp (`Preview`), measurements are forgotten but for the second that
guidance looks back on. A recording that is interrupted holds nothing: there is no way back to what
had been measured.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from kizashi_agent.live_guidance import LiveGuidance, look, start_recording
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.segments import DEFAULT_NEUTRAL, WARM_UP, recorded_seconds

NEUTRAL = DEFAULT_NEUTRAL
"""Of a recording in the page; its face at rest comes first."""

LONGEST_STALL = 3.0
"""Seconds without a frame after which a recording is given up: far beyond a hiccup, and half a
second is refused by the gate anyway (judgement)."""

_WHOLE = 6  # decimals of a second: a browser's timestamps are whole microseconds


class Phase(StrEnum):
    """What the person is doing."""

    PREVIEW = "preview"
    NEUTRAL = "neutral"
    SPEAKING = "speaking"
    DONE = "done"


class Interruption(StrEnum):
    """Why a recording was thrown away half-way."""

    STALLED = "STALLED"
    SLEPT = "SLEPT"
    HIDDEN = "HIDDEN"
    UNPLUGGED = "UNPLUGGED"
    STOPPED = "STOPPED"
    ANOTHER_TAB = "ANOTHER_TAB"
    CLOSED = "CLOSED"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a frame was taken and came.

    Attributes:
        timestamp: seconds on the camera's clock; higher than that of the frame before.
        captured: frames that the browser has shown so far, this one among them.
        arrived: seconds of the clock on the wall, which goes on while a laptop sleeps.
    """

    timestamp: float
    captured: int
    arrived: float


@dataclass(frozen=True, slots=True)
class Preview:
    """Nothing is recorded; the person is guided.

    Attributes:
        guidance: what to tell them.
        since: timestamp of the first frame, seconds; None before it.
        asked: whether a recording shall begin as soon as the camera has warmed up.
    """

    guidance: LiveGuidance = field(default=LiveGuidance(), repr=False)
    since: float | None = None
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """A recording under way.

    Attributes:
        guidance: what to tell the person.
        first: of its first frame.
        last: of its newest frame.
        measurements: from the first frame on, at timestamps that start at 0.
    """

    guidance: LiveGuidance = field(repr=False)
    first: Moment
    last: Moment
    measurements: tuple[FrameMeasurement, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Complete:
    """A whole recording, not yet judged.

    Attributes:
        measurements: of its frames, the first at 0 s.
        dropped: how many frames the browser showed meanwhile that were not measured.
    """

    measurements: tuple[FrameMeasurement, ...] = field(repr=False)
    dropped: int


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A recording that was thrown away."""

    reason: Interruption


Live = Preview | Running
State = Live | Complete | Interrupted


def ask(state: Live) -> Live:
    """Begins a recording with the next frame of a warmed-up camera; a running one runs on."""
    return replace(state, asked=True) if isinstance(state, Preview) else state


def arrive(state: Live, moment: Moment) -> State:
    """The state that a frame meets when it comes, before it is measured.

    A frame at or after the recording's end completes it and belongs to it no more, as with a
    camera at the terminal.
    """
    match state:
        case Preview():
            since = moment.timestamp if state.since is None else state.since
            if state.asked and moment.timestamp - since >= WARM_UP:
                guidance = start_recording(state.guidance, moment.timestamp)
                return Running(guidance, moment, moment)
            return replace(state, since=since)
        case Running():
            if moment.timestamp - state.last.timestamp > LONGEST_STALL:
                return Interrupted(Interruption.STALLED)
            if abs(moment.arrived - state.last.arrived) > LONGEST_STALL:
                return Interrupted(Interruption.SLEPT)
            if _since(state.first, moment.timestamp) >= recorded_seconds(NEUTRAL):
                shown = state.last.captured - state.first.captured + 1
                return Complete(state.measurements, max(0, shown - len(state.measurements)))
            return replace(state, last=moment)
        case _:
            assert_never(state)


def take(state: Live, measurement: FrameMeasurement) -> Live:
    """The state after the frame that `arrive` was told of has been measured."""
    guided = replace(state, guidance=look(state.guidance, measurement))
    if isinstance(guided, Preview):
        return guided
    recorded = replace(
        measurement,
        index=len(guided.measurements),
        timestamp=_since(guided.first, measurement.timestamp),
    )
    return replace(guided, measurements=(*guided.measurements, recorded))


def begins(state: State) -> bool:
    """Whether the frame to be measured next is the first of a recording."""
    return isinstance(state, Running) and not state.measurements


def phase(state: State) -> Phase:
    """What the person is doing now."""
    match state:
        case Running():
            at_rest = 0.0 if NEUTRAL is None else NEUTRAL.end
            spoken = _since(state.first, state.last.timestamp) >= at_rest
            return Phase.SPEAKING if spoken else Phase.NEUTRAL
        case Complete():
            return Phase.DONE
        case _:
            return Phase.PREVIEW


def ends_at(state: State) -> float | None:
    """The timestamp on the camera's clock at which the phase ends; None where it has no end."""
    if not isinstance(state, Running):
        return None
    at_rest = 0.0 if NEUTRAL is None else NEUTRAL.end
    length = at_rest if phase(state) is Phase.NEUTRAL else recorded_seconds(NEUTRAL)
    return state.first.timestamp + length


def _since(first: Moment, timestamp: float) -> float:
    return round(timestamp - first.timestamp, _WHOLE)
