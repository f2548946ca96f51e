"""Areas, intervals over persons, recalibration and its ends, against libraries and by hand."""

import numpy as np
import pytest
from kizashi_models.figures import STUDY_FIGURES, Statistic
from kizashi_models.simulation import Cohort
from kizashi_models.validation import Estimate
from kizashi_server.calibration.comparison import (
    Comparison,
    Recalibration,
    carried,
    compare,
    recalibrate,
)
from kizashi_server.calibration.nested_folds import OutOfFold, Plan, out_of_fold
from kizashi_server.calibration.penalised_logistic import PULLS, fit
from kizashi_server.validation.recalibration import calibration
from scipy.special import expit
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from tests.server.calibration.cohorts import drawn_people, packaged_norms, prior, weights_of

RANDOM = np.random.default_rng(8)
PEOPLE = 400
CASES = RANDOM.random(PEOPLE) < 0.4
OLD = RANDOM.normal(size=PEOPLE) + 0.2 * CASES
OWN = np.stack([RANDOM.normal(size=PEOPLE) + 0.9 * CASES for _ in range(2)])


def predicted(rows: np.ndarray) -> OutOfFold:
    """Predictions whose composites are their log odds."""
    return OutOfFold(rows, rows)


def test_areas_are_those_of_a_library() -> None:
    """Ties too: composites rounded to halves."""
    old, own = np.round(OLD * 2) / 2, np.round(OWN * 2) / 2
    found = compare(old, predicted(own), CASES, seed=1)
    expected = np.mean([roc_auc_score(CASES, row) for row in own])
    assert found.old.value == pytest.approx(roc_auc_score(CASES, old))
    assert found.own.value == pytest.approx(expected)
    assert found.difference.value == pytest.approx(expected - found.old.value)


def test_intervals_are_about_as_wide_as_theory_says() -> None:
    """For normal composites, by Hanley and McNeil's standard error of an area."""
    found = compare(OLD, predicted(OWN[:1]), CASES, seed=1).old
    area, cases, others = found.value, CASES.sum(), PEOPLE - CASES.sum()
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (cases - 1) * (first - area**2) + (others - 1) * (second - area**2)
    ) / (cases * others)
    width = found.high - found.low
    assert width == pytest.approx(2 * norm.ppf(0.975) * np.sqrt(variance), rel=0.1)


def test_a_clear_difference_is_one_and_the_same_scorer_is_none() -> None:
    """The whole interval must lie above 0."""
    assert compare(OLD, predicted(OWN), CASES, seed=1).is_better
    same = compare(OLD, predicted(np.stack([OLD, OLD])), CASES, seed=1)
    assert same.difference == Estimate(0, 0, 0)
    assert not same.is_better
    assert not compare(OWN[0], predicted(OLD[np.newaxis]), CASES, seed=1).is_better


def test_the_seed_alone_decides_the_draws() -> None:
    """So that a figure can be got again."""
    first, again = (compare(OLD, predicted(OWN), CASES, seed=2) for _ in range(2))
    assert first == again
    assert compare(OLD, predicted(OWN), CASES, seed=3) != first


def test_log_odds_that_are_right_have_slope_1() -> None:
    """And those twice as bold, one half."""
    log_odds = RANDOM.normal(-0.5, 1, 20_000)
    cases = RANDOM.random(20_000) < expit(log_odds)
    right = recalibrate(predicted(log_odds[np.newaxis]), cases)
    bold = recalibrate(predicted(2 * log_odds[np.newaxis]), cases)
    assert right is not None
    assert bold is not None
    assert right.slope.value == pytest.approx(1, abs=0.05)
    assert right.intercept.value == pytest.approx(0, abs=0.05)
    assert bold.slope.value == pytest.approx(right.slope.value / 2)


def test_repeats_of_the_same_people_are_no_more_people() -> None:
    """The interval of five equal repeats is that of one."""
    once = recalibrate(predicted(OWN[:1]), CASES)
    often = recalibrate(predicted(np.repeat(OWN[:1], 5, axis=0)), CASES)
    assert once is not None
    assert often is not None
    assert often.slope.half_width == pytest.approx(once.slope.half_width, rel=0.02)


