"""The fit of the action-unit head: ridge on points, a margin on sides, nothing on the unbounded."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.scripts import training_module

interval_ridge = training_module("interval_ridge")

ROWS, COLUMNS = 40, 3
Array = NDArray[np.float32]


def rows(seed: int, count: int = ROWS) -> Array:
    """(count, COLUMNS) random features."""
    return np.random.default_rng(seed).normal(size=(count, COLUMNS)).astype(np.float32)


def whole(features: Array, low: Array, high: Array, penalty: float, rounds: int) -> Any:
    """The fit of one part in which each row weighs the same."""
    part = interval_ridge.part(features, low, high, np.ones(len(features), np.float32))
    return interval_ridge.fit([(part, 1.0)], penalty, rounds)


def loss(line: Any, features: Array, low: Array, high: Array, penalty: float) -> float:
    """What is minimised, for rows that weigh the same."""
    found = line(features).astype(np.float64)
    outside = np.clip(found, low, high) - found
    return float(np.square(outside).sum(1).mean() + penalty * np.square(line.slopes).sum())


def test_points_give_ridge_regression() -> None:
    """Where each interval is a point, the fit is that of the normal equations, by hand."""
    features, penalty = rows(1), 0.3
    targets = (features @ np.array([[1.0], [-2.0], [0.5]]) + 0.7).astype(np.float32)
    centred = (features - features.mean(0)).astype(np.float64)
    system = centred.T @ centred / ROWS + penalty * np.eye(COLUMNS)
    slopes = np.linalg.solve(system, centred.T @ (targets - targets.mean()) / ROWS)
    found = whole(features, targets, targets, penalty, 1)
    np.testing.assert_allclose(found.slopes, slopes, atol=1e-5)
    np.testing.assert_allclose(found.shifts, targets.mean() - features.mean(0) @ slopes, atol=1e-5)


def test_a_reading_cut_off_at_zero_is_seen_through() -> None:
    """From readings of which half are cut off, the line is found that plain ridge misses."""
    features = rows(2, 400)
    line = np.array([[1.5], [-1.0], [0.25]])
    cut = np.maximum(features @ line, 0).astype(np.float32)
    low = np.where(cut > 0, cut, -np.inf).astype(np.float32)
    through = whole(features, low, cut, 1e-4, 400).slopes
    plain = whole(features, cut, cut, 1e-4, 1).slopes
    np.testing.assert_allclose(through, line, atol=0.05)
    assert np.abs(plain - line).max() > 0.3


def test_sides_of_a_margin_are_told_apart() -> None:
    """Presences that a plane separates end up on their own sides of 0."""
    features = rows(3, 200)
    features[:, 0] += np.sign(features[:, 0])
    present = features[:, :1] > 0
    low = np.where(present, 1, -np.inf).astype(np.float32)
    high = np.where(present, np.inf, -1).astype(np.float32)
    found = whole(features, low, high, 1e-3, 200)(features)
    np.testing.assert_array_equal(found > 0, present)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1))
def test_the_loss_falls_with_every_round(seed: int, penalty: float) -> None:
    """Majorisation never makes the fit worse."""
    random = np.random.default_rng(seed)
    features = rows(seed)
    ends = random.normal(size=(ROWS, 2, 2))
    low = np.where(random.random((ROWS, 2)) < 0.3, -np.inf, ends.min(1)).astype(np.float32)
    high = np.where(random.random((ROWS, 2)) < 0.3, np.inf, ends.max(1)).astype(np.float32)
    losses = [
        loss(whole(features, low, high, penalty, rounds), features, low, high, penalty)
        for rounds in (1, 2, 5, 20)
    ]
    assert all(later <= earlier + 1e-5 for earlier, later in pairwise(losses))


def test_parts_with_their_shares_are_the_same_as_weights() -> None:
    """Two parts with shares give what one part with those weights gives."""
    features, targets = rows(4), rows(5)[:, :1]
    first = np.arange(ROWS) < 10
    weights = np.where(first, 0.8 / 10, 0.2 / 30).astype(np.float32)
    together = interval_ridge.part(features, targets, targets, weights)
    apart = [
        (
            interval_ridge.part(
                features[each], targets[each], targets[each], np.ones(each.sum(), np.float32)
            ),
            share,
        )
        for each, share in ((first, 0.8), (~first, 0.2))
    ]
    one = interval_ridge.fit([(together, 1.0)], 0.1, 1)
    two = interval_ridge.fit(apart, 0.1, 1)
    np.testing.assert_allclose(two.slopes, one.slopes, atol=1e-5)
    np.testing.assert_allclose(two.shifts, one.shifts, atol=1e-5)


def test_what_nobody_bounds_stays_at_zero() -> None:
    """An output without any bound has no slope and no shift."""
    nothing = np.full((ROWS, 1), np.inf, np.float32)
    found = whole(rows(6), -nothing, nothing, 0.1, 5)
    assert found.slopes == pytest.approx(0)
    assert found.shifts == pytest.approx(0)
