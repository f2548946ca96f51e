"""How well a scorer told cases from others, in some people: all of them, or a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from kizashi_models.validation import LEAST_OF_EITHER
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from kizashi_server.validation.intervals import (
    CrossTable,
    Measured,
    area,
    cross_table,
    predictive_values,
    proportion,
)
from kizashi_server.validation.net_benefit import NetBenefit, decision_curve
from kizashi_server.validation.people import Person, Question
from kizashi_server.validation.recalibration import Calibration, calibration
from kizashi_server.validation.sample_size import people_needed

# Enough for a picture, too few to tell one person's place.
_CURVE_STEPS = 20


@dataclass(frozen=True, slots=True)
class CurveStep:
    """One point of the ROC curve of the composite, 0 to 1 each way."""

    false_positive_rate: float
    sensitivity: float


@dataclass(frozen=True, slots=True)
class Performance:
    """What was measured in some people; None where no interval can be given.

    Attributes:
        table: cases and others against the band "more".
        auc: of the composite.
        sensitivity: of the band "more".
        specificity: of the band "more".
        positive_predictive_value: at the question's prevalence.
        negative_predictive_value: likewise.
        curve: the composite's ROC curve.
        calibration: None where the scorer has no probability.
        decision_curve: net benefit by threshold.
        cases_needed: in all, for this sensitivity to be known closely enough to be told.
        others_needed: in all, for this specificity.
    """

    table: CrossTable
    auc: Measured | None
    sensitivity: Measured
    specificity: Measured
    positive_predictive_value: Measured | None
    negative_predictive_value: Measured | None
    curve: tuple[CurveStep, ...]
    calibration: Calibration | None
    decision_curve: tuple[NetBenefit, ...]
    cases_needed: int
    others_needed: int


def performance_of(
    people: Sequence[Person], question: Question, *, probability_holds: bool
) -> Performance | None:
    """Measures those who have a band and a total; None with too few cases or too few others.

    Args:
        people: some or all of the recordings'.
        question: who counts as a case, among whom.
        probability_holds: whether the scorer's probabilities can be right for those it is for. Where
            they cannot, their net benefit is not established: what they would have to be is not
            known, since nobody says which prevalence the scorer was made for.
    """
    counted = [each for each in people if each.counts]
    cases = np.array([each.case for each in counted], np.bool_)
    flagged = np.array([each.flagged for each in counted], np.bool_)
    table = cross_table(cases, flagged)
    sensitivity = proportion(table.true_positives, table.cases)
    specificity = proportion(table.true_negatives, table.others)
    if min(table.cases, table.others) < LEAST_OF_EITHER or not (sensitivity and specificity):
        return None
    composite = np.array([each.composite for each in counted], np.float64)
    probability = _probabilities(counted)
    positive, negative = predictive_values(table, question.prevalence)
    return Performance(
        table=table,
        auc=area(cases, composite),
        sensitivity=sensitivity,
        specificity=specificity,
        positive_predictive_value=positive,
        negative_predictive_value=negative,
        curve=_curve(cases, composite),
        calibration=None if probability is None else calibration(cases, probability),
        decision_curve=decision_curve(
            cases, flagged, probability if probability_holds else None, question.prevalence
        ),
        cases_needed=people_needed(sensitivity.estimate.value),
        others_needed=people_needed(specificity.estimate.value),
    )


def sensitivity_of_all(people: Sequence[Person]) -> Measured | None:
    """The share of all cases who were flagged, whatever became of their recording.

    Who was refused or abstained on was not found either.
    """
    cases = [each for each in people if each.case]
    return proportion(sum(each.flagged for each in cases), len(cases))


def _probabilities(people: Sequence[Person]) -> NDArray[np.float64] | None:
    found = [each.probability for each in people if each.probability is not None]
    return np.array(found, np.float64) if len(found) == len(people) else None


def _curve(cases: NDArray[np.bool_], composite: NDArray[np.float64]) -> tuple[CurveStep, ...]:
    false_positive_rate, sensitivity, _ = roc_curve(cases, composite)
    steps = np.linspace(0, 1, _CURVE_STEPS + 1)
    heights = np.interp(steps, false_positive_rate, sensitivity)
    return tuple(CurveStep(float(x), float(y)) for x, y in zip(steps, heights, strict=True))
