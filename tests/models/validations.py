"""A validation that carries all it tells, as a report has it and as it is read; made up."""

import json
from datetime import date
from typing import Any

from kizashi_models.validation import Validation
from kizashi_models.validation_reports import parse_validation
from kizashi_models.wilson import wilson_interval

DIGEST = "ab" * 32
TODAY = date(2026, 12, 1)


def estimate(value: float, half: float) -> dict[str, float]:
    """An estimate as a report has it."""
    return {"value": value, "low": value - half, "high": value + half}


def proportion(count: int, people: int) -> dict[str, float]:
    """A share with its interval, as a report has it."""
    low, high = wilson_interval(count / people, people)
    return {"value": count / people, "low": low, "high": high}


TOLD: dict[str, Any] = {
    "scorer_id": "campus-own/1",
    "scorer_digest": DIGEST,
    "day": "2026-11-30",
    "instrument": "PHQ-9",
    "case_from": 10,
    "people": 2400,
    "cases": 360,
    "auc": estimate(0.66, 0.04),
    "sensitivity": proportion(137, 360),
    "specificity": proportion(1632, 2040),
    "slope": estimate(1.0, 0.3),
    "intercept": estimate(0.0, 0.2),
    "shares": [
        {"low": 0.0, "high": 0.1, "people": 49, "cases": 2, "expected": 0.06},
        {"low": 0.1, "high": 0.3, "people": 800, "cases": 160, "expected": 0.19},
    ],
}
FEW_CASES = {
    "people": 2140,
    "cases": 100,
    "sensitivity": proportion(38, 100),
    "shares": [],
}
"""So few that the sensitivity is not known closely enough."""


def report(**changes: Any) -> str:
    """A report, with members of what is told replaced; readers' own parts are passed over."""
    return json.dumps({"validation": 1, "told": TOLD | changes, "curve": [1, 2]})


def validation(**changes: Any) -> Validation:
    """The same, read."""
    return parse_validation(report(**changes), "report", TODAY)
