"""What norms tell of the people they are of: no more closely than it is known."""

import json
import math
from typing import Any

import numpy as np
import pytest
from kizashi_models.figures import ALL_FIGURES, STUDY_FIGURES
from kizashi_models.norms import parse_norms
from kizashi_models.norms_fitting import People, fit_norms, without_spread
from kizashi_protocol.summary import MODE_STATIC
from numpy.typing import NDArray

from tests.models.scoring import EXTRACTOR_ID, summary_at

SOURCE = {"en": "made up", "ja": "架空"}


def people(number: int, values: NDArray[np.float64] | None = None) -> People:
    """So many, with figures about 1 (0.4 of a rate) and shares of speaking from 0 to 1."""
    random = np.random.default_rng(3)
    drawn = 0.5 + 0.1 * random.standard_normal((number, len(ALL_FIGURES)))
    speaking = random.random(number)
    return People(EXTRACTOR_ID, MODE_STATIC, number, drawn if values is None else values, speaking)


def table_of(those: People, **options: bool) -> dict[str, Any]:
    """The norms file of these people."""
    table: dict[str, Any] = json.loads(fit_norms(those, "own/1", SOURCE, **options).text)
    return table


@pytest.mark.parametrize("number", [24, 150, 1_200])
def test_figures_are_rounded_to_what_is_known_of_them(number: int) -> None:
    """In steps of a tenth of a standard error to a whole one, and never by more than half of one."""
    those = people(number)
    exact, told = table_of(those, of_the_public=True), table_of(those)
    for name, figure in told["figures"].items():
        spread = exact["figures"][name]["standard_deviation"]
        error = spread / math.sqrt(number)
        step = 10 ** math.floor(math.log10(error))
        for key in ("mean", "standard_deviation"):
            assert figure[key] == pytest.approx(exact["figures"][name][key], abs=error / 2)
            assert figure[key] / step == pytest.approx(round(figure[key] / step), abs=1e-3)


def test_of_one_who_withdrew_less_is_left() -> None:
    """Sums of 24 less sums of 23 give that one exactly where figures are exact, and not here."""
    those = people(24)
    rest = People(EXTRACTOR_ID, MODE_STATIC, 23, those.values[:23], those.speaking[:23])

    def furthest(**options: bool) -> float:
        of_all, of_rest = (table_of(each, **options)["figures"] for each in (those, rest))
        names = [figure.name for figure in ALL_FIGURES]
        found = [24 * of_all[name]["mean"] - 23 * of_rest[name]["mean"] for name in names]
        return float(np.median(np.abs(np.array(found) - those.values[23])))

    assert furthest(of_the_public=True) < 1e-4
    assert furthest() > 0.02  # of a standard deviation of .1


@pytest.mark.parametrize("number", [24, 101])
def test_correlations_leave_the_one_who_withdrew_in_doubt(number: int) -> None:
    """Products of sums of n + 1 less those of n are that one's, but for the rounding."""
    random = np.random.default_rng(number)
    tries = [_distance_of_a_guess(number, random) for _ in range(24)]
    print(f"{number} people: half of guesses within {np.median(tries):.2f} standard deviations")
    assert np.median(tries) > 0.2


def _distance_of_a_guess(number: int, random: np.random.Generator) -> float:
    """How far the best guess at one person's six figures lies from them, in standard deviations."""
    columns = [ALL_FIGURES.index(figure) for figure in STUDY_FIGURES]
    drawn = 0.5 + 0.1 * random.standard_normal((number + 1, len(ALL_FIGURES)))
    speaking = random.random(number + 1)
    told = []
    for count in (number, number + 1):
        those = People(EXTRACTOR_ID, MODE_STATIC, count, drawn[:count], speaking[:count])
        table = fit_norms(those, "own/1", SOURCE).text
        told.append(count * np.array(parse_norms(table, "own").correlations))
    product = told[1] - told[0]
    true = (drawn[-1, columns] - drawn[:, columns].mean(axis=0)) / drawn[:, columns].std(axis=0)
    guess = random.standard_normal(len(columns))
    for place in 100 * list(range(len(columns))):
        rest = np.arange(len(columns)) != place
        guess[place] = product[place, rest] @ guess[rest] / (guess[rest] @ guess[rest] + 1e-9)
    errors = [float(np.sqrt(np.mean((sign * guess - true) ** 2))) for sign in (1, -1)]
    return min(errors)


def test_nobodys_own_share_of_speaking_is_an_end_of_the_range() -> None:
    """The ends are percentiles, and the mean lies between them whoever the people are."""
    those = people(40)
    told = table_of(those)["speaking"]
    assert those.speaking.min() < told["low"] < told["mean"] < told["high"] < those.speaking.max()
    for one, others in ((0.9, 0.0), (0.0, 0.9)):
        odd = People(EXTRACTOR_ID, MODE_STATIC, 40, those.values, np.array([one, *[others] * 39]))
        found = table_of(odd)["speaking"]
        assert found["low"] <= found["mean"] <= found["high"]


def test_correlations_that_rounding_makes_impossible_are_drawn_in() -> None:
    """Six figures that are nearly one: rounded alone, no set of figures could have these."""
    random = np.random.default_rng(1)
    one = random.standard_normal((30, 1))
    values = 0.5 + 0.1 * random.standard_normal((30, len(ALL_FIGURES)))
    columns = [ALL_FIGURES.index(figure) for figure in STUDY_FIGURES]
    values[:, columns] = 0.5 + 0.1 * (one + 0.06 * random.standard_normal((30, 6)))
    text = fit_norms(people(30, values), "own/1", SOURCE).text
    matrix = np.array(parse_norms(text, "own").correlations)
    assert np.linalg.eigvalsh(matrix).min() > -1e-4


def test_nobody_differs_where_the_spread_is_next_to_nothing() -> None:
    """Named are the figures, by the one rule of norms, calibration and validation."""
    first, second = summary_at({"AU01.mean": 0.0}), summary_at({"AU01.mean": 1.0})
    nearly = summary_at({"AU05.mean": 0.001})
    found = without_spread(STUDY_FIGURES, [first, second, nearly])
    assert found == [figure.name for figure in STUDY_FIGURES if figure.name != "AU01.mean"]
