"""The study's statistics against published numbers: R's own examples, and papers' tables."""

import numpy as np
import pytest
from kizashi_study.analysis.agreement import Agreement, intraclass
from kizashi_study.analysis.comparisons import adjust, cohens_d, compare, noncentrality_interval
from kizashi_study.analysis.correlations import correlate
from kizashi_study.analysis.item_effects import item_effect
from kizashi_study.analysis.power import power_of
from scipy import stats

# R's data set `sleep` (Student 1908): hours gained with two drugs, ten patients each.
FIRST_DRUG = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND_DRUG = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])

# R's data set `cars` (Ezekiel 1930): speed and stopping distance.
SPEED = np.repeat(
    [4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25],
    [2, 2, 1, 1, 3, 2, 4, 4, 4, 3, 2, 3, 4, 3, 5, 1, 1, 4, 1],
).astype(float)
DISTANCE = np.array(
    [
        "2",
        "10",
        "4",
        "22",
        "16",
        "10",
        "18",
        "26",
        "34",
        "17",
        "28",
        "14",
        "20",
        "24",
        "28",
        "26",
        "34",
        "34",
        "46",
        "26",
        "36",
        "60",
        "80",
        "20",
        "26",
        "54",
        "32",
        "40",
        "32",
        "40",
        "50",
        "42",
        "56",
        "76",
        "84",
        "36",
        "46",
        "68",
        "32",
        "48",
        "52",
        "56",
        "64",
        "66",
        "54",
        "70",
        "92",
        "93",
        "120",
        "85",
    ],
    float,
)

# Shrout and Fleiss 1979, table 2: six targets, four judges.
JUDGED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)


def test_welchs_test_is_that_of_r() -> None:
    """Of t.test(extra ~ group, data = sleep): t, df, p and interval; signs turned."""
    found = compare("AU01_r", FIRST_DRUG, SECOND_DRUG)
    assert (found.t, found.p) == pytest.approx((1.8608, 0.07939), abs=5e-5)
    assert found.df == pytest.approx(17.776, abs=5e-4)
    assert (found.low, found.high) == pytest.approx((-0.2054832, 3.3654832), abs=5e-7)
    assert (found.first_mean, found.second_mean) == pytest.approx((0.75, 2.33))


def test_cohens_d_is_the_difference_over_the_pooled_spread() -> None:
    """Of the same data, as the package effsize gives it; turned round, the same below 0."""
    d, low, high = cohens_d(FIRST_DRUG, SECOND_DRUG)
    assert d == pytest.approx(0.8321811, abs=5e-7)
    assert low < d < high
    turned = cohens_d(SECOND_DRUG, FIRST_DRUG)
    assert turned == pytest.approx((-d, -high, -low), abs=1e-6)


def test_the_interval_of_d_is_the_one_defined() -> None:
    """At its ends what was found lies at the 97.5th and the 2.5th part of a thousand."""
    d, low, high = cohens_d(FIRST_DRUG, SECOND_DRUG)
    scale = np.sqrt(5)
    at_ends = [stats.nct.cdf(d * scale, 18, end * scale) for end in (low, high)]
    assert at_ends == pytest.approx([0.975, 0.025], abs=1e-6)


def test_an_end_that_lies_below_all_there_is_stands_at_the_lowest() -> None:
    """An eta squared of an F below its expectation reaches down to 0."""
    low, high = noncentrality_interval(lambda shift: float(stats.ncf.cdf(0.5, 1, 20, shift)), 0, 90)
    assert low == 0
    assert stats.ncf.cdf(0.5, 1, 20, high) == pytest.approx(0.025, abs=1e-6)


def test_false_discoveries_are_counted_as_published() -> None:
    """Of the fifteen p of Benjamini and Hochberg 1995, four are discoveries at .05."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
    ]
    q = adjust([*p, 0.7590, 1.0])
    assert [each < 0.05 for each in q] == [True] * 4 + [False] * 11
    assert q[3] == pytest.approx(0.0095 * 15 / 4)
    assert adjust([]).tolist() == []


def test_correlation_and_its_interval_are_those_of_r() -> None:
    """Of cor.test(cars$speed, cars$dist)."""
    found = correlate("AU01_r", SPEED, DISTANCE)
    assert (found.r, found.low, found.high) == pytest.approx(
        (0.8068949, 0.6816422, 0.8862036), abs=5e-7
    )
    assert found.p == pytest.approx(1.49e-12, rel=1e-2)


def test_power_is_that_of_r() -> None:
    """Of power.t.test: for d = .5 it takes 63.77 a group, for d = .8 it takes 25.52."""
    table = power_of(20, 20)
    by_effect = {row.d: row for row in table.rows}
    assert by_effect[0.5].people_a_group == 64
    assert by_effect[0.5].power == pytest.approx(0.3377, abs=5e-4)
    assert by_effect[0.8].people_a_group == 26
    assert table.smallest_d == pytest.approx(0.9091, abs=5e-4)


def test_a_repeated_measures_effect_is_the_paired_t_squared() -> None:
    """Of t.test(paired = TRUE) on the same data t is 4.0621 with 9 degrees of freedom."""
    found = item_effect("friendly", FIRST_DRUG, SECOND_DRUG)
    assert (found.f, found.df) == pytest.approx((4.0621**2, 9), abs=5e-3)
    assert found.p == pytest.approx(0.002833, abs=5e-7)
    assert found.eta_squared == pytest.approx(4.0621**2 / (4.0621**2 + 9), abs=5e-5)
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < found.eta_squared < found.high < 1


def test_agreement_is_that_of_shrout_and_fleiss() -> None:
    """Their table 4: ICC(2,1) is .29 and ICC(2,4) is .62; intervals as R's psych gives them."""
    found = intraclass("friendly", JUDGED.astype(float))
    assert isinstance(found, Agreement)
    assert (found.single, found.mean) == pytest.approx((0.29, 0.62), abs=5e-3)
    assert (found.single_low, found.single_high) == pytest.approx((0.019, 0.761), abs=2e-3)
    assert (found.mean_low, found.mean_high) == pytest.approx((0.071, 0.927), abs=2e-3)
