"""What of a validation is told: only what it carries."""

import dataclasses
from datetime import date
from typing import Any

import pytest
from kizashi_models.validation import LEAST_SHARE_PEOPLE

from tests.models.validations import FEW_CASES, TOLD, estimate, proportion, validation


@pytest.mark.parametrize(
    ("changes", "carries"),
    [
        ({}, True),
        ({"auc": {"value": 0.6, "low": 0.5, "high": 0.7}}, False),
        (FEW_CASES, False),
        (
            {
                "people": 560,
                "sensitivity": proportion(137, 360),
                "specificity": proportion(160, 200),
                "shares": [],
            },
            False,
        ),
        ({"slope": estimate(0.3, 0.3)}, False),
        ({"slope": estimate(0.31, 0.3)}, True),
        ({"slope": None, "intercept": None, "shares": []}, True),
        ({"simulated": False}, True),
        ({"simulated": True}, False),
    ],
)
def test_what_is_not_known_closely_is_not_told(changes: dict[str, Any], carries: bool) -> None:
    """Better than chance, and both figures within five in a hundred."""
    assert validation(**changes).carries is carries


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"slope": estimate(0.5, 0.3)}, False),
        ({"intercept": estimate(0.5, 0.3)}, False),
        ({"slope": None}, False),
        ({"slope": estimate(1.0, 0.5)}, True),
        ({"slope": estimate(1.0, 0.51)}, False),
        ({"intercept": estimate(0.0, 0.51)}, False),
        ({"simulated": True}, False),
        ({"auc": {"value": 0.6, "low": 0.5, "high": 0.7}}, False),
    ],
)
def test_shares_need_a_calibration_that_holds(changes: dict[str, Any], told: bool) -> None:
    """One that says too much or too little of somebody has them kept back, as has one not known."""
    assert (validation(**changes).share_of(0.2) is not None) is told


@pytest.mark.parametrize(
    ("probability", "people"), [(0.0, None), (0.0999, None), (0.1, 800), (0.2999, 800), (0.3, None)]
)
def test_a_share_is_of_enough_people_alike(probability: float, people: int | None) -> None:
    """Of a range that holds the probability and at least fifty people; else nothing is told."""
    assert TOLD["shares"][0]["people"] < LEAST_SHARE_PEOPLE
    found = validation().share_of(probability)
    assert (None if found is None else found.people) == people


@pytest.mark.parametrize(
    ("expected", "cases", "told"),
    [(0.19, 160, True), (0.16, 160, False), (0.24, 160, False), (0.172, 160, True)],
)
def test_shares_need_every_range_to_hold(expected: float, cases: int, told: bool) -> None:
    """A mean probability outside the interval of what was observed has all shares kept back."""
    first, second = TOLD["shares"]
    found = validation(shares=[first, second | {"expected": expected, "cases": cases}])
    assert found.carries
    assert (found.share_of(0.2) is not None) is told
    assert [each.expected for each in found.shares_that_miss] == ([] if told else [expected])


def test_many_ranges_are_judged_together() -> None:
    """What one range alone would miss by, one of twenty may: chance does."""
    one = {"low": 0.1, "high": 0.3, "people": 400, "cases": 80, "expected": 0.245}
    others = [
        {"low": n / 100, "high": (n + 1) / 100, "people": 1, "cases": 0, "expected": n / 100}
        for n in range(30, 49)
    ]
    assert validation(shares=[one]).shares_that_miss
    assert not validation(shares=[one, *others]).shares_that_miss


def test_a_validation_has_a_date_of_its_own() -> None:
    """Values are equal where their reports are, so that nothing of the file's place counts."""
    assert dataclasses.replace(validation(), day=date(2026, 1, 1)) != validation()
    assert validation() == validation()
