"""Calibration on cohorts whose truth is known, hundreds of them: what it claims holds as often.

Each cohort is fitted once per fold instead of five times, which only widens what is measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
import statsmodels.api as sm
from kizashi_models.simulation import Cohort
from kizashi_server.calibration.calibrating import Calibration, calibrate
from kizashi_server.calibration.nested_folds import Plan
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from tests.server.calibration.cohorts import (
    UNDERWEIGHTED,
    drawn_people,
    packaged_norms,
    prior,
    weights_of,
)

pytestmark = pytest.mark.proof

NORMS = packaged_norms()
BASE = prior()
AS_THE_PRIOR_SAYS: Mapping[str, float] = {
    figure.name: float(0.4 * weight)
    for figure, weight in zip(BASE.figures, weights_of(BASE), strict=True)
}


def calibrated(effects: Mapping[str, float], people: int, share: float, seed: int) -> Calibration:
    """One cohort, one division."""
    those = drawn_people(Cohort(people, share, effects), NORMS, seed)
    return calibrate(those, BASE, Plan(seed, repeats=1))


@pytest.mark.parametrize(
    ("effects", "cohorts"), [({}, 80), (AS_THE_PRIOR_SAYS, 40)], ids=["none", "prior"]
)
def test_a_scorer_that_is_no_better_is_seldom_exported(
    effects: Mapping[str, float], cohorts: int
) -> None:
    """Nominal is 2.5 %, one end of a 95 % interval: without any effect, and with the prior's."""
    exported = [
        calibrated(effects, 1_200, 0.2, 1_000 + seed).fitted is not None for seed in range(cohorts)
    ]
    print(f"\n{sum(exported)} of {cohorts} exported without a difference")
    assert sum(exported) <= 0.05 * cohorts


@dataclass(frozen=True)
class Truth:
    """What an exported scorer is worth among 40,000 others of the same cohort."""

    found: Calibration
    area: float
    gain: float
    slope: float


@pytest.fixture(scope="module")
def truths() -> list[Truth]:
    """Sixty cohorts with half the effect that the tests use elsewhere, each with its truth."""
    effects = {name: 0.6 * effect for name, effect in UNDERWEIGHTED.items()}
    others = drawn_people(Cohort(40_000, 0.4, effects), NORMS, 99)
    of_prior = roc_auc_score(others.cases, others.z @ weights_of(BASE))
    truths = []
    for seed in range(60):
        found = calibrated(effects, 950, 0.4, 5_000 + seed)
        assert found.fitted is not None, "an effect on what the prior underweights was not found"
        composite = others.z @ found.fitted.weights
        area = roc_auc_score(others.cases, composite)
        curve = found.fitted.curve
        log_odds = curve.intercept + curve.slope * composite
        line = sm.GLM(
            others.cases.astype(float), sm.add_constant(log_odds), family=sm.families.Binomial()
        ).fit()
        truths.append(Truth(found, area, area - of_prior, float(line.params[1])))
    gains = [each.found.comparison.difference.value for each in truths]
    print(
        f"\nprior {of_prior:.3f}, own {np.mean([each.area for each in truths]):.3f} in new people"
    )
    print(f"gain found {min(gains):.3f} to {max(gains):.3f}, on average {np.mean(gains):.3f}")
    return truths


def test_an_effect_that_the_prior_underweights_is_found(truths: list[Truth]) -> None:
    """In every cohort; AU20 and AU28 get the largest weights, and no other comes near."""
    weights = np.array([each.found.fitted.weights for each in truths if each.found.fitted])
    means = weights.mean(axis=0)
    assert sorted(np.argsort(means)[-2:]) == [2, 5]
    assert min(means[[2, 5]]) > 2 * max(means[[0, 1, 3, 4]])


def test_intervals_of_areas_cover_what_is_true_of_new_people(truths: list[Truth]) -> None:
    """Of the scorer's own area and of its gain over the prior: as often as 95 % says."""
    own = [each.found.comparison.own for each in truths]
    gain = [each.found.comparison.difference for each in truths]
    for intervals, values in (
        (own, [each.area for each in truths]),
        (gain, [each.gain for each in truths]),
    ):
        inside = [
            each.low <= value <= each.high for each, value in zip(intervals, values, strict=True)
        ]
        assert_is_nominal(inside)


def assert_is_nominal(inside: Sequence[bool]) -> None:
    """No fewer than chance would leave once in a thousand where 95 % is true: of sixty, 51."""
    print(f"\n{sum(inside)} of {len(inside)} intervals hold")
    assert binomtest(sum(inside), len(inside), 0.95, alternative="less").pvalue > 0.001


def test_the_slopes_interval_covers_1_and_the_curve_is_right_in_new_people(
    truths: list[Truth],
) -> None:
    """Folds of the same people depend on each other, so that it covers a little more than 95 %."""
    slopes = [each.found.recalibration.slope for each in truths if each.found.recalibration]
    assert len(slopes) == len(truths)
    assert_is_nominal([each.low <= 1 <= each.high for each in slopes])
    assert np.mean([each.half_width for each in slopes]) < 0.4
    assert np.mean([each.slope for each in truths]) == pytest.approx(1, abs=0.1)
