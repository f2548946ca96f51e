"""Measures against the questionnaire's total, over everybody who has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kizashi_study.analysis.clip_profile import INTENSITIES, PRESENCES
from kizashi_study.analysis.comparisons import CONFIDENCE, adjust
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
    """Intensities and presences, q within each of the two; none where too few have a total.

    Measures in which nobody differs, and all where nobody's total does, are left out.
    """
    answered = ~np.isnan(people.totals)
    totals = people.totals[answered]
    if len(totals) < LEAST_PAIRS or np.ptp(totals) == 0:
        return ()
    found: list[Correlation] = []
    for measures in (INTENSITIES, PRESENCES):
        family = [
            correlate(measure, people.of(measure)[answered], totals)
            for measure in measures
            if np.ptp(people.of(measure)[answered]) > 0
        ]
        found.extend(with_q(family))
    return tuple(found)


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


def with_q(correlations: Sequence[Correlation]) -> tuple[Correlation, ...]:
    """The same, with q over all of them by Benjamini and Hochberg."""
    adjusted = adjust([each.p for each in correlations])
    return tuple(replace(each, q=float(q)) for each, q in zip(correlations, adjusted, strict=True))
