"""Figures of a test and their intervals, against published ones and such as anybody can work out."""

import math

import numpy as np
import pytest
from kizashi_models.validation import LARGEST_HALF_WIDTH, LEAST_SHARE_PEOPLE
from kizashi_server.validation.intervals import (
    Z_95,
    CrossTable,
    Measured,
    area,
    cross_table,
    predictive_values,
    proportion,
)
from kizashi_server.validation.net_benefit import THRESHOLDS, decision_curve
from kizashi_server.validation.recalibration import calibration
from kizashi_server.validation.sample_size import people_needed
from scipy.special import expit, logit

# Hanley and McNeil, Radiology 1982;143:29: 109 CT images rated 1 to 5, as Stata's manual of roctab
# uses them: area .8932, DeLong's standard error .0307, 95 % interval .83295 to .95339.
RATED_OTHERS, RATED_CASES = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)


def interval(measured: Measured | None) -> tuple[float, float, float]:
    """Value, low and high."""
    assert measured is not None
    return measured.estimate.value, measured.estimate.low, measured.estimate.high


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_wilsons_interval(count: int, n: int, low: float, high: float) -> None:
    """Newcombe, Stat Med 1998;17:857, table I, method 3."""
    assert interval(proportion(count, n)) == pytest.approx((count / n, low, high), abs=5e-5)


@pytest.mark.parametrize("count", [0, 20])
def test_a_share_of_none_or_all_lies_in_its_interval(count: int) -> None:
    """Also in its last digit, which the server checks."""
    value, low, high = interval(proportion(count, 20))
    assert 0 <= low <= value <= high <= 1


def test_an_area_has_delongs_standard_error() -> None:
    """That of Stata's manual, and an interval on the logit scale."""
    ratings = np.arange(1, 6, dtype=np.float64)
    composite = np.concatenate([np.repeat(ratings, RATED_CASES), np.repeat(ratings, RATED_OTHERS)])
    cases = np.arange(len(composite)) < sum(RATED_CASES)
    value, low, high = interval(area(cases, composite))
    error = (logit(high) - logit(low)) / (2 * Z_95) * value * (1 - value)
    assert (value, error) == pytest.approx((0.8932, 0.0307), abs=5e-5)
    assert value - Z_95 * error == pytest.approx(0.83295, abs=5e-5)


@pytest.mark.parametrize(
    ("cases", "composite"),
    [([True, False, False], [1.0, 0.0, 0.5]), ([True, True, False, False], [3.0, 2.0, 1.0, 0.0])],
    ids=["one case", "all told apart"],
)
def test_an_area_without_an_interval_is_none(cases: list[bool], composite: list[float]) -> None:
    """No number stands in for it."""
    assert area(np.array(cases), np.array(composite)) is None


def test_predictive_values_follow_bayes() -> None:
    """At a sensitivity of .38 and a specificity of .80: .24 of the flagged at 14.3 %, .45 at 29.5 %."""
    table = CrossTable(380, 620, 200, 800)
    assert interval(predictive_values(table, 0.143)[0])[0] == pytest.approx(0.24, abs=0.005)
    assert interval(predictive_values(table, 0.295)[0])[0] == pytest.approx(0.45, abs=0.01)


def test_predictive_values_have_the_logit_interval() -> None:
    """By way of likelihood ratios, whose logs have the variances of Simel (J Clin Epidemiol 1991)."""
    # The table of Mercaldo 2007: 240 of 418 cases and 87 of 375 others carry the allele.
    found, missed, wrong, right = 240, 178, 87, 288
    odds = 0.03 / 0.97
    positive, negative = predictive_values(CrossTable(found, missed, wrong, right), 0.03)
    ratio = math.log((found / 418) / (wrong / 375) * odds)
    error = math.sqrt(1 / found - 1 / 418 + 1 / wrong - 1 / 375)
    expected = [expit(ratio + side * Z_95 * error) for side in (0, -1, 1)]
    assert interval(positive) == pytest.approx(expected)
    assert interval(positive) == pytest.approx((0.0711, 0.0589, 0.0856), abs=5e-5)
    ratio = math.log((right / 375) / (missed / 418) / odds)
    error = math.sqrt(1 / missed - 1 / 418 + 1 / right - 1 / 375)
    expected = [expit(ratio + side * Z_95 * error) for side in (0, -1, 1)]
    assert interval(negative) == pytest.approx(expected)


