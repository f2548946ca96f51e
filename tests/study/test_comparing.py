"""What is compared and what is not, which figures are adjusted together, and where an interval ends."""

import dataclasses
import itertools
import warnings
from datetime import date
from typing import Any, cast

import numpy as np
import pytest
from kizashi_study.analysis.clip_profile import INTENSITIES, MEASURES, PRESENCES
from kizashi_study.analysis.comparisons import adjust, cohens_d, compare, compare_all, with_q
from kizashi_study.analysis.correlations import correlate_all, why_none
from kizashi_study.analysis.item_effects import both_effect, item_effect
from kizashi_study.analysis.report import Report, Subject, report_of
from kizashi_study.errors import NothingToCompare
from scipy import stats

from tests.study.small_study import gathered, profile

LEVELS = np.array([0.0, 0.1, 0.25, 0.3, 0.42, 0.5])


def report(**figures: tuple[float, float]) -> Report:
    """Of six people a group, around these means of the two groups."""

    def change(number: int) -> Any:
        side, person = divmod(number, 6)
        values = {name: means[side] + LEVELS[person] for name, means in figures.items()}
        return profile(number, **values)

    people = gathered(change)
    subject = Subject(
        people.first,
        people.second,
        people.sizes,
        None,
        (),
        None,
        "",
        0,
        "",
        date(2026, 11, 30),
        "0",
    )
    return report_of(people, subject, None, "", cast("Any", None))


def test_only_what_is_higher_confirms_the_study() -> None:
    """One of its measures that is lower in the second group is found, and confirms nothing."""
    found = report(AU01_r=(1.0, 3.0), AU05_r=(3.0, 1.0), AU12_r=(1.0, 3.0))
    assert {each.measure for each in found.found} >= {"AU01_r", "AU05_r", "AU12_r"}
    assert found.confirmed == ("AU01_r",)


def test_a_measure_without_spread_in_either_group_is_not_compared() -> None:
    """Whichever group it is, and rounding is no spread."""
    rounded = 0.1 + 0.2  # not 0.3, to the last digit

    def change(number: int) -> Any:
        return profile(
            number,
            AU01_r=1.0 if number < 6 else 2.0 + number / 10,
            AU02_r=number / 10 if number < 6 else 2.0,
            AU04_r=rounded if number % 2 else 0.3,
        )

    found = compare_all(gathered(change))
    assert found.constant == ("AU01_r", "AU02_r", "AU04_r")
    assert len(found.intensities) == len(INTENSITIES) - 3


def test_where_no_measure_can_be_compared_there_is_no_report() -> None:
    """Half of the measures the same in one group, half in the other: nothing is left."""
    people = gathered()
    values = people.values.copy()
    values[:6, ::2], values[6:, 1::2] = 1.0, 1.0
    with pytest.raises(NothingToCompare) as caught:
        compare_all(dataclasses.replace(people, values=values))
    assert "nothing can be compared" in caught.value.person


def test_families_are_adjusted_apart() -> None:
    """Intensities among themselves and presences among themselves, in both kinds of table."""
    people = gathered()
    comparisons, correlations = compare_all(people), correlate_all(people)
    for family in (comparisons.intensities, comparisons.presences):
        assert [each.q for each in family] == pytest.approx(adjust([each.p for each in family]))
    for names in (INTENSITIES, PRESENCES):
        found = [each for each in correlations if each.measure in names]
        assert len(found) == len(names)
        assert [each.q for each in found] == pytest.approx(adjust([each.p for each in found]))
    p_values = [each.p for each in correlations]
    assert len(p_values) == len(MEASURES)
    assert [each.q for each in correlations] != pytest.approx(adjust(p_values))


def test_a_comparison_says_how_many_it_is_of() -> None:
    """Of either group."""
    found = compare("AU01_r", LEVELS, LEVELS[:5] * 2)
    assert (found.first_n, found.second_n) == (6, 5)


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        ([1.0] * 3 + list(range(6)) + [np.nan] * 5, "9 told a total, and at least 10"),
        ([7.0] * 12, "all 12 totals are the same"),
        (list(range(10)), ""),
    ],
)
def test_why_totals_carry_no_correlation_is_told(totals: list[float], words: str) -> None:
    """With the number: too few, or all the same."""
    found = why_none(np.array(totals, np.float64))
    assert words in found
    assert bool(words) == bool(found)


