"""A logistic model of being a case whose weights are pulled towards those of another scorer.

    log odds = intercept + z @ weights,   weights >= 0
    loss = mean negative log likelihood + pull / 2 * |weights - scale * towards|^2,   scale >= 0

No weight is negative, since a scorer's composite may never fall where a movement grows. The pull is
towards the direction of the scorer that a site has, at whichever scale fits, and not towards 0:
that direction is what published evidence says, and a site's few hundred people should change it as
far as they speak against it and no further. A strong pull leaves it as it is, and then nothing
differs from it; a pull to 0 would put another direction in its place, that of the largest single
differences, from noise alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

PULLS = (math.inf, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""What is chosen from, in units of the loss: where z spreads by 1, people themselves hold a weight
with about p (1 - p), so that the first two leave next to nothing to them and the last nearly all."""

_LARGEST_WEIGHT = 10.0
_LARGEST_INTERCEPT = 20.0
"""Far from anything that people are like; where cases and others are separated, a fit ends here."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model.

    Attributes:
        intercept: log odds at z = 0.
        weights: (k,), 0 or more.
    """

    intercept: float
    weights: NDArray[np.float64] = field(repr=False)

    def log_odds(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of being a case; z (n, k) -> (n,)."""
        return np.asarray(self.intercept + z @ self.weights, np.float64)


def fit(
    z: NDArray[np.float64],
    cases: NDArray[np.bool_],
    towards: NDArray[np.float64],
    pull: float,
) -> Fit:
    """The model of least loss.

    Args:
        z: (n, k).
        cases: (n,), some and not all.
        towards: (k,), 0 or more, some above.
        pull: 0 or more; infinite leaves intercept and scale alone to be fitted.
    """
    labels = cases.astype(np.float64)
    if math.isinf(pull):
        scaled = _solve((z @ towards)[:, np.newaxis], labels, np.ones(1), 0.0)
        return Fit(scaled.intercept, scaled.weights * towards)
    return _solve(z, labels, towards, pull)


def loss_and_gradient(
    values: NDArray[np.float64],
    z: NDArray[np.float64],
    labels: NDArray[np.float64],
    towards: NDArray[np.float64],
    pull: float,
) -> tuple[float, NDArray[np.float64]]:
    """The loss at (intercept, scale, *weights), and its slope in each."""
    intercept, scale, weights = values[0], values[1], values[2:]
    log_odds = intercept + z @ weights
    away = weights - scale * towards
    left = (expit(log_odds) - labels) / len(labels)
    loss = np.mean(np.logaddexp(0, log_odds) - labels * log_odds) + pull / 2 * (away @ away)
    slope = np.concatenate(([left.sum(), -pull * (towards @ away)], z.T @ left + pull * away))
    return float(loss), slope


def log_loss(model: Fit, z: NDArray[np.float64], cases: NDArray[np.bool_]) -> float:
    """Mean negative log likelihood of people under a model."""
    log_odds = model.log_odds(z)
    return float(np.mean(np.logaddexp(0, log_odds) - cases * log_odds))


def _solve(
    z: NDArray[np.float64],
    labels: NDArray[np.float64],
    towards: NDArray[np.float64],
    pull: float,
) -> Fit:
    columns = z.shape[1]
    share = labels.mean()
    start = np.concatenate(([np.log(share / (1 - share))], np.zeros(1 + columns)))
    found = minimize(
        loss_and_gradient,
        start,
        args=(z, labels, towards, pull),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_LARGEST_INTERCEPT, _LARGEST_INTERCEPT)] + [(0, _LARGEST_WEIGHT)] * (1 + columns),
        options={"ftol": 1e-12, "gtol": 1e-7},
    )
    return Fit(float(found.x[0]), np.asarray(found.x[2:], np.float64))
