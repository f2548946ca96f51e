"""Fits a scorer to people, and says whether it is better than the one that a site has."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.scorer import Scorer
from kizashi_models.scorer_writing import Curve, composite_scale
from numpy.typing import NDArray

from kizashi_server.calibration.begun_from import weights_of
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

IMPLAUSIBLE_AUC = 0.95
"""Judgement: .60 to .65 is what can be expected of ten seconds of action units, and a measure that
was never told a total does not come near this."""


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


def require_plausible(comparison: Comparison) -> None:
    """Returns where neither scorer tells cases from others better than faces can.

    Raises:
        CalibrationRefused: TOO_GOOD.
    """
    if max(comparison.own.value, comparison.old.value) >= IMPLAUSIBLE_AUC:
        raise _too_good(
            f"at an AUC of {IMPLAUSIBLE_AUC:.2f} or more, where {HOPED_AUC:.2f} is the most that "
            "can be hoped for"
        )


def require_finite(comparison: Comparison, recalibration: Recalibration | None) -> None:
    """Returns where every figure has an interval that ends.

    Raises:
        CalibrationRefused: TOO_GOOD; where cases and others are parted, an interval has no end.
    """
    estimates = [comparison.old, comparison.own, comparison.difference]
    if recalibration is not None:
        estimates += [recalibration.slope, recalibration.intercept]
    if not np.isfinite([dataclasses.astuple(each) for each in estimates]).all():
        raise _too_good("so that an interval has no end")


def _too_good(how: str) -> CalibrationRefused:
    return CalibrationRefused(
        f"cases and others are told apart {how}",
        f"Cases and others are told apart {how}. No face does that, and nothing was exported: check "
        "that no total went into what was measured.",
        reason="TOO_GOOD",
    )


def calibrate(people: People, base: Scorer, plan: Plan) -> Calibration:
    """Fits, compares, and keeps what was fitted only where it is better.

    Args:
        people: enough of them.
        base: of the study's figures.
        plan: how to divide them.

    Raises:
        CalibrationRefused: TOO_GOOD; they are told apart as nobody's face tells them.
    """
    towards = weights_of(base)
    predicted = out_of_fold(people, towards, base.norms, plan)
    old = base.weigh(people.z.astype(np.float32)).composite.astype(np.float64)
    comparison = compare(old, predicted, people.cases, plan.seed)
    require_plausible(comparison)
    recalibration = recalibrate(predicted, people.cases)
    require_finite(comparison, recalibration)
    found = Calibration(people, base, plan, comparison, recalibration, None)
    if recalibration is None or not (comparison.is_better and recalibration.carries):
        return found
    return dataclasses.replace(found, fitted=_fitted(found, recalibration, towards))


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
