"""Nested cross-validation: nobody is told of by a model that has seen them."""

import dataclasses

import numpy as np
import pytest
from kizashi_models.simulation import Cohort
from kizashi_server.calibration import nested_folds
from kizashi_server.calibration.nested_folds import Plan, best_pull, out_of_fold, scaled_weights
from kizashi_server.calibration.penalised_logistic import PULLS, Fit, fit

from tests.server.calibration.cohorts import (
    UNDERWEIGHTED,
    drawn_people,
    packaged_norms,
    prior,
    weights_of,
)

NORMS = packaged_norms()
TOWARDS = weights_of(prior())
PLAN = Plan(seed=4, repeats=1)
PEOPLE = drawn_people(Cohort(150, 0.4, UNDERWEIGHTED), NORMS, 1)


def test_no_fit_sees_whom_it_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither outside nor inside: each person is marked by their z, and followed."""
    marked = dataclasses.replace(PEOPLE, z=PEOPLE.z + np.arange(150)[:, np.newaxis] * 1e-9)
    seen: list[set[float]] = []

    def watching(z: np.ndarray, *rest: object) -> Fit:
        seen.append(set(z[:, 0].tolist()))
        return fit(z, *rest)  # type: ignore[arg-type]

    def asked(model: Fit, z: np.ndarray) -> np.ndarray:
        assert not seen[-1] & set(z[:, 0].tolist())
        return np.asarray(model.intercept + z @ model.weights)

    monkeypatch.setattr(nested_folds, "fit", watching)
    monkeypatch.setattr(Fit, "log_odds", asked)
    found = out_of_fold(marked, TOWARDS, NORMS, PLAN)
    # In each of five outer folds five inner ones for each pull, and then the outer fit.
    fits = 1 + 5 * len(PULLS)
    assert len(seen) == 5 * fits
    for first in range(0, len(seen), fits):
        assert len(set[float]().union(*seen[first : first + fits])) == 120
    assert np.isfinite(found.log_odds).all()


def test_the_same_seed_divides_the_same_way() -> None:
    """And another seed another way."""
    first, again = (out_of_fold(PEOPLE, TOWARDS, NORMS, PLAN) for _ in range(2))
    assert (first.log_odds == again.log_odds).all()
    other = out_of_fold(PEOPLE, TOWARDS, NORMS, dataclasses.replace(PLAN, seed=5))
    assert (first.log_odds != other.log_odds).any()


def test_where_the_prior_is_right_its_pull_is_strong_and_where_it_is_wrong_weak() -> None:
    """What the inner folds choose follows what was put in."""
    effects = {name: 0.9 * w for name, w in zip(names(), TOWARDS, strict=True)}
    right = drawn_people(Cohort(600, 0.4, effects), NORMS, 2)
    wrong = drawn_people(Cohort(600, 0.4, UNDERWEIGHTED), NORMS, 2)
    pulls = [best_pull(each.z, each.cases, TOWARDS, PLAN) for each in (right, wrong)]
    assert pulls[0] > pulls[1]


def names() -> list[str]:
    """Of the study's figures."""
    return [figure.name for figure in prior().figures]


def test_a_composite_has_the_scale_of_a_scorer() -> None:
    """Variance 1 under the norms' correlations; a fit that found nothing keeps the old direction."""
    weights = scaled_weights(Fit(0.0, np.array([0.1, 0, 0, 0.4, 0, 0.2])), TOWARDS, NORMS)
    assert weights @ np.array(NORMS.correlations) @ weights == pytest.approx(1)
    nothing = scaled_weights(Fit(0.0, np.zeros(6)), TOWARDS, NORMS)
    assert nothing == pytest.approx(TOWARDS, abs=1e-4)
