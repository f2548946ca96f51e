"""Measures against the questionnaire's total, over everybody who has one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kizashi_study.analysis.clip_profile import INTENSITIES, PRESENCES
from kizashi_study.analysis.comparisons import CONFIDENCE, differ, with_q
from kizashi_study.analysis.people import People

LEAST_PAIRS = 10
"""People with a total. Judgement: the interval of a correlation of fewer spans nearly everything."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's r of a measure with the total.

    Attributes:
        measure: such as "AU01_r".
        people: with both.
        r: low and high are its 95 % interval.
        p: two-sided.
        q: p adjusted over the family of measures.
    """

    measure: str
    people: int
    r: float
    low: float
    high: float
    p: float
    q: float


def correlate_all(people: People) -> tuple[Correlation, ...]:
    """Intensities and presences, q within each of the two; none where `why_none` says so.

    Measures in which nobody differs are left out.
    """
    if why_none(people.totals):
        return ()
    answered = ~np.isnan(people.totals)
    found: list[Correlation] = []
    for measures in (INTENSITIES, PRESENCES):
        family = [
            correlate(measure, values, people.totals[answered])
            for measure in measures
            if differ(values := people.of(measure)[answered])
        ]
        found.extend(with_q(family))
    return tuple(found)


def why_none(totals: NDArray[np.float64]) -> str:
    """Why nothing is correlated with these totals, not a number where there is none; or empty."""
    told = totals[~np.isnan(totals)]
    if len(told) < LEAST_PAIRS:
        return f"{len(told)} told a total, and at least {LEAST_PAIRS} are needed."
    if not differ(told):
        return f"all {len(told)} totals are the same."
    return ""


def correlate(
    measure: str, values: NDArray[np.float64], totals: NDArray[np.float64]
) -> Correlation:
    """One correlation; its interval is by Fisher's transformation. q is p until `with_q`."""
    result = stats.pearsonr(values, totals)
    interval = result.confidence_interval(CONFIDENCE)
    p = float(result.pvalue)
    return Correlation(
        measure,
        len(totals),
        float(result.statistic),
        float(interval.low),
        float(interval.high),
        p,
        p,
    )
