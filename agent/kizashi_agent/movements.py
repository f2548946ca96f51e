"""When an action unit moved: onset, apex and offset of each rise above the person's neutral face.

A movement's onset is the moment at which the intensity, less its neutral level, passes half of
the movement's own height on its way up; its offset is the same on its way down. Half the height is
where a rise is steepest, so that noise moves the moment least, and it needs no scale: the moment
is the same however strongly a head answers. It is not the first sign of a movement, as a FACS coder
marks it: that lies up to half a rise earlier (0.05 s in a blink, 0.25 s in a slow smile), lost in
the noise. Where a head's answer is curved (saturating, or dead below some strength), onset and
offset shift apart or together by a share of the rise.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kizashi_agent.resample import RATE, Booleans, Floats, stretches

LEAST_HEIGHT = 0.2
"""Of the 0-5 of an intensity; below it a rise is a wavering of the measurement (judgement)."""

LEAST_SHARE = 0.25
"""Of the track's largest rise: what another muscle nearby makes of a unit stays below (judgement).
Where one movement is very strong, those under a quarter of it are not counted."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One rise and fall of an action unit; seconds since the track's first sample.

    Attributes:
        onset: half the height is passed, rising; None where that was out of the camera's sight.
        apex: the greatest height, the first of equals.
        offset: half the height is passed, falling; None likewise.
        height: intensity at the apex less the neutral level, above 0; of a movement that was
            partly out of sight, of what was seen.
    """

    onset: float | None
    apex: float
    offset: float | None
    height: float


def movements(intensity: Floats, valid: Booleans, neutral_level: float) -> tuple[Movement, ...]:
    """The movements of one action unit, in order of time.

    A rise is a movement of its own when the intensity falls below half of its height on both
    sides before it rises higher. A lesser rise that is not is passed over: it rides on a greater
    one. Moments lie between samples on a straight line.

    Args:
        intensity: (n,) of a `Track`, or any course at `RATE` samples a second.
        valid: (n,) whether it was measured; a movement does not reach across a gap.
        neutral_level: of the same unit at rest; see `resting_intensities`.
    """
    above = intensity - neutral_level
    if not valid.any():
        return ()
    least = max(LEAST_HEIGHT, LEAST_SHARE * float(above[valid].max()))
    return tuple(
        movement
        for stretch in stretches(valid)
        for movement in _movements(above[stretch], stretch.start, least)
    )


def _movements(above: Floats, start: int, least: float) -> Iterator[Movement]:
    """Those of one unbroken stretch that begins at the sample `start`."""
    for apex in _summits(above, least):
        height = float(above[apex])
        first, last = _extent(above, apex)
        if height < above[first : last + 1].max() or height == above[first:apex].max(initial=0.0):
            continue  # beside a greater one, or the second of equals
        rises, falls = first > 0, last + 1 < len(above)
        yield Movement(
            onset=(start + _crossing(above, first - 1, height / 2)) / RATE if rises else None,
            apex=(start + apex) / RATE,
            offset=(start + _crossing(above, last, height / 2)) / RATE if falls else None,
            height=height,
        )


def _summits(above: Floats, least: float) -> list[int]:
    """Samples of at least this height, above the one before and not below the one after."""
    before, after = np.append(-np.inf, above[:-1]), np.append(above[1:], -np.inf)
    return np.flatnonzero((above >= least) & (above > before) & (above >= after)).tolist()


def _extent(above: Floats, apex: int) -> tuple[int, int]:
    """The first and last sample around it from which on half its height is kept."""
    half = above[apex] / 2
    first = last = apex
    while first > 0 and above[first - 1] >= half:
        first -= 1
    while last + 1 < len(above) and above[last + 1] >= half:
        last += 1
    return first, last


def _crossing(above: Floats, sample: int, level: float) -> float:
    """Where the line from this sample to the next has this level, in samples."""
    one, other = float(above[sample]), float(above[sample + 1])
    return sample + (level - one) / (other - one)
