"""Ridge regression on targets that may be intervals.

OpenFace's readings end at 0 and at 5: a 0 says "0 or less" of what its linear model found. A
presence says on which side of a margin it was, no more. So each target is an interval, and only a
prediction outside it is an error:

    minimise  sum_i w_i dist(x_i B + b, [low_i, high_i])^2 + penalty |B|^2

For a point it is ridge, for a presence the squared hinge loss of a linear support vector machine.
It is solved by majorisation: a prediction inside its interval is its own target for the next
round, and all rounds share one inverse (de Leeuw and Heiser, "Multidimensional scaling with
restrictions on the configuration", 1980, for the principle; the loss falls with every round).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows that are in a fit or out of it together.

    Attributes:
        features: (n, d).
        low, high: (n, outputs), the targets; -inf and inf where there is no bound.
        weights: (n,), 0 and up.
        products: (d + 1, d + 1) float64, of the features with a 1 before them: sum of w x x'.
    """

    features: Rows
    low: Rows
    high: Rows
    weights: Rows
    products: NDArray[np.float64]

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return float(self.products[0, 0])


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """features @ slopes + shifts.

    Attributes:
        slopes: (d, outputs).
        shifts: (outputs,).
    """

    slopes: Rows
    shifts: Rows

    def __call__(self, features: Rows) -> Rows:
        """(n, outputs) for (n, d)."""
        return features @ self.slopes + self.shifts


def part(features: Rows, low: Rows, high: Rows, weights: Rows) -> Part:
    """A part with its products, which are what takes time."""
    weighted = features * weights[:, None]
    size = features.shape[1] + 1
    products = np.empty((size, size))
    products[0, 0] = weights.sum(dtype=np.float64)
    products[0, 1:] = products[1:, 0] = weighted.sum(axis=0, dtype=np.float64)
    products[1:, 1:] = weighted.T @ features
    return Part(features, low, high, weights, products)


def fit(parts: Sequence[tuple[Part, float]], penalty: float, rounds: int) -> Linear:
    """The fit over parts.

    Args:
        parts: each with the share of all weight that it gets; the shares add up to 1.
        penalty: on the squared slopes, above 0; the shift has none.
        rounds: of majorisation, 1 or more.
    """
    shares = [(each, share / each.total) for each, share in parts]
    system = np.asarray(sum(factor * each.products for each, factor in shares))
    system += np.diag(np.append(0.0, np.full(len(system) - 1, penalty)))
    # Well conditioned thanks to the penalty, and asked once a round.
    inverse = np.linalg.inv(system)
    outputs = shares[0][0].low.shape[1]
    line = Linear(np.zeros((len(system) - 1, outputs), np.float32), np.zeros(outputs, np.float32))
    for _ in range(rounds):
        right = sum(_moments(each, line, factor) for each, factor in shares)
        solution = inverse @ right
        line = Linear(solution[1:].astype(np.float32), solution[0].astype(np.float32))
    return line


def _moments(each: Part, line: Linear, factor: float) -> NDArray[np.float64]:
    """(d + 1, outputs): weighted products of features and the targets of this round."""
    targets = np.clip(line(each.features), each.low, each.high) * each.weights[:, None]
    of_shift = targets.sum(axis=0, dtype=np.float64)[None]
    return np.concatenate([of_shift, each.features.T @ targets]) * factor
