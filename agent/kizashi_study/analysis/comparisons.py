"""Two groups in one measure after the other: Welch's test, Cohen's d, and false discoveries.

Welch's test and intervals of the difference are scipy's; adjusted p values (q) are statsmodels'
Benjamini-Hochberg. Cohen's d is the difference over the pooled standard deviation, and its interval
holds every d under which the t found is no rarer than 2.5 % on either side (noncentral t).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests

from kizashi_study.analysis.clip_profile import INTENSITIES, PRESENCES
from kizashi_study.analysis.people import People
from kizashi_study.errors import NothingToCompare

CONFIDENCE = 0.95

DISCOVERY = 0.05
"""Of q: within one family of tests, false findings are one in twenty of all findings at most, on
average over many such studies."""

ROUNDING = 1e-9
"""In a measure's unit: means of equal values over different numbers of frames differ by less."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second group against the first in one measure.

    Attributes:
        measure: such as "AU01_r".
        first_n: people of the first group.
        first_mean: of them, in the measure's unit.
        first_sd: standard deviation.
        second_n: people of the second.
        second_mean: of them.
        second_sd: standard deviation.
        difference: second less first; low and high are its 95 % interval.
        t: Welch's, with df degrees of freedom; p is two-sided.
        q: p adjusted over the family of measures (intensities, or presences).
        d: Cohen's; d_low and d_high are its 95 % interval, None where it is not determined.
    """

    measure: str
    first_n: int
    first_mean: float
    first_sd: float
    second_n: int
    second_mean: float
    second_sd: float
    difference: float
    low: float
    high: float
    t: float
    df: float
    p: float
    q: float
    d: float
    d_low: float | None
    d_high: float | None


Tested = TypeVar("Tested", bound=Any)
"""Any dataclass with p and q."""


@dataclass(frozen=True, slots=True)
class Comparisons:
    """All comparisons, and the measures in which nobody differs, so that nothing can be compared."""

    intensities: tuple[Comparison, ...]
    presences: tuple[Comparison, ...]
    constant: tuple[str, ...]


def compare_all(people: People) -> Comparisons:
    """Every intensity and every presence; q within each of the two families.

    Raises:
        NothingToCompare: nobody of a group differs in any of them.
    """
    families: list[tuple[Comparison, ...]] = []
    constant: list[str] = []
    for measures in (INTENSITIES, PRESENCES):
        found = []
        for measure in measures:
            values = people.of(measure)
            first, second = values[~people.in_second], values[people.in_second]
            if not (differ(first) and differ(second)):
                constant.append(measure)
                continue
            found.append(compare(measure, first, second))
        families.append(with_q(found))
    if not any(families):
        raise NothingToCompare(
            "Within a group nobody differs from anybody in any measure, so that nothing can be "
            "compared. Nothing was worked out."
        )
    return Comparisons(families[0], families[1], tuple(constant))


def differ(values: NDArray[np.float64]) -> bool:
    """Whether they do, by more than rounding."""
    return len(values) > 0 and float(np.ptp(values)) > ROUNDING


def compare(measure: str, first: NDArray[np.float64], second: NDArray[np.float64]) -> Comparison:
    """One measure; q is p until `with_q` adjusts it. Neither group may be constant."""
    test = stats.ttest_ind(second, first, equal_var=False)
    interval = test.confidence_interval(CONFIDENCE)
    d, *ends = cohens_d(first, second)
    d_low, d_high = map(determined, ends)
    return Comparison(
        measure=measure,
        first_n=len(first),
        second_n=len(second),
        first_mean=float(first.mean()),
        first_sd=float(first.std(ddof=1)),
        second_mean=float(second.mean()),
        second_sd=float(second.std(ddof=1)),
        difference=float(second.mean() - first.mean()),
        low=float(interval.low),
        high=float(interval.high),
        t=float(test.statistic),
        df=float(test.df),
        p=float(test.pvalue),
        q=float(test.pvalue),
        d=d,
        d_low=d_low,
        d_high=d_high,
    )


def with_q(tests: Sequence[Tested]) -> tuple[Tested, ...]:
    """The same tests, each with the q of its p over all of them."""
    adjusted = adjust([each.p for each in tests])
    return tuple(replace(each, q=float(q)) for each, q in zip(tests, adjusted, strict=True))


def determined(end: float) -> float | None:
    """An end of an interval; None for what is not a number."""
    return None if math.isnan(end) else end


def adjust(p_values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """The q of each p by Benjamini and Hochberg; none of none."""
    if len(p_values) == 0:
        return np.zeros(0)
    return np.asarray(multipletests(p_values, method="fdr_bh")[1], np.float64)


def cohens_d(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float, float]:
    """Cohen's d of the second against the first, and the ends of its 95 % interval.

    Both ends are not a number where the noncentral t cannot be worked out, as for a d of 8 in six
    people.
    """
    n1, n2 = len(first), len(second)
    pooled = np.sqrt(((n1 - 1) * first.var(ddof=1) + (n2 - 1) * second.var(ddof=1)) / (n1 + n2 - 2))
    d = float((second.mean() - first.mean()) / pooled)
    scale = float(np.sqrt(n1 * n2 / (n1 + n2)))
    t = d * scale
    df = n1 + n2 - 2
    reach = 6 * np.sqrt(1 + t**2 / (2 * df))  # six standard errors: nothing is left beyond
    low, high = noncentrality_interval(
        lambda shift: float(stats.nct.cdf(t, df, shift)), t - reach, t + reach
    )
    return d, low / scale, high / scale


def noncentrality_interval(
    probability: Callable[[float], float], lowest: float, highest: float
) -> tuple[float, float]:
    """The noncentralities under which what was found has a probability of .975 and of .025.

    Both are not a number where they cannot be worked out, and where even `lowest` makes what was
    found as rare as that: no interval that were empty is told.

    Args:
        probability: of finding at most what was found; it falls as the noncentrality grows.
        lowest: where to look from; it stands for a lower end that would lie below.
        highest: where to look to.
    """
    tail = (1 - CONFIDENCE) / 2
    at_lowest = probability(lowest)
    try:
        high = optimize.brentq(lambda shift: probability(shift) - tail, lowest, highest)
        if at_lowest <= 1 - tail:
            return lowest, float(high)
        low = optimize.brentq(lambda shift: probability(shift) - (1 - tail), lowest, highest)
    except ValueError:  # it is not a number somewhere between, or crosses nowhere
        return math.nan, math.nan
    return float(low), float(high)
