"""What the people at hand could have shown, and how many would be needed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from statsmodels.stats.power import TTestIndPower

ALPHA = 0.05
WANTED_POWER = 0.8

EFFECTS = (0.25, 0.4, 0.5, 0.8)
"""Cohen's d. The first is what the research prior expects of a unit at best; five discoveries at
n = 64 (Sci Rep 2025;15:30761) imply .4 to .55, inflated by selection; .5 and .8 are the customary
medium and large."""


@dataclass(frozen=True, slots=True)
class Power:
    """For one effect, by a two-sided t test at alpha .05 without adjustment for many measures.

    Attributes:
        d: Cohen's.
        power: probability of finding it with the people at hand.
        people_a_group: needed in each of two equal groups for a power of .8.
    """

    d: float
    power: float
    people_a_group: int


@dataclass(frozen=True, slots=True)
class PowerTable:
    """Power for several effects, and the smallest effect that is found with a power of .8."""

    rows: tuple[Power, ...]
    smallest_d: float


def power_of(first: int, second: int) -> PowerTable:
    """Of two groups of these sizes, each 2 or more."""
    test, ratio = TTestIndPower(), second / first
    rows = tuple(
        Power(
            d,
            float(test.power(d, first, ALPHA, ratio)),
            math.ceil(test.solve_power(d, None, ALPHA, WANTED_POWER, 1.0)),
        )
        for d in EFFECTS
    )
    smallest = test.solve_power(None, first, ALPHA, WANTED_POWER, ratio)
    return PowerTable(rows, float(smallest))
