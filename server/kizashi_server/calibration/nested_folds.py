"""Predictions for people by models that have not seen them: nested cross-validation.

The outer folds say what a model is worth; the inner ones, within what is left of an outer fold,
how strong its pull is. Everybody is one row (`people.people_of` sees to that), so that folds of
rows are folds of persons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from kizashi_models.norms import Norms
from kizashi_models.scorer_writing import composite_scale
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from kizashi_server.calibration.penalised_logistic import PULLS, Fit, fit, log_loss
from kizashi_server.calibration.people import People

Split = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How people are divided.

    Attributes:
        seed: of every division; the same seed divides the same people the same way.
        folds: outer and inner, each with about the same share of cases.
        repeats: of the outer division, so that no single one decides.
    """

    seed: int
    folds: int = 5
    repeats: int = 5


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """What models said of people they had not seen.

    Attributes:
        composites: (repeats, n), each with standard deviation 1 over the norm's people.
        log_odds: (repeats, n).
    """

    composites: NDArray[np.float64] = field(repr=False)
    log_odds: NDArray[np.float64] = field(repr=False)


def out_of_fold(
    people: People, towards: NDArray[np.float64], norms: Norms, plan: Plan
) -> OutOfFold:
    """Fits for each outer fold of each repeat, and asks about the people outside."""
    composites = np.empty((plan.repeats, len(people.cases)))
    log_odds = np.empty_like(composites)
    for repeat in range(plan.repeats):
        for number, (train, test) in enumerate(_folds(people.cases, plan, repeat)):
            z, cases = people.z[train], people.cases[train]
            pull = best_pull(z, cases, towards, plan, (repeat, number))
            model = fit(z, cases, towards, pull)
            weights = scaled_weights(model, towards, norms)
            composites[repeat, test] = people.z[test] @ weights
            log_odds[repeat, test] = model.log_odds(people.z[test])
    return OutOfFold(composites, log_odds)


def best_pull(
    z: NDArray[np.float64],
    cases: NDArray[np.bool_],
    towards: NDArray[np.float64],
    plan: Plan,
    branch: tuple[int, ...] = (),
) -> float:
    """The pull whose models predict best for the inner folds; the stronger where two are equal.

    Args:
        z: (n, k).
        cases: (n,).
        towards: as in `fit`.
        plan: how to divide.
        branch: of the seed, another for each division.
    """
    losses = np.zeros(len(PULLS))
    for train, test in _folds(cases, plan, *branch, -1):
        for column, pull in enumerate(PULLS):
            model = fit(z[train], cases[train], towards, pull)
            losses[column] += len(test) * log_loss(model, z[test], cases[test])
    return PULLS[int(np.argmin(losses))]


def scaled_weights(model: Fit, towards: NDArray[np.float64], norms: Norms) -> NDArray[np.float64]:
    """A model's weights at the scale of a composite; the old direction where it found none."""
    weights = model.weights if model.weights.any() else towards
    return np.asarray(weights / composite_scale(weights, norms), np.float64)


def _folds(cases: NDArray[np.bool_], plan: Plan, *branch: int) -> Iterator[Split]:
    key = [each + 1 for each in branch]
    (state,) = np.random.SeedSequence(plan.seed, spawn_key=key).generate_state(1)
    splitter = StratifiedKFold(plan.folds, shuffle=True, random_state=int(state))
    yield from splitter.split(np.zeros(len(cases)), cases)
