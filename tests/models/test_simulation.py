"""Simulated cohorts: what was put in is in them, and they are the same from the same seed."""

import numpy as np
import pytest
from kizashi_models.figures import STUDY_FIGURES, Figure
from kizashi_models.labelled_recordings import Instrument, one_each
from kizashi_models.scorer_loading import load_scorer
from kizashi_models.simulation import Cohort, draw, simulate

NORMS = load_scorer(None, "research-prior/1").norms
EFFECTS = {"AU01.mean": 0.5, "AU25.mean": 0.2, "AU28.presence_rate": 0.8}


def generator(seed: int = 7) -> np.random.Generator:
    """A generator of its own for each test."""
    return np.random.default_rng(seed)


def test_effects_are_what_was_asked_for() -> None:
    """Cases differ by d of the norm's standard deviations, in each figure named and in no other."""
    drawn = draw(Cohort(30_000, 0.3, EFFECTS), NORMS, generator())
    spreads = [NORMS.figures[figure.name].standard_deviation for figure in drawn.figures]
    apart = drawn.values[drawn.cases].mean(axis=0) - drawn.values[~drawn.cases].mean(axis=0)
    expected = [EFFECTS.get(figure.name, 0.0) for figure in drawn.figures]
    assert apart / spreads == pytest.approx(expected, abs=0.06)
    assert drawn.cases.mean() == pytest.approx(0.3, abs=0.01)


def test_others_are_as_the_norms_say() -> None:
    """Means, standard deviations and, nearly, correlations of the norm's people."""
    drawn = draw(Cohort(20_000, 0.0, {}), NORMS, generator())
    named = [NORMS.figures[figure.name] for figure in drawn.figures]
    spreads = np.array([norm.standard_deviation for norm in named])
    excess = drawn.speaking - NORMS.speaking.mean
    slopes = np.array([norm.speaking_slope for norm in named])
    values = drawn.values - np.outer(excess, slopes)
    assert (values.mean(axis=0) - [norm.mean for norm in named]) / spreads == pytest.approx(
        np.zeros(len(named)), abs=0.05
    )
    assert values.std(axis=0) / spreads == pytest.approx(np.ones(len(named)), abs=0.1)
    columns = [drawn.figures.index(figure) for figure in STUDY_FIGURES]
    found = np.corrcoef(values[:, columns], rowvar=False)
    assert np.abs(found - np.array(NORMS.correlations)).max() < 0.12


def test_recordings_carry_what_was_drawn() -> None:
    """Through the summary's schema: the same figures, totals on the right side of the cut."""
    cohort = Cohort(30, 0.4, EFFECTS, groups={"glasses": ("yes", "no")})
    drawn, recordings = draw(cohort, NORMS, generator()), simulate(cohort, NORMS, generator())
    assert one_each(recordings, "cohort") == recordings
    for index, each in enumerate(recordings):
        assert each.summary is not None
        assert each.questionnaire is not None
        found = [figure.of(each.summary) for figure in drawn.figures]
        assert found == pytest.approx(drawn.values[index], abs=1e-5)
        assert (each.questionnaire.total >= 10) is bool(drawn.cases[index])
        assert each.groups["glasses"] in {"yes", "no"}
    assert simulate(cohort, NORMS, generator()) == recordings
    assert simulate(cohort, NORMS, generator(8)) != recordings


def test_halves_make_up_the_whole() -> None:
    """Each figure is the mean of its halves, which differ."""
    (found,) = simulate(Cohort(1, 0, {}, instrument=Instrument.BDI_II), NORMS, generator())
    assert found.summary is not None
    unit = found.summary.of(Figure.parse("AU01.mean").action_unit)
    assert unit.mean == pytest.approx((unit.first_half_mean + unit.second_half_mean) / 2, abs=1e-5)
    assert unit.first_half_mean != unit.second_half_mean


@pytest.mark.parametrize("effects", [{"AU28.mean": 0.2}, {"smile": 0.2}, {"AU01.mean": -0.1}])
def test_no_effect_is_made_up(effects: dict[str, float]) -> None:
    """Of a figure that is not there, or downwards, which a movement at rest cannot go."""
    with pytest.raises(ValueError, match="no such effect"):
        draw(Cohort(10, 0.5, effects), NORMS, generator())
