"""The pulled logistic model, against its own gradient and a library's fit."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from kizashi_server.calibration.penalised_logistic import PULLS, fit, log_loss, loss_and_gradient
from numpy.typing import NDArray
from scipy.optimize import check_grad
from scipy.special import expit

RANDOM = np.random.default_rng(11)
TOWARDS = np.array([0.5, 0.4, 0.3, 0.2, 0.1, 0.1])
Z = RANDOM.normal(size=(600, 6))
TRUE = np.array([0.0, 0.3, 0.0, 0.6, 0.2, 0.8])
CASES = RANDOM.random(600) < expit(-1 + Z @ TRUE)


@pytest.mark.parametrize("pull", [0.0, 0.3])
def test_the_gradient_is_that_of_the_loss(pull: float) -> None:
    """Against differences, anywhere."""
    labels = CASES.astype(float)

    def loss(values: NDArray[np.float64]) -> float:
        return loss_and_gradient(values, Z, labels, TOWARDS, pull)[0]

    def slope(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return loss_and_gradient(values, Z, labels, TOWARDS, pull)[1]

    assert check_grad(loss, slope, RANDOM.normal(size=8)) < 1e-5


def test_without_a_pull_it_is_maximum_likelihood() -> None:
    """As statsmodels fits it, where that has no negative weight."""
    columns = TRUE > 0
    z = Z[:, columns]
    other = sm.Logit(CASES, sm.add_constant(z)).fit(disp=False)
    assert (other.params[1:] > 0).all()
    model = fit(z, CASES, TOWARDS[columns], 0.0)
    assert [model.intercept, *model.weights] == pytest.approx(list(other.params), abs=1e-4)


def test_no_weight_is_negative() -> None:
    """A figure that falls in cases weighs nothing: a composite never falls where one grows."""
    turned = Z * np.array([-1, 1, 1, -1, 1, 1])
    for pull in PULLS:
        assert (fit(turned, CASES, TOWARDS, pull).weights >= 0).all()
    assert fit(turned, CASES, TOWARDS, 0.0).weights[3] == 0


def test_an_endless_pull_leaves_the_direction() -> None:
    """Only how much it counts is fitted."""
    ratio = fit(Z, CASES, TOWARDS, math.inf).weights / TOWARDS
    assert ratio == pytest.approx(np.full(6, ratio[0]))
    assert ratio[0] > 0


def test_a_strong_pull_is_near_the_endless_one() -> None:
    """And a weak one near none at all."""
    strong, endless = (fit(Z, CASES, TOWARDS, pull).weights for pull in (1e3, math.inf))
    assert strong == pytest.approx(endless, abs=0.01)
    weak, none = (fit(Z, CASES, TOWARDS, pull).weights for pull in (1e-6, 0.0))
    assert weak == pytest.approx(none, abs=0.01)


def test_people_told_apart_end_at_a_bound() -> None:
    """A figure that separates cases from others gives a finite model."""
    z = Z.copy()
    z[:, 0] = np.where(CASES, 3, -3)
    model = fit(z, CASES, TOWARDS, 0.0)
    assert np.isfinite(model.weights).all()
    assert log_loss(model, z, CASES) < 0.01
