"""A calibration in words and as JSON, for whoever ran it; and why no scorer was made."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kizashi_models.scorer_writing import rounded
from kizashi_models.validation import Estimate

from kizashi_server.calibration.calibrating import Calibration
from kizashi_server.errors import CalibrationRefused

NOT_ESTABLISHED = "not established: internal cross-validation only"
"""What a card says of performance: people who were fitted to are no proof of anything."""

_WORTH = (
    "What it is worth is not established: these figures are of the people it was made from. "
    "Feedback goes on saying so until a validation on other people carries more."
)


def refusal_of(found: Calibration, scorer_id: str) -> CalibrationRefused | None:
    """Why a calibration gives no scorer; None where it gives one."""
    if found.fitted is not None:
        return None
    if not found.comparison.is_better:
        return CalibrationRefused(
            f"{scorer_id} is not better than {found.base.id}",
            f"{scorer_id} is not better than the prior beyond its interval: nothing was exported. "
            f"Go on with {found.base.id}; with more people a difference may show.",
            reason="NOT_BETTER",
        )
    return CalibrationRefused(
        f"the probability of {scorer_id} is not carried",
        f"{scorer_id} finds no more cases among those it puts highest than among those it puts "
        f"lowest: nothing was exported. Go on with {found.base.id}.",
        reason="NOT_CARRIED",
    )


def as_text(found: Calibration, scorer_id: str, files: Sequence[Path]) -> str:
    """What is printed: who counted, the figures, and what was written."""
    people, comparison = found.people, found.comparison
    width = max(len(scorer_id), len(found.base.id), len("calibration slope"))
    counted = (
        f"{len(people.cases)} people: {people.case_count} with {people.instrument} of "
        f"{people.case_from} or more, {people.other_count} others"
    )
    lines = [
        *(f"left out, {reason}: {count}" for reason, count in people.left_out.items()),
        counted,
        "area under the ROC curve, of people the model had not seen (95 % interval):",
        f"  {found.base.id:<{width}}  {_interval(comparison.old)}",
        f"  {scorer_id:<{width}}  {_interval(comparison.own)}",
        f"  {'difference':<{width}}  {_interval(comparison.difference)}",
    ]
    if found.recalibration is not None:
        slope = _interval(found.recalibration.slope)
        lines.append(f"  {'calibration slope':<{width}}  {slope}, 1 where it is right")
    if found.fitted is not None:
        lines += _of_fitted(found, files)
    return "\n".join(lines)


def as_json(found: Calibration, scorer_id: str, files: Sequence[Path]) -> dict[str, Any]:
    """The same for scripts."""
    people, fitted, refusal = found.people, found.fitted, refusal_of(found, scorer_id)
    return {
        "id": scorer_id,
        "base": found.base.id,
        "exported": [str(path) for path in files],
        "reason": None if refusal is None else refusal.reason,
        "performance": NOT_ESTABLISHED,
        "people": len(people.cases),
        "cases": people.case_count,
        "left_out": dict(people.left_out),
        "instrument": str(people.instrument),
        "case_from": people.case_from,
        "seed": found.plan.seed,
        "internal": internal_metrics(found),
        "weights": None if fitted is None else rounded(fitted.weights),
    }


def internal_metrics(found: Calibration) -> dict[str, Any]:
    """The out-of-fold figures, as a card has them too."""
    comparison, recalibration = found.comparison, found.recalibration
    return {
        "auc": _estimate(comparison.own),
        "auc_of_base": _estimate(comparison.old),
        "difference": _estimate(comparison.difference),
        "calibration_slope": None if recalibration is None else _estimate(recalibration.slope),
        "calibration_intercept": (
            None if recalibration is None else _estimate(recalibration.intercept)
        ),
    }


def _of_fitted(found: Calibration, files: Sequence[Path]) -> list[str]:
    if found.fitted is None:
        return []
    pull = "infinite" if math.isinf(found.fitted.pull) else f"{found.fitted.pull:g}"
    weights = rounded(found.fitted.weights)
    return [
        f"weights (pull towards {found.base.id}: {pull}):",
        *(f"  {name:<20}{weight:.3f}" for name, weight in weights.items()),
        *(f"written: {path}" for path in files),
        _WORTH,
    ]


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def _estimate(estimate: Estimate) -> dict[str, float]:
    return {name: round(value, 6) for name, value in dataclasses.asdict(estimate).items()}