def test_intervals_of_few_people_and_great_effects_are_right_or_not_determined() -> None:
    """Two to six people a group and d up to 10,000: no error, and an end only where it is one."""
    told = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n, effect in itertools.product(
            (2, 3, 4, 5, 6), (0.5, 2, 3, 5, 8, 10, 15, 20, 50, 100, 1e4)
        ):
            first = np.linspace(-1, 1, n)
            d, low, high = cohens_d(first, first + effect * first.std(ddof=1))
            assert np.isnan(low) == np.isnan(high)
            if not np.isnan(low):
                told += 1
                scale = np.sqrt(n / 2)
                at_ends = [
                    stats.nct.cdf(d * scale, 2 * n - 2, each * scale) for each in (low, high)
                ]
                assert at_ends == pytest.approx([0.975, 0.025], abs=1e-4)
    assert told > 30
    found = compare("AU01_r", np.linspace(-1, 1, 3), np.linspace(-1, 1, 3) + 8.0)
    assert (found.d_low, found.d_high) == (None, None)


def test_partial_eta_squared_of_next_to_no_effect_has_no_interval() -> None:
    """Where F is so small that even no effect seldom makes it, an interval of 0 to 0 were a lie."""
    scores = np.array([4.0, 4.5, 5.0, 3.5, 4.2, 5.1])
    shift = np.array([0.3, -0.3, 0.2, -0.2, 0.1, -0.1001])
    found = item_effect("friendly", scores, scores + shift)
    assert found.p > 0.975
    assert (found.low, found.high) == (None, None)
    extreme = item_effect("friendly", np.zeros(6), 5.0 + shift * 1e-6)
    assert extreme.low is None or extreme.low <= extreme.eta_squared


def test_the_interval_of_partial_eta_squared_counts_raters() -> None:
    """Lambda / (lambda + N), where N is the number of raters who saw both groups."""
    scores = np.array([4.0, 4.5, 5.0, 3.5, 4.2, 5.1, 4.4, 4.9])
    found = item_effect(
        "friendly", scores, scores + np.array([1, 0.4, 0.7, 0.2, 0.9, 0.3, 0.5, 0.8])
    )
    assert found.low is not None
    assert found.high is not None
    for end, probability in ((found.low, 0.975), (found.high, 0.025)):
        noncentrality = 8 * end / (1 - end)
        assert stats.ncf.cdf(found.f, 1, 7, noncentrality) == pytest.approx(probability, abs=1e-5)


def test_over_people_and_raters_is_clarks() -> None:
    """Min F' of F1 = 8.0 with 1 and 30, F2 = 12.5 with 1 and 15 degrees of freedom, by hand."""
    people = compare("friendly", LEVELS, LEVELS + 1)
    raters = item_effect("friendly", LEVELS, LEVELS + LEVELS * 2)
    found = both_effect(
        dataclasses.replace(people, t=np.sqrt(8.0), df=30.0),
        dataclasses.replace(raters, f=12.5, df=15.0),
    )
    assert found.f == pytest.approx(8.0 * 12.5 / 20.5)
    assert found.df == pytest.approx(20.5**2 / (8.0**2 / 15 + 12.5**2 / 30))
    assert found.p == pytest.approx(stats.f.sf(4.8780, 1, 44.31), abs=1e-4)
    assert found.difference == pytest.approx(1.0)


def test_q_is_of_all_tests_given() -> None:
    """Whatever they are of; none of none."""
    tests = [dataclasses.replace(compare("x", LEVELS, LEVELS + 1), p=p) for p in (0.04, 0.01, 0.5)]
    assert [each.q for each in with_q(tests)] == pytest.approx([0.06, 0.03, 0.5])
    assert with_q([]) == ()