def test_predictive_values_of_a_sample_are_shares_of_it() -> None:
    """Of the flagged, and of the others; of nobody there is none."""
    positive, negative = predictive_values(CrossTable(30, 20, 10, 90), None)
    assert positive == proportion(30, 40)
    assert negative == proportion(90, 110)
    assert predictive_values(CrossTable(0, 20, 0, 90), None)[0] is None
    assert predictive_values(CrossTable(0, 20, 10, 90), 0.2) == (None, None)


@pytest.mark.parametrize(("share", "people"), [(0.3, 323), (0.7, 323), (0.5, 385)])
def test_a_sensitivity_within_five_points_takes_so_many_cases(share: float, people: int) -> None:
    """1.96 squared times p (1 - p) over .05 squared."""
    assert people_needed(share) == people == math.ceil(1.96**2 * share * (1 - share) / 0.05**2)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.5, 0.99, 1.0])
def test_with_the_people_needed_the_reported_interval_suffices(share: float) -> None:
    """Near 0 and 1 as well, where the normal approximation promises too much."""
    needed = people_needed(share)
    found = proportion(round(share * needed), needed)
    assert found is not None
    # The count is rounded to a person.
    assert found.estimate.half_width <= LARGEST_HALF_WIDTH + 0.5 / needed


def test_net_benefit_is_what_a_hand_works_out() -> None:
    """100 people, 20 cases; 15 of them flagged and 10 others."""
    cases = np.arange(100) < 20
    flagged = np.concatenate([np.arange(20) < 15, np.arange(80) < 10])
    curve = {each.threshold: each for each in decision_curve(cases, flagged, None, None)}
    assert tuple(curve) == THRESHOLDS
    at_fifth, at_half = curve[0.2], curve[0.5]
    assert interval(at_fifth.band)[0] == pytest.approx(0.15 - 0.10 / 4)
    assert at_fifth.everybody == pytest.approx(0.2 - 0.8 / 4)
    assert interval(at_fifth.gain)[0] == pytest.approx(0.125)
    assert interval(at_half.band)[0] == pytest.approx(0.15 - 0.10)
    assert at_half.everybody == pytest.approx(0.2 - 0.8)
    # The net benefit is the mean of what each person adds, and errs as a mean does.
    adds = np.where(flagged, np.where(cases, 1.0, -0.25), 0.0)
    error = adds.std() / math.sqrt(100)
    assert interval(at_fifth.band)[2] == pytest.approx(0.125 + Z_95 * error)


def test_net_benefit_at_a_stated_prevalence_weighs_both_kinds_by_it() -> None:
    """Half of the people are cases here, a fifth where the scorer is used."""
    cases = np.arange(200) < 100
    flagged = np.concatenate([np.arange(100) < 60, np.arange(100) < 20])
    at_half = decision_curve(cases, flagged, None, 0.2)[-1]
    assert interval(at_half.band)[0] == pytest.approx(0.2 * 0.6 - 0.8 * 0.2)
    assert at_half.everybody == pytest.approx(0.2 - 0.8)


def test_net_benefit_of_flagging_nobody_is_0() -> None:
    """Where no probability reaches the threshold, and where nobody has the band."""
    cases = np.arange(50) < 25
    found = decision_curve(cases, ~cases & cases, np.full(50, 0.3), None)
    assert [interval(each.probability) == (0, 0, 0) for each in found] == [
        each > 0.3 for each in THRESHOLDS
    ]
    assert {interval(each.band) for each in found} == {(0, 0, 0)}


