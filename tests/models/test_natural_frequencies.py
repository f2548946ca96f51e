"""How many of 1,000 people: the figures in the words are those of the band that ships."""

from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_models.feedback.natural_frequencies import (
    HOPED_AUC,
    SPECIFICITY,
    hoped_for,
    natural_frequencies,
    sensitivity_at,
)
from kizashi_models.scorer import LOWER_CUT, UPPER_CUT


def test_frequencies_are_those_of_the_band_that_ships() -> None:
    """At AUC .65 and 14.3 in 100, with the cut at one standard deviation: 182, 46, 136 and 97."""
    found = hoped_for()
    assert (found.flagged, found.rightly, found.wrongly, found.missed) == (182, 46, 136, 97)
    others, cases = NormalDist(), NormalDist(2**0.5 * NormalDist().inv_cdf(HOPED_AUC))
    assert pytest.approx(others.cdf(UPPER_CUT)) == SPECIFICITY
    assert sensitivity_at(HOPED_AUC, SPECIFICITY) == pytest.approx(1 - cases.cdf(UPPER_CUT))


def test_the_formula_gives_what_the_evidence_has() -> None:
    """At specificity .80 a sensitivity of .38, and of the flagged .24 or .45 with a low mood."""
    sensitivity = sensitivity_at(HOPED_AUC, 0.8)
    assert sensitivity == pytest.approx(0.38, abs=0.005)
    chile, japan = (natural_frequencies(1000, share, sensitivity, 0.8) for share in (0.143, 0.295))
    assert chile.rightly / chile.flagged == pytest.approx(0.24, abs=0.005)
    assert japan.rightly / japan.flagged == pytest.approx(0.45, abs=0.01)


def test_an_even_tool_tells_nothing() -> None:
    """At AUC .5 those with and without are flagged alike."""
    assert sensitivity_at(0.5, 0.8) == pytest.approx(0.2)


@given(
    people=st.integers(1, 100_000),
    prevalence=st.floats(0, 1),
    sensitivity=st.floats(0, 1),
    specificity=st.floats(0, 1),
)
def test_frequencies_add_up(
    people: int, prevalence: float, sensitivity: float, specificity: float
) -> None:
    """Whole people: the flagged are rightly or wrongly so, the cases found or missed."""
    found = natural_frequencies(people, prevalence, sensitivity, specificity)
    assert found.flagged == found.rightly + found.wrongly
    assert found.cases == found.rightly + found.missed
    assert min(found.rightly, found.wrongly, found.missed) >= 0


def test_most_with_a_low_mood_land_in_the_middle() -> None:
    """What the middle band says of itself holds at the AUC hoped for."""
    normal = NormalDist(2**0.5 * NormalDist().inv_cdf(HOPED_AUC))
    assert normal.cdf(UPPER_CUT) - normal.cdf(LOWER_CUT) > 0.5


def test_more_comes_more_often_from_something_else() -> None:
    """What the upper band says of itself holds at the higher prevalence among students too."""
    cases = 1 - NormalDist(2**0.5 * NormalDist().inv_cdf(HOPED_AUC)).cdf(UPPER_CUT)
    others = 1 - NormalDist().cdf(UPPER_CUT)
    assert 0.295 * cases < (1 - 0.295) * others
