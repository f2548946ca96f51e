"""The newest check against the person's own others: enough of them, and what is compared."""

import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.history.own_baseline import (
    ENOUGH,
    OwnTrend,
    Place,
    TooFew,
    course,
    own_trend,
)
from kizashi_agent.history.words import about_figure, about_trend
from kizashi_models.figures import STUDY_FIGURES
from kizashi_protocol import LOCALES, Locale

from tests.agent.history.entries import entry

# Plain words that say nothing of a person's health.
DIAGNOSES = ("depress", "disorder", "symptom", "うつ", "抑うつ", "症状")


def trend_of(*zs: float) -> OwnTrend:
    """Of checks on following days."""
    found = own_trend([entry(day, z) for day, z in enumerate(zs)])
    assert isinstance(found, OwnTrend)
    return found


@pytest.mark.parametrize("count", range(ENOUGH))
def test_nothing_is_compared_before_there_are_enough(count: int) -> None:
    """It is said how many more are needed."""
    assert own_trend([entry(day) for day in range(count)]) == TooFew(ENOUGH - count, 0)


def test_checks_of_another_extractor_are_left_out_and_said() -> None:
    """Its figures are on another scale."""
    old = [entry(day, extractor_id="older/1") for day in range(6)]
    assert own_trend([*old, entry(9)]) == TooFew(ENOUGH - 1, 6)
    found = own_trend([*old, *[entry(day) for day in range(9, 14)]])
    assert isinstance(found, OwnTrend)
    assert (found.left_out, len(found.times)) == (6, 5)


@pytest.mark.parametrize(
    ("newest", "place"), [(5.0, Place.MORE), (-3.5, Place.LESS), (0.1, Place.USUAL)]
)
def test_the_newest_is_placed_against_the_others(newest: float, place: Place) -> None:
    """Each of the study's movements, and all of them together."""
    found = trend_of(-0.2, 0.1, 0.0, 0.2, -0.1, newest)
    assert found.together.place is place
    assert {each.place for _, each in found.figures} == {place}
    assert [figure for figure, _ in found.figures] == list(STUDY_FIGURES)


def test_the_order_of_files_does_not_matter() -> None:
    """Time does."""
    entries = [entry(day, z) for day, z in enumerate((0.0, 0.1, 0.2, 0.1, 3.0))]
    found = own_trend(entries)
    assert all(own_trend(each) == found for each in permutations(entries))


def test_one_odd_recording_moves_no_baseline() -> None:
    """A mean and a standard deviation would hide the newest behind it."""
    found = trend_of(0.0, 0.2, -0.2, 0.1, -0.1, 4.0, 3.0)
    assert found.together.place is Place.MORE


def test_what_hardly_varies_makes_nothing_unusual() -> None:
    """Five recordings that are the same to the last digit, and one that is nearly so."""
    found = trend_of(0.0, 0.0, 0.0, 0.0, 0.0, 0.05)
    assert {each.place for _, each in found.figures} == {Place.USUAL}
    assert found.together.place is Place.USUAL


VALUES = st.lists(st.floats(0, 5), min_size=2, max_size=30)


@given(VALUES, st.floats(0.01, 1))
def test_a_range_holds_its_median_and_half_of_the_others(values: list[float], least: float) -> None:
    """For any values."""
    found = course(values, least)
    inside = [found.low <= each <= found.high for each in values[:-1]]
    assert found.low < found.median < found.high
    assert sum(inside) * 2 >= len(inside)


@given(VALUES, st.floats(-4, 4))
def test_a_shift_of_everything_changes_no_place(values: list[float], shift: float) -> None:
    """Only the difference to one's own counts."""
    moved = [round(each, 3) + round(shift, 3) for each in values]
    before, after = course([round(each, 3) for each in values], 0.1), course(moved, 0.1)
    margin = min(abs(before.values[-1] - before.low), abs(before.values[-1] - before.high))
    if margin > 1e-6:
        assert before.place is after.place


@pytest.mark.parametrize(("checks", "one_in"), [(5, 6), (10, 15), (20, 43)])
def test_chance_alone_is_as_often_as_the_words_say(checks: int, one_in: int) -> None:
    """Where nothing changes and figures are normal."""
    draws, generator = 20_000, random.Random(1)  # noqa: S311 - a simulation
    outside = 0
    for _ in range(draws):
        values = [generator.gauss(0, 1) for _ in range(checks)]
        outside += course(values, 1e-9).place is not Place.USUAL
    assert outside / draws == pytest.approx(1 / one_in, rel=0.12)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("zs", [(0.0,) * 5, (0.0,) * 5 + (4.0,), (0.0,) * 5 + (-4.0,), (0.0,)])
def test_the_words_say_what_it_is_not(locale: Locale, zs: tuple[float, ...]) -> None:
    """Whatever it shows; no diagnosis, and no figure of the person."""
    found = own_trend([entry(day, z) for day, z in enumerate(zs)])
    words = " ".join(about_trend(locale, found))
    assert not [each for each in DIAGNOSES if each in words.lower()]
    if isinstance(found, OwnTrend):
        assert {"en": "not a diagnosis", "ja": "診断でもありません"}[locale] in words
        assert {"en": "not established", "ja": "確かめられていません"}[locale] in words
        lines = [about_figure(locale, figure, each.place) for figure, each in found.figures]
        assert len(set(lines)) == len(STUDY_FIGURES)
        assert not any(sign.isdigit() for line in lines for sign in line)
    else:
        assert str(found.needed) in words


@pytest.mark.parametrize("locale", LOCALES)
def test_what_was_left_out_is_said(locale: Locale) -> None:
    """With how many."""
    old = [entry(day, extractor_id="older/1") for day in range(7)]
    assert "7" in about_trend(locale, own_trend([*old, entry(9)]))[-1]
