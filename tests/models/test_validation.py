"""What of a validation is told: only what it carries, of the very scorer, and the newest."""

import dataclasses
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from kizashi_models.errors import BadValidation
from kizashi_models.labelled_recordings import Instrument
from kizashi_models.validation import (
    LEAST_SHARE_PEOPLE,
    VALIDATIONS_FOLDER,
    Estimate,
    Share,
    Validation,
    newest_that_carries,
    parse_validation,
)

SHA256 = "ab" * 32


def estimate(value: float, half: float) -> dict[str, float]:
    """An estimate as a report has it."""
    return {"value": value, "low": value - half, "high": value + half}


TOLD: dict[str, Any] = {
    "scorer_id": "campus-own/1",
    "scorer_sha256": SHA256,
    "day": "2026-11-30",
    "instrument": "PHQ-9",
    "case_from": 10,
    "people": 2400,
    "cases": 360,
    "auc": estimate(0.66, 0.04),
    "sensitivity": estimate(0.38, 0.05),
    "specificity": estimate(0.8, 0.02),
    "slope": estimate(1.0, 0.3),
    "intercept": estimate(0.0, 0.2),
    "shares": [
        {"low": 0.0, "high": 0.1, "people": 49, "cases": 2},
        {"low": 0.1, "high": 0.3, "people": 800, "cases": 160},
    ],
}


def report(**changes: Any) -> str:
    """A report, with members of what is told replaced; readers' own parts are passed over."""
    return json.dumps({"validation": 1, "told": TOLD | changes, "curve": [1, 2]})


def validation(**changes: Any) -> Validation:
    """The same, read."""
    return parse_validation(report(**changes), "report")


def test_a_report_is_read() -> None:
    """Every figure that is told, as it stands there."""
    found = validation()
    assert (found.scorer_id, found.scorer_sha256) == ("campus-own/1", SHA256)
    assert (found.day, found.instrument) == (date(2026, 11, 30), Instrument.PHQ_9)
    assert (found.people, found.cases, found.prevalence) == (2400, 360, 0.15)
    assert found.specificity == Estimate(0.8, 0.8 - 0.02, 0.8 + 0.02)
    assert found.shares[1] == Share(0.1, 0.3, 800, 160)


@pytest.mark.parametrize(
    ("changes", "carries"),
    [
        ({}, True),
        ({"auc": {"value": 0.6, "low": 0.5, "high": 0.7}}, False),
        ({"sensitivity": estimate(0.38, 0.0501)}, False),
        ({"specificity": estimate(0.8, 0.06)}, False),
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
        ({"sensitivity": estimate(0.38, 0.06)}, False),
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


SPOILT = [
    {"scorer_id": ""},
    {"scorer_sha256": "ab"},
    {"day": "yesterday"},
    {"instrument": "mood"},
    {"case_from": 28},
    {"case_from": 0},
    {"cases": 2401},
    {"people": 0},
    {"auc": {"value": 0.9, "low": 0.5, "high": 0.7}},
    {"auc": {"value": 0.6}},
    {"sensitivity": estimate(1.2, 0.1)},
    {"sensitivity": None},
    {"shares": {}},
    {"shares": [TOLD["shares"][1], TOLD["shares"][0]]},
    {"shares": [{"low": 0.3, "high": 0.1, "people": 60, "cases": 1}]},
    {"shares": [{"low": 0.1, "high": 0.3, "people": 60, "cases": 61}]},
    {"simulated": "yes"},
    {"simulated": None},
    {"promise": 1},
]


@pytest.mark.parametrize("changes", SPOILT)
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    """A figure outside its range, a key too many, more cases than people."""
    with pytest.raises(BadValidation):
        validation(**changes)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"validation": 2, "told": {}}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    """Broken, or of another kind."""
    with pytest.raises(BadValidation):
        parse_validation(text, "report")


def site(folder: Path, *reports: str) -> Path:
    """A site's folder of models with these reports."""
    place = folder / VALIDATIONS_FOLDER
    place.mkdir()
    for number, text in enumerate(reports):
        (place / f"{number}.json").write_text(text)
    return folder


def test_the_newest_that_carries_counts(tmp_path: Path) -> None:
    """Not a newer one that carries nothing, nor one on another file of the same name."""
    folder = site(
        tmp_path,
        report(day="2026-11-20"),
        report(day="2026-11-10"),
        report(day="2026-11-29", sensitivity=estimate(0.4, 0.2)),
        report(day="2026-11-30", simulated=True),
        report(day="2026-11-28", scorer_sha256="cd" * 32),
        report(day="2026-11-27", scorer_id="campus-own/2"),
    )
    found = newest_that_carries(folder, "campus-own/1", SHA256)
    assert found is not None
    assert found.day == date(2026, 11, 20)


def test_without_reports_nothing_is_told(tmp_path: Path) -> None:
    """No folder of a site's own, none with reports, or an empty one."""
    assert newest_that_carries(None, "campus-own/1", SHA256) is None
    assert newest_that_carries(tmp_path, "campus-own/1", SHA256) is None
    assert newest_that_carries(site(tmp_path), "campus-own/1", SHA256) is None


def test_a_report_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    """A site that thinks it has validated must learn that it has not."""
    folder = site(tmp_path, report(), report(scorer_id="other/1", people=0))
    with pytest.raises(BadValidation):
        newest_that_carries(folder, "campus-own/1", SHA256)


def test_a_validation_has_a_date_of_its_own() -> None:
    """Values are equal where their reports are, so that nothing of the file's place counts."""
    assert dataclasses.replace(validation(), day=date(2026, 1, 1)) != validation()
    assert validation() == validation()
