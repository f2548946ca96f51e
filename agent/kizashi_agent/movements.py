"""When an action unit moved: onset, apex and offset of each rise above the person's neutral face.

A movement's onset is the moment at which the unit, less its neutral level, passes 60 % of the
movement's plateau on its way up; its offset is the same on its way down. A share of the movement's
own size needs no scale: the moment is the same however strongly a head answers. It is not the first
sign of a movement, as a FACS coder marks it: that lies up to half a rise earlier (0.05 s in a
blink, 0.25 s in a slow smile), lost in the noise. Where a head's answer is curved (saturating, or
dead below some strength), onset and offset shift apart or together by a share of the rise.

The plateau is the median of what is above half the apex, not the apex, and 60 % is above the
middle, because other muscles make a course waver: speech lifts single samples of a smile, a blink pulls at
its foot. Both were chosen with the bundled clip in sight: at 50 % one smile of six moments, half as
strong as the others and begun in a blink, is 0.12 s late.

Give intensities that are not cut off at 0 (`ActionUnits.uncut`): a face may rest below it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kizashi_agent.resample import RATE, Booleans, Floats, stretches

LEAST_HEIGHT = 0.2
"""Of the 0-5 of an intensity; below it a rise is a wavering of the measurement (judgement)."""

PASSED = 0.6
"""Share of the plateau; see above (judgement)."""

LEAST_SHARE = 0.25
"""Of the track's largest rise: what another muscle nearby makes of a unit stays below (judgement).
Where one movement is very strong, those under a quarter of it are not counted."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One rise and fall of an action unit; seconds since the track's first sample.

    Attributes:
        onset: the share of the plateau is passed, rising; None where that was out of the camera's
            sight.
        apex: the greatest height, the first of equals.
        offset: the share is passed, falling; None likewise.
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
    one. Moments lie between samples on a straight line of means over three samples; where two
    movements run into each other, at the valley between them.

    Args:
        intensity: (n,) of a `Track`, best uncut, or any course at `RATE` samples a second.
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
    smooth = _mean_of_three(above)
    found = list(_apexes(above, least))
    valleys = [
        one + int(np.argmin(above[one : other + 1]))
        for one, other in pairwise(at for at, _ in found)
    ]
    for (apex, level), before, after in zip(
        found, [-1, *valleys], [*valleys, len(above)], strict=False
    ):
        # Seen from the apex both ways are the same; the way back runs through the mirrored course.
        onset = _moment(smooth[::-1], len(above) - 1 - apex, len(above) - 1 - before, level)
        offset = _moment(smooth, apex, after, level)
        yield Movement(
            onset=None if onset is None else (start + len(above) - 1 - onset) / RATE,
            apex=(start + apex) / RATE,
            offset=None if offset is None else (start + offset) / RATE,
            height=float(above[apex]),
        )


def _apexes(above: Floats, least: float) -> Iterator[tuple[int, float]]:
    """The sample of each movement's apex, and the level at which it begins and ends."""
    for apex in _summits(above, least):
        height = float(above[apex])
        first, last = _extent(above, apex)
        if height < above[first : last + 1].max() or height == above[first:apex].max(initial=0.0):
            continue  # beside a greater one, or the second of equals
        yield apex, PASSED * float(np.median(above[first : last + 1]))


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


def _moment(course: Floats, apex: int, border: int, level: float) -> float | None:
    """Where the course last has this level between the apex and the border, in samples.

    The border itself, a valley, where it never falls so low; None where the stretch ends first.
    """
    above = np.flatnonzero(course[apex:border] >= level)
    last = apex + int(above[-1]) if len(above) else apex
    if last + 1 >= len(course):
        return None
    if last + 1 >= border:
        return float(border)
    one, other = float(course[last]), float(course[last + 1])
    return last + (one - level) / (one - other) if one > level else float(last)


def _mean_of_three(values: Floats) -> Floats:
    """Each with its neighbours; the ends with themselves."""
    padded = np.pad(values, 1, mode="edge")
    mean: Floats = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return mean
