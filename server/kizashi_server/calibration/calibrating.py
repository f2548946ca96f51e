"""Fits a scorer to people, and says whether it is better than the one that a site has."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.scorer import Scorer
from kizashi_models.scorer_writing import Curve, composite_scale
from numpy.typing import NDArray

from kizashi_server.calibration.comparison import (
    Comparison,
    Recalibration,
    compare,
    recalibrate,
)
from kizashi_server.calibration.nested_folds import Plan, best_pull, out_of_fold, scaled_weights
from kizashi_server.calibration.penalised_logistic import fit
from kizashi_server.calibration.people import People
from kizashi_server.calibration.sample_size import HOPED_AUC, LEAST_EACH, needed
from kizashi_server.errors import CalibrationRefused


@dataclass(frozen=True, slots=True)
class Fitted:
    """A scorer as numbers.

    Attributes:
        weights: (6,), of the study's figures; the composite has standard deviation 1 over the
            norm's people.
        curve: of its probability.
        pull: how strongly it was held to the scorer it began from.
    """

    weights: NDArray[np.float64] = field(repr=False)
    curve: Curve = field(repr=False)
    pull: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came of a calibration.

    Attributes:
        people: it was fitted to.
        base: the scorer it began from and was compared with.
        plan: how people were divided.
        comparison: out of fold.
        recalibration: out of fold; None where nothing was found.
        fitted: None unless it is better than the base, and its probability carries.
    """

    people: People
    base: Scorer
    plan: Plan
    comparison: Comparison
    recalibration: Recalibration | None
    fitted: Fitted | None


def require_enough(people: People) -> None:
    """Returns where there are enough cases and others.

    Raises:
        CalibrationRefused: TOO_FEW_CASES, with how many more are needed and why.
    """
    cases, others = people.case_count, people.other_count
    least = needed(cases, others)
    more_cases, more_others = max(0, least.cases - cases), max(0, least.others - others)
    missing = [
        f"{count} more {name}"
        for count, name in ((more_cases, "cases"), (more_others, "others"))
        if count
    ]
    if not missing:
        return
    raise CalibrationRefused(
        f"{cases} cases and {others} others are too few",
        f"{cases} cases and {others} others are too few for a scorer of your own, and nothing was "
        f"worked out: at this share of cases it takes {least.cases} and {least.others}, so that "
        f"{' and '.join(missing)} are needed ({LEAST_EACH} of each "
        f"to measure it; the rest so that its {len(STUDY_FIGURES)} weights are too large by a "
        f"tenth at most, at the AUC of {HOPED_AUC:.2f} that can be hoped for)."
        f"{_left_out(people)}",
        reason="TOO_FEW_CASES",
    )


def _left_out(people: People) -> str:
    """Of whom there may be some who could yet count."""
    if not people.left_out:
        return ""
    return f" Left out were {', '.join(f'{n}: {why}' for why, n in people.left_out.items())}."


def require_study_figures(base: Scorer) -> None:
    """Returns where a scorer reads what is fitted.

    Raises:
        CalibrationRefused: SCORER_UNFIT; it reads other figures.
    """
    if base.figures != STUDY_FIGURES:
        raise CalibrationRefused(
            f"{base.id} reads other figures",
            f"The scorer {base.id} reads other figures than the study's six, and a scorer of your "
            "own begins from one that reads those; name another with --scorer.",
            reason="SCORER_UNFIT",
        )


def calibrate(people: People, base: Scorer, plan: Plan) -> Calibration:
    """Fits, compares, and keeps what was fitted only where it is better.

    Args:
        people: enough of them.
        base: of the study's figures.
        plan: how to divide them.
    """
    towards = _weights_of(base)
    predicted = out_of_fold(people, towards, base.norms, plan)
    old = base.weigh(people.z.astype(np.float32)).composite.astype(np.float64)
    comparison = compare(old, predicted, people.cases, plan.seed)
    recalibration = recalibrate(predicted, people.cases)
    found = Calibration(people, base, plan, comparison, recalibration, None)
    if recalibration is None or not (comparison.is_better and recalibration.carries):
        return found
    return dataclasses.replace(found, fitted=_fitted(found, recalibration, towards))


def _weights_of(base: Scorer) -> NDArray[np.float64]:
    """(6,): what one standard deviation of each figure adds to a scorer's composite, 0 or more."""
    each = base.weigh(np.eye(len(base.figures), dtype=np.float32)).contributions
    none = base.weigh(np.zeros((1, len(base.figures)), np.float32)).contributions
    return np.maximum(np.diag(each - none), 0).astype(np.float64)


def _fitted(
    found: Calibration, recalibration: Recalibration, towards: NDArray[np.float64]
) -> Fitted:
    people, norms = found.people, found.base.norms
    pull = best_pull(people.z, people.cases, towards, found.plan)
    model = fit(people.z, people.cases, towards, pull)
    return Fitted(
        weights=scaled_weights(model, towards, norms),
        curve=recalibration.curve_of(model.intercept, composite_scale(model.weights, norms)),
        pull=pull,
    )