def test_where_the_same_is_said_of_everybody_nothing_is_recalibrated() -> None:
    """A model that found nothing has no slope."""
    assert recalibrate(predicted(np.full((2, PEOPLE), -0.4)), CASES) is None


def test_no_probability_goes_further_than_its_own_people() -> None:
    """The ends are shares of cases among fifty people or more, within what was predicted."""
    probabilities = np.linspace(0.01, 0.99, 600)
    cases = np.zeros(600, np.bool_)
    cases[40:60] = cases[570:] = True
    assert carried(probabilities, cases) == pytest.approx((10 / 50, 30 / 50))
    few = np.linspace(0.2, 0.4, 100)
    assert carried(few, np.arange(100) >= 50) == pytest.approx((0.2, 0.4))


def test_a_few_at_the_end_do_not_hold_down_a_tenth() -> None:
    """Four of five are cases in the highest tenth, but for its last twenty people, by chance."""
    cases = np.zeros(3_000, np.bool_)
    cases[2_700:] = np.arange(300) % 5 < 4
    cases[2_980:] = False
    highest = carried(np.linspace(0.01, 0.99, 3_000), cases)[1]
    assert highest == pytest.approx(cases[2_700:].mean(), abs=0.005)
    assert cases[2_950:].mean() < 0.5


def test_ends_the_wrong_way_round_are_seen() -> None:
    """Where cases are at the low end only, the highest is below the lowest."""
    lowest, highest = carried(np.linspace(0.01, 0.99, 3_000), np.arange(3_000) < 400)
    assert highest < lowest


@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_curve_stays_right_where_it_ends(seed: int) -> None:
    """Ends at the shares of the outermost tenths make the slope larger by .05 in new people."""
    norms, base = packaged_norms(), prior()
    effects = {each.name: 0.3 for each in STUDY_FIGURES if each.statistic is Statistic.MEAN}
    fitted_to, fresh = (
        drawn_people(Cohort(6_000, 0.4, effects), norms, each) for each in (seed, 99)
    )
    towards = weights_of(base)
    out = out_of_fold(fitted_to, towards, norms, Plan(seed, folds=2, repeats=1))
    recalibration = recalibrate(out, fitted_to.cases)
    assert recalibration is not None
    model = fit(fitted_to.z, fitted_to.cases, towards, PULLS[-1])
    curve = recalibration.curve_of(model.intercept, 1.0)
    log_odds = curve.intercept + curve.slope * (fresh.z @ model.weights)
    told = np.clip(expit(log_odds), curve.lowest, curve.highest)
    slope, endless = (calibration(fresh.cases, each).slope for each in (told, expit(log_odds)))
    assert slope is not None
    assert endless is not None
    assert slope.estimate.low <= 1 <= slope.estimate.high
    assert slope.estimate.value == pytest.approx(endless.estimate.value, abs=0.02)


@pytest.mark.parametrize(
    ("slope", "lowest", "highest", "carries"),
    [(1.0, 0.1, 0.4, True), (-0.2, 0.1, 0.4, False), (1.0, 0.4, 0.4, False)],
)
def test_a_probability_must_rise(
    slope: float, lowest: float, highest: float, carries: bool
) -> None:
    """More in the composite, more cases, at both ends."""
    estimate = Estimate(slope, slope - 1, slope + 1)
    assert Recalibration(estimate, estimate, lowest, highest).carries is carries


def test_the_curve_is_the_recalibrated_log_odds() -> None:
    """Intercept and slope of both are put together."""
    found = Recalibration(Estimate(0.1, 0, 1), Estimate(0.8, 0, 1), 0.1, 0.4)
    curve = found.curve_of(-1.0, 0.5)
    assert curve.intercept == pytest.approx(0.1 + 0.8 * -1.0)
    assert curve.slope == pytest.approx(0.8 * 0.5)
    assert (curve.lowest, curve.highest) == (0.1, 0.4)


def test_better_means_the_whole_interval() -> None:
    """Not its middle."""
    some = Estimate(0.6, 0.5, 0.7)
    assert not Comparison(some, some, Estimate(0.02, 0.0, 0.04)).is_better
    assert Comparison(some, some, Estimate(0.02, 0.001, 0.04)).is_better
