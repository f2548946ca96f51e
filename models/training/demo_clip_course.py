"""What the face of the demonstration clip is told to do, and when: the clip's truth.

Pure and without randomness: the course is written down here, not drawn.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

FRAMES_PER_SECOND = 30
NEUTRAL_SECONDS = 3.0
SECONDS = 13.5
FRAMES = round(SECONDS * FRAMES_PER_SECOND)


@dataclass(frozen=True, slots=True)
class Action:
    """One rise and fall of an action unit; times in seconds since the first frame.

    Attributes:
        unit: "AU12", "AU26" or "AU45".
        onset: the last moment at which the amount is still 0.
        apex: from here on the amount is `amount`.
        decline: from here on it falls.
        offset: from here on it is 0 again.
        amount: 0-1, share of the largest movement that the warp makes.
    """

    unit: str
    onset: float
    apex: float
    decline: float
    offset: float
    amount: float

    def at(self, time: float) -> float:
        """The amount at a time, in seconds: half a cosine up, a plateau, half a cosine down."""
        if time <= self.onset or time >= self.offset:
            return 0.0
        if time < self.apex:
            return self.amount * _ease((time - self.onset) / (self.apex - self.onset))
        if time <= self.decline:
            return self.amount
        return self.amount * _ease((self.offset - time) / (self.offset - self.decline))


@dataclass(frozen=True, slots=True)
class HeadMotion:
    """Where the head is held; nothing here is an action unit.

    Attributes:
        yaw: degrees.
        pitch: degrees, beyond the levelled portrait's.
        roll: degrees, beyond the portrait's.
        right: share of the face's width.
        down: share of the face's width.
        scale: 1 is the portrait's size.
    """

    yaw: float
    pitch: float
    roll: float
    right: float
    down: float
    scale: float


def _ease(share: float) -> float:
    return 0.5 - 0.5 * math.cos(math.pi * share)


def _blink(onset: float, amount: float = 1.0) -> Action:
    """Lids fall faster than they rise, as in people: 0.1 s down, 0.05 s shut, 0.2 s up."""
    return Action("AU45", onset, _r(onset + 0.1), _r(onset + 0.15), _r(onset + 0.35), amount)


def _phrase(onset: float, rate: float, amounts: tuple[float, ...]) -> tuple[Action, ...]:
    """Jaw movements one after the other, `rate` a second, none overlapping."""
    length = 1 / rate
    starts = [onset + index * length for index in range(len(amounts))]
    return tuple(
        Action("AU26", _r(s), _r(s + 0.42 * length), _r(s + 0.5 * length), _r(s + length), amount)
        for s, amount in zip(starts, amounts, strict=True)
    )


def _r(seconds: float) -> float:
    return round(seconds, 3)


ACTIONS: tuple[Action, ...] = (
    Action("AU12", 3.2, 3.7, 4.3, 5.1, 0.7),
    Action("AU12", 7.3, 7.8, 8.3, 8.9, 0.5),
    Action("AU12", 11.7, 12.2, 12.8, 13.3, 0.9),
    *_phrase(3.5, 3.6, (0.55, 0.9, 0.45, 0.75, 0.35, 0.8)),
    *_phrase(5.7, 4.2, (0.7, 0.4, 1.0, 0.55, 0.8)),
    *_phrase(7.5, 3.3, (0.85, 0.5, 0.95, 0.4, 0.7)),
    *_phrase(9.6, 4.6, (0.6, 0.9, 0.45, 0.75, 0.5, 1.0, 0.4, 0.6)),
    _blink(4.0),
    _blink(5.4),
    _blink(7.1),
    _blink(9.2),
    _blink(10.6),
    _blink(11.5),
)


MEANING = {
    "AU12": "1: the corners of the mouth as wide and high as in the photograph, lips closed",
    "AU26": "1: lower lip and chin as low as the warp takes them; AU25 goes with it throughout",
    "AU45": "1: the lids meet",
}


def amount(unit: str, time: float) -> float:
    """How much of an action unit is commanded at a time, 0-1; its actions never overlap."""
    return max(action.at(time) for action in ACTIONS if action.unit == unit)


def head_motion(time: float) -> HeadMotion:
    """A slow sway that begins with the speech and ends with the clip, stiller in the neutral."""
    life = 0.25 + 0.75 * _ease(min(max((time - NEUTRAL_SECONDS) / 0.8, 0.0), 1.0))
    wave = [math.sin(2 * math.pi * rate * time) for rate in (0.23, 0.31, 0.17, 0.41, 0.13, 0.55)]
    return HeadMotion(
        yaw=life * 2.6 * wave[0],
        pitch=life * (1.4 * wave[1] + 0.5 * wave[5]),
        roll=life * 1.6 * wave[2],
        right=life * 0.022 * wave[4],
        down=life * 0.012 * wave[3],
        scale=1 + life * 0.012 * wave[2],
    )


def as_truth() -> dict[str, Any]:
    """The course as it is written beside the clip."""
    times = [index / FRAMES_PER_SECOND for index in range(FRAMES)]
    return {
        "neutral": [0.0, NEUTRAL_SECONDS],
        "units": MEANING,
        "actions": [asdict(action) for action in sorted(ACTIONS, key=lambda a: (a.onset, a.unit))],
        "course": {unit: [round(amount(unit, time), 3) for time in times] for unit in MEANING},
    }
