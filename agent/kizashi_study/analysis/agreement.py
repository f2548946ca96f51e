"""Whether raters agree: the intraclass correlation of Shrout and Fleiss 1979.

Two-way random, absolute (doi 10.1037/0033-2909.86.2.420): ICC(2,1) of one rater and ICC(2,k) of the
mean of all, with the intervals given there; mean squares are statsmodels'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from kizashi_study.analysis.comparisons import CONFIDENCE, ROUNDING


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of raters on one item: of a single rater, and of the mean of all, each with its interval.

    Attributes:
        item: of `ITEMS`.
        single: ICC(2,1); single_low and single_high are its 95 % interval.
        mean: ICC(2,k), by Spearman and Brown from the single one. It has a pole where
            1 + (k - 1) single is 0, and nothing is said below it: None, of it or of its interval.
    """

    item: str
    single: float
    single_low: float
    single_high: float
    mean: float | None
    mean_low: float | None
    mean_high: float | None


def intraclass(item: str, scores: NDArray[np.float64]) -> Agreement | str:
    """ICC(2,1) and ICC(2,k) of scores, (people, raters), two or more of each; or why there is none."""
    n, k = scores.shape
    long = pd.DataFrame(
        {
            "score": scores.ravel(),
            "person": np.repeat(np.arange(n), k),
            "rater": np.tile(np.arange(k), n),
        }
    )
    squares = anova_lm(ols("score ~ C(person) + C(rater)", long).fit())["mean_sq"]
    between, raters, error = (
        float(squares[name]) for name in ("C(person)", "C(rater)", "Residual")
    )
    if between <= ROUNDING:
        return "nobody is rated differently from anybody"
    if error <= ROUNDING:
        return "raters differ in their level at most, which leaves no error to measure agreement by"
    spread = k * raters + (k * n - k - n) * error
    single = (between - error) / (between + (k - 1) * error + k * (raters - error) / n)
    # Satterthwaite's degrees of freedom of the denominator, and from them the F of either end.
    f, upper = raters / error, n * (1 + (k - 1) * single) - k * single
    df = ((k - 1) * (n - 1) * (k * single * f + upper) ** 2) / (
        (n - 1) * k**2 * single**2 * f**2 + upper**2
    )
    tail = (1 - CONFIDENCE) / 2
    below, above = stats.f.isf(tail, n - 1, df), stats.f.isf(tail, df, n - 1)
    low = n * (between - below * error) / (below * spread + n * between)
    high = n * (above * between - error) / (spread + n * above * between)
    mean_low, mean_high = _of_mean(low, k), _of_mean(high, k)
    if mean_low is None:
        mean_high = None
    return Agreement(
        item, single, float(low), float(high), _of_mean(single, k), mean_low, mean_high
    )


def _of_mean(single: float, raters: int) -> float | None:
    """Spearman and Brown's; None at the pole and below."""
    below = 1 + (raters - 1) * single
    return float(raters * single / below) if below > ROUNDING else None
