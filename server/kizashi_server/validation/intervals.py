"""Figures of a binary test, each with its 95 % interval and the number it rests on.

A figure that no interval can be given for is None: it is not established, and no number stands in
for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from kizashi_models.validation import Estimate
from kizashi_models.wilson import wilson_interval
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm
from statsmodels.stats.nonparametric import rank_compare_2indep

Z_95 = float(norm.ppf(0.975))


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with its interval.

    Attributes:
        estimate: value and 95 % interval.
        n: people it rests on.
    """

    estimate: Estimate
    n: int


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Who was a case, against who had the band "more"."""

    true_positives: int = field(repr=False)
    false_negatives: int = field(repr=False)
    false_positives: int = field(repr=False)
    true_negatives: int = field(repr=False)

    @property
    def cases(self) -> int:
        """People at or above the questionnaire's cut."""
        return self.true_positives + self.false_negatives

    @property
    def others(self) -> int:
        """People below it."""
        return self.false_positives + self.true_negatives

    @property
    def flagged(self) -> int:
        """People with the band "more"."""
        return self.true_positives + self.false_positives

    @property
    def people(self) -> int:
        """Everybody in the table."""
        return self.cases + self.others


def cross_table(cases: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> CrossTable:
    """Counts people; both arrays have shape (people,)."""
    return CrossTable(
        true_positives=int((cases & flagged).sum()),
        false_negatives=int((cases & ~flagged).sum()),
        false_positives=int((~cases & flagged).sum()),
        true_negatives=int((~cases & ~flagged).sum()),
    )


def proportion(count: int, n: int) -> Measured | None:
    """A share with Wilson's score interval; None of nobody."""
    if n == 0:
        return None
    return Measured(Estimate(count / n, *wilson_interval(count / n, n)), n)


def area(cases: NDArray[np.bool_], composite: NDArray[np.float64]) -> Measured | None:
    """The area under the ROC curve, on DeLong's standard error.

    The area is the probability that a case's composite lies above another person's, ties counting
    half; the variance of its placements, which Brunner and Munzel give, is DeLong's (Biometrics
    1988;44:837). The interval is made on the logit scale, so that it stays between 0 and 1. Where
    the composite tells all apart or none, or with fewer than two of either, there is no interval.
    """
    few = min(cases.sum(), (~cases).sum()) < 2
    if few or np.ptp(composite) == 0 or tells_apart(cases, composite):
        return None
    compared = rank_compare_2indep(composite[cases], composite[~cases], use_t=False)
    value, variance = float(compared.prob1), float(compared.var_prob)
    return Measured(_by_logit(value, math.sqrt(variance) / (value * (1 - value))), len(cases))


def tells_apart(cases: NDArray[np.bool_], values: NDArray[np.float64]) -> bool:
    """Whether no case's value lies on the others' side of a line, or the other way round."""
    of_cases, of_others = values[cases], values[~cases]
    return bool(of_cases.min() >= of_others.max() or of_others.min() >= of_cases.max())


def predictive_values(
    table: CrossTable, prevalence: float | None
) -> tuple[Measured | None, Measured | None]:
    """What a flag, and what no flag, is worth: positive and negative predictive value.

    Args:
        table: who was what.
        prevalence: of the people the scorer is for, 0 to 1, taken as known; then by the logit
            method (Mercaldo, Lau and Zhou, Stat Med 2007;26:2170). None takes these people as a
            sample of them: then each value is a share of theirs, with Wilson's interval.
    """
    positives, negatives = table.flagged, table.people - table.flagged
    if prevalence is None:
        return (
            proportion(table.true_positives, positives),
            proportion(table.true_negatives, negatives),
        )
    cells = (
        table.true_positives,
        table.false_negatives,
        table.false_positives,
        table.true_negatives,
    )
    if 0 in cells:
        return None, None
    found, missed = (count / table.cases for count in cells[:2])
    wrong, right = (count / table.others for count in cells[2:])
    ahead = logit(prevalence)
    positive = _by_logit(
        expit(ahead + math.log(found / wrong)),
        math.sqrt(missed / (found * table.cases) + right / (wrong * table.others)),
    )
    negative = _by_logit(
        expit(-ahead + math.log(right / missed)),
        math.sqrt(found / (missed * table.cases) + wrong / (right * table.others)),
    )
    return Measured(positive, table.people), Measured(negative, table.people)


def _by_logit(value: float, error: float) -> Estimate:
    """The interval of a share from the standard error of its logit."""
    centre = logit(value)
    low, high = (float(expit(centre + side * Z_95 * error)) for side in (-1, 1))
    return Estimate(float(value), low, high)
