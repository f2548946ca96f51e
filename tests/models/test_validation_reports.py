"""Reports of validations: what cannot be is refused, and which of several on a scorer is told."""

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from kizashi_models.errors import BadValidation
from kizashi_models.labelled_recordings import Instrument
from kizashi_models.registry import read_model
from kizashi_models.strict_json import HIGHEST_COUNT
from kizashi_models.validation import Estimate, Share, Validation
from kizashi_models.validation_reports import (
    VALIDATIONS_FOLDER,
    parse_validation,
    report_told,
    scorer_digest,
)
from kizashi_models.wilson import wilson_interval

from tests.models.validations import (
    DIGEST,
    FEW_CASES,
    TODAY,
    TOLD,
    estimate,
    proportion,
    report,
    validation,
)


def test_a_report_is_read() -> None:
    """Every figure that is told, as it stands there."""
    found = validation()
    assert (found.scorer_id, found.scorer_digest) == ("campus-own/1", DIGEST)
    assert (found.day, found.instrument) == (date(2026, 11, 30), Instrument.PHQ_9)
    assert (found.people, found.cases, found.prevalence) == (2400, 360, 0.15)
    assert found.specificity == Estimate(0.8, *wilson_interval(0.8, 2040))
    assert found.shares[1] == Share(0.1, 0.3, 800, 160, 0.19)


SPOILT = [
    {"scorer_id": ""},
    {"scorer_digest": "ab"},
    {"day": "yesterday"},
    {"instrument": "mood"},
    {"case_from": 28},
    {"case_from": 0},
    {"cases": 2401},
    {"people": 0},
    {"cases": 19, "sensitivity": proportion(7, 19), "shares": []},
    {"people": 379, "specificity": proportion(15, 19), "shares": []},
    {"people": 10**17},
    {"people": 10**400},
    {"people": HIGHEST_COUNT + 1},
    {"day": "2026-12-02"},
    {"day": "9999-12-31"},
    {"auc": estimate(0.66, 0.0)},
    {"auc": estimate(0.66, 0.002)},
    {"auc": {"value": 0.9, "low": 0.5, "high": 0.7}},
    {"auc": {"value": 0.6}},
    {"sensitivity": estimate(1.2, 0.1)},
    {"sensitivity": estimate(0.38, 0.0)},
    {"sensitivity": proportion(137, 361)},
    {"sensitivity": proportion(1370, 3600)},
    {"sensitivity": proportion(137, 360) | {"value": 0.3811}},
    {"specificity": estimate(0.8, 0.02)},
    {"sensitivity": None},
    {"shares": {}},
    {"shares": [TOLD["shares"][1], TOLD["shares"][0]]},
    {"shares": [TOLD["shares"][1] | {"low": 0.3, "high": 0.1}]},
    {"shares": [TOLD["shares"][1] | {"cases": 801}]},
    {"shares": [TOLD["shares"][1] | {"expected": 0.31}]},
    {"shares": [TOLD["shares"][1] | {"cases": 361}]},
    {"shares": [TOLD["shares"][1] | {"people": 2042, "cases": 1}]},
    {"slope": estimate(1.0, 0.3) | {"high": 10**400}},
    {"simulated": "yes"},
    {"simulated": None},
    {"promise": 1},
]


@pytest.mark.parametrize("changes", SPOILT)
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    """A figure outside its range, an interval so many people do not give, a day to come."""
    with pytest.raises(BadValidation):
        validation(**changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"validation": 2, "told": {}}',
        '{"validation": 1, "told": ' + "[" * 100_000,
        report(simulated=True).replace(
            '"simulated": true', '"simulated": true, "simulated": false'
        ),
        report().replace('"curve"', '"told"'),
    ],
    ids=["nothing", "broken", "list", "empty", "format", "deep", "key twice", "told twice"],
)
def test_what_is_no_report_is_refused(text: str) -> None:
    """Broken, of another kind, or with a key twice, of which a reader would choose one."""
    with pytest.raises(BadValidation):
        parse_validation(text, "report", TODAY)


def test_a_report_of_today_is_read() -> None:
    """The last day there can be one of."""
    assert validation(day="2026-12-01").day == TODAY


def site(folder: Path, *reports: str) -> Path:
    """A site's folder of models with these reports."""
    place = folder / VALIDATIONS_FOLDER
    place.mkdir()
    for number, text in enumerate(reports):
        (place / f"{number}.json").write_text(text)
    return folder


def told(folder: Path, *reports: str) -> Validation | None:
    """What is told where a site has these reports."""
    folder.mkdir()
    return report_told(site(folder, *reports), "campus-own/1", DIGEST, TODAY)


SMALL = {
    "people": 1200,
    "sensitivity": proportion(137, 360),
    "specificity": proportion(672, 840),
    "shares": [],
}
"""Half as many people, and as good."""


