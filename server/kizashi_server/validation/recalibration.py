"""Whether a scorer's probabilities are right: calibration curve, slope and intercept.

Only scorers with a probability have any of it. The slope is that of a logistic regression on the
probability's logit, 1 where probabilities are right, below 1 where they are too extreme. The
intercept is that of the regression with the logit as offset ("calibration in the large"), 0 where
they are right on average, below 0 where they are too high.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from kizashi_models.validation import LEAST_SHARE_PEOPLE, Estimate, Share
from numpy.typing import NDArray
from scipy.special import logit
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from kizashi_server.validation.intervals import Measured, proportion, tells_apart

MOST_SHARES = 5
"""Bins of the calibration curve: fifths, or fewer where fifths would be too small."""

# A probability of exactly 0 or 1 has no logit; float32 tells no closer.
_LEAST_PROBABILITY = 1e-7
# An interval that reaches further, or to no number at all, is none.
_LARGEST_COEFFICIENT = 1e6


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One bin of the calibration curve.

    Attributes:
        share: its range, people and cases, and their mean probability.
        observed: share of cases among them.
    """

    share: Share
    observed: Measured


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a scorer's probabilities compare with what was the case.

    Attributes:
        slope: None where the probabilities do not differ, or tell all apart, or it has no interval.
        intercept: with the slope held at 1; None where it has no interval.
        curve: from low to high; empty where there are fewer than `LEAST_SHARE_PEOPLE` people.
    """

    slope: Measured | None
    intercept: Measured | None
    curve: tuple[CurvePoint, ...] = field(default=())


def calibration(cases: NDArray[np.bool_], probability: NDArray[np.float64]) -> Calibration:
    """Slope, intercept and curve; both arrays have shape (people,), with cases and others."""
    logits = logit(np.clip(probability, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY))
    labels = cases.astype(np.float64)
    ones = np.ones_like(logits)
    slope = None
    if np.ptp(logits) > 0 and not tells_apart(cases, logits):
        slope = _coefficient(labels, np.column_stack([ones, logits]), None, 1)
    return Calibration(
        slope=slope,
        intercept=_coefficient(labels, ones[:, None], logits, 0),
        curve=tuple(_points(cases, probability)),
    )


def _coefficient(
    labels: NDArray[np.float64],
    columns: NDArray[np.float64],
    offset: NDArray[np.float64] | None,
    which: int,
) -> Measured | None:
    fitted = GLM(labels, columns, family=Binomial(), offset=offset).fit()
    low, high = (float(each) for each in fitted.conf_int()[which])
    if not max(abs(low), abs(high)) < _LARGEST_COEFFICIENT:
        return None
    return Measured(Estimate(float(fitted.params[which]), low, high), len(labels))


def _points(cases: NDArray[np.bool_], probability: NDArray[np.float64]) -> list[CurvePoint]:
    """Bins of about equal size, none below `LEAST_SHARE_PEOPLE`; equal probabilities stay together.

    The first begins at the lowest probability seen and the last ends just above the highest: nobody
    here says what becomes of others.
    """
    order = np.argsort(probability, kind="stable")
    ordered, labels = probability[order], cases[order]
    size = max(LEAST_SHARE_PEOPLE, -(-len(ordered) // MOST_SHARES))
    starts = [0]
    while (end := starts[-1] + size) <= len(ordered) - LEAST_SHARE_PEOPLE:
        start = int(np.searchsorted(ordered, ordered[end], side="left"))
        if start - starts[-1] < LEAST_SHARE_PEOPLE:
            start = int(np.searchsorted(ordered, ordered[end], side="right"))
        if len(ordered) - start < LEAST_SHARE_PEOPLE:
            break
        starts.append(start)
    if len(ordered) < LEAST_SHARE_PEOPLE:
        return []
    limits = [*(float(ordered[start]) for start in starts), _just_above(float(ordered[-1]))]
    ends = [*starts[1:], len(ordered)]
    found = []
    for start, end, low, high in zip(starts, ends, limits, limits[1:], strict=False):
        people, count = end - start, int(labels[start:end].sum())
        observed = proportion(count, people)
        if observed is not None and low < high:
            expected = min(max(float(ordered[start:end].mean()), low), high)
            found.append(CurvePoint(Share(low, high, people, count, expected), observed))
    return found


def _just_above(probability: float) -> float:
    """So that the highest one seen is in a range whose end is not; as float32 tells them apart."""
    return min(1.0, float(np.nextafter(np.float32(probability), np.float32(2))))