@pytest.mark.parametrize("prevalence", [None, 0.3])
def test_a_gain_is_over_the_better_of_everybody_and_nobody(prevalence: float | None) -> None:
    """With the interval of the difference in the same people: tighter than that of the band's own."""
    cases = np.arange(100) < 20
    flagged = np.concatenate([np.arange(20) < 15, np.arange(80) < 60])
    curve = {each.threshold: each for each in decision_curve(cases, flagged, None, prevalence)}
    at_tenth, at_half = curve[0.1], curve[0.5]
    share = 0.2 if prevalence is None else prevalence
    everybody = share - (1 - share) / 9
    assert at_tenth.everybody == pytest.approx(everybody)
    assert everybody > 0
    value, low, high = interval(at_tenth.gain)
    assert value == pytest.approx(interval(at_tenth.band)[0] - everybody)
    if prevalence is None:
        adds = np.where(flagged, 0.0, np.where(cases, -1.0, 1 / 9))
        error = adds.std() / math.sqrt(100)
    else:
        error = math.hypot(0.3 * math.sqrt(0.75 * 0.25 / 20), 0.7 / 9 * math.sqrt(0.1875 / 80))
    assert (low, high) == pytest.approx((value - Z_95 * error, value + Z_95 * error))
    assert at_half.everybody < 0
    assert at_half.gain == at_half.band


def test_right_probabilities_have_slope_1_and_intercept_0() -> None:
    """And wrong ones what they are wrong by: half as extreme, or one logit lower, would be right."""
    random = np.random.default_rng(3)
    probability = random.beta(2, 4, 20_000)
    cases = random.random(20_000) < probability
    right = calibration(cases, probability)
    too_extreme = calibration(cases, expit(2 * logit(probability)))
    too_high = calibration(cases, expit(logit(probability) + 1))
    assert interval(right.slope) == pytest.approx((1, 1, 1), abs=0.08)
    assert interval(right.intercept) == pytest.approx((0, 0, 0), abs=0.08)
    assert right.slope is not None
    assert right.slope.estimate.low <= 1 <= right.slope.estimate.high
    assert interval(too_extreme.slope)[0] == pytest.approx(interval(right.slope)[0] / 2)
    assert interval(too_high.intercept)[0] == pytest.approx(interval(right.intercept)[0] - 1)


def test_one_probability_for_all_has_an_intercept_and_no_slope() -> None:
    """A quarter were told a half: the intercept is the logit of a quarter."""
    found = calibration(np.arange(400) < 100, np.full(400, 0.5))
    assert found.slope is None
    assert interval(found.intercept)[0] == pytest.approx(logit(0.25))


def test_probabilities_that_tell_all_apart_have_no_slope() -> None:
    """Its estimate would be without bound."""
    cases = np.arange(100) >= 50
    assert calibration(cases, np.linspace(0.1, 0.9, 100)).slope is None


def test_a_slope_that_reaches_anywhere_is_none() -> None:
    """Of probabilities that hardly differ: the report has no number for it, and is read all the same."""
    probability = np.where(np.arange(200) % 2, 0.5, 0.5 + 1e-9)
    assert calibration(np.arange(200) % 3 == 0, probability).slope is None


@pytest.mark.parametrize("people", [49, 50, 99, 100, 251, 1000])
def test_the_calibration_curve_holds_everybody_once(people: int) -> None:
    """In bins of 50 or more, in order, without a gap, equal probabilities together."""
    probability = np.random.default_rng(people).integers(1, 90, people) / 100
    curve = calibration(np.arange(people) % 3 == 0, probability).curve
    if people < LEAST_SHARE_PEOPLE:
        assert curve == ()
        return
    shares = [each.share for each in curve]
    assert sum(each.people for each in shares) == people
    assert min(each.people for each in shares) >= LEAST_SHARE_PEOPLE
    assert len(shares) <= 5
    assert [each.high for each in shares[:-1]] == [each.low for each in shares[1:]]
    for each in shares:
        assert ((probability >= each.low) & (probability < each.high)).sum() == each.people


def test_a_cross_table_counts_each_kind() -> None:
    """Cases by flags."""
    cases = np.array([True, True, True, False, False, False])
    flagged = np.array([True, True, False, True, False, False])
    table = cross_table(cases, flagged)
    assert table == CrossTable(2, 1, 1, 2)
    assert (table.cases, table.others, table.flagged, table.people) == (3, 3, 3, 6)