def test_the_newest_report_decides(tmp_path: Path) -> None:
    """One on nobody, on another scorer of the name or on another version says nothing."""
    found = told(
        tmp_path / "a",
        report(day="2026-11-20"),
        report(day="2026-11-10"),
        report(day="2026-11-30", simulated=True),
        report(day="2026-11-28", scorer_digest="cd" * 32),
        report(day="2026-11-27", scorer_id="campus-own/2"),
    )
    assert found == validation(day="2026-11-20")
    assert told(tmp_path / "b", report(day="2026-11-20"), report(day="2026-11-21", **SMALL)) == (
        validation(day="2026-11-21", **SMALL)
    )


NO_BETTER_THAN_CHANCE = {"auc": {"value": 0.52, "low": 0.48, "high": 0.63}}
REFUTED = {"auc": {"value": 0.5, "low": 0.46, "high": 0.54}}


@pytest.mark.parametrize(
    ("newer", "told_still"),
    [
        (NO_BETTER_THAN_CHANCE, False),
        (SMALL | NO_BETTER_THAN_CHANCE, True),
        (FEW_CASES, True),
        (SMALL | REFUTED, False),
        (FEW_CASES | {"sensitivity": proportion(20, 100)}, False),
        (FEW_CASES | {"specificity": proportion(1400, 2040)}, False),
    ],
    ids=["as many", "fewer", "too few", "chance", "finds fewer", "flags more"],
)
def test_a_newer_report_that_does_not_carry_silences_an_older(
    tmp_path: Path, newer: dict[str, Any], told_still: bool
) -> None:
    """Unless it is of fewer people and agrees: a lucky report does not outlive what refutes it."""
    assert not validation(**newer).carries
    found = told(tmp_path / "a", report(day="2026-11-10"), report(day="2026-11-20", **newer))
    assert (found == validation(day="2026-11-10")) is told_still
    assert (found is None) is not told_still


def test_a_small_report_does_not_outlive_a_larger_that_refutes_it(tmp_path: Path) -> None:
    """Nor may a third one, small as well and newest, bring it back."""
    reports = [
        report(day="2026-11-10", **SMALL),
        report(day="2026-11-20", **NO_BETTER_THAN_CHANCE),
        report(day="2026-11-25", **FEW_CASES),
    ]
    assert told(tmp_path / "a", *reports[:2]) is None
    assert told(tmp_path / "b", *reports) is None


def test_of_one_day_the_larger_decides_and_then_the_worse(tmp_path: Path) -> None:
    """Whatever their files are called."""
    larger, smaller = report(), report(**SMALL)
    assert told(tmp_path / "a", larger, smaller) == validation()
    assert told(tmp_path / "b", smaller, larger) == validation()
    worse = report(**NO_BETTER_THAN_CHANCE)
    assert told(tmp_path / "c", larger, worse) is None
    assert told(tmp_path / "d", worse, larger) is None
    less = report(auc=estimate(0.64, 0.04))
    assert told(tmp_path / "e", larger, less) == validation(auc=estimate(0.64, 0.04))


def test_without_reports_nothing_is_told(tmp_path: Path) -> None:
    """No folder of a site's own, none with reports, or an empty one."""
    assert report_told(None, "campus-own/1", DIGEST, TODAY) is None
    assert report_told(tmp_path, "campus-own/1", DIGEST, TODAY) is None
    assert told(tmp_path / "a") is None


def test_a_report_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    """A site that thinks it has validated must learn that it has not."""
    folder = site(tmp_path, report(), report(scorer_id="other/1", people=0))
    with pytest.raises(BadValidation):
        report_told(folder, "campus-own/1", DIGEST, TODAY)


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("sha256", {"sha256": "cd" * 32}),
        ("norms", {"provenance": {"norms": {"id": "clips/2", "sha256": "cd" * 32}}}),
        ("extractors", {"provenance": {"extractor_ids": ["another/1"]}}),
        ("limits", {"metrics": {"calibration": {"lowest": 0.1, "highest": 0.5}}}),
        ("figures", {"inputs": ()}),
    ],
)
def test_a_report_is_of_all_that_a_scorers_figures_rest_on(
    part: str, changed: dict[str, Any]
) -> None:
    """Graph, figures, norms, extractors and limits; what its card says besides changes nothing."""
    card = read_model("research_prior_1").card
    if part == "figures":
        (z,) = card.inputs
        changed = {"inputs": (dataclasses.replace(z, labels=z.labels[::-1]),)}
    else:
        changed = {
            name: dict(getattr(card, name)) | value if isinstance(value, dict) else value
            for name, value in changed.items()
        }
    assert scorer_digest(dataclasses.replace(card, **changed)) != scorer_digest(card)
    assert scorer_digest(dataclasses.replace(card, summary="in other words")) == scorer_digest(card)
