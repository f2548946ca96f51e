"""Simulated cohorts: what was put in is in them, and they are the same from the same seed."""

import numpy as np
import pytest
from kizashi_models.figures import STUDY_FIGURES, Figure
from kizashi_models.labelled_recordings import Instrument, one_each
from kizashi_models.scorer_loading import load_scorer
from kizashi_models.simulation import Cohort, draw, simulate
from scipy.stats import mannwhitneyu, norm

NORMS = load_scorer(None, "research-prior/1").norms
EFFECTS = {"AU01.mean": 0.5, "AU25.mean": 1.5, "AU28.presence_rate": 0.8}


def generator(seed: int = 7) -> np.random.Generator:
    """A generator of its own for each test."""
    return np.random.default_rng(seed)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_effects_are_what_was_asked_for(share: float) -> None:
    """Cohen's d as an analysis finds it, speaking in it, in each figure named and in no other."""
    drawn = draw(Cohort(20_000, share, EFFECTS), NORMS, generator())
    cases, others = drawn.values[drawn.cases], drawn.values[~drawn.cases]
    pooled = np.sqrt(share * cases.var(axis=0) + (1 - share) * others.var(axis=0))
    expected = [EFFECTS.get(figure.name, 0.0) for figure in drawn.figures]
    found = (cases.mean(axis=0) - others.mean(axis=0)) / pooled
    assert found == pytest.approx(expected, abs=0.06)
    assert drawn.cases.mean() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("effect", [0.25, 0.6])
def test_cases_and_others_overlap_as_an_effect_of_that_size_says(effect: float) -> None:
    """By no figure are they told apart better than two normal distributions so far apart are."""
    effects = {figure.name: effect for figure in STUDY_FIGURES}
    drawn = draw(Cohort(10_000, 0.5, effects), NORMS, generator())
    for figure in STUDY_FIGURES:
        values = drawn.values[:, drawn.figures.index(figure)]
        cases, others = values[drawn.cases], values[~drawn.cases]
        area = mannwhitneyu(cases, others).statistic / (len(cases) * len(others))
        assert area == pytest.approx(norm.cdf(effect / np.sqrt(2)), abs=0.05), figure
        assert cases.min() <= np.quantile(others, 0.05), figure


def test_an_effect_beyond_a_figures_range_ends_there() -> None:
    """The largest that its range allows, and no error: a site's own norms may leave little room."""
    effects = {"AU28.presence_rate": 9.0}
    drawn = draw(Cohort(400, 0.5, effects), NORMS, generator())
    column = [figure.name for figure in drawn.figures].index("AU28.presence_rate")
    assert np.median(drawn.values[drawn.cases, column]) == pytest.approx(1, abs=1e-3)


def test_nobody_differs_where_nothing_was_put_in() -> None:
    """Who is a case changes no value: the same draw has them whatever the share."""
    few, many = (draw(Cohort(200, share, {}), NORMS, generator()) for share in (0.1, 0.9))
    assert few.cases.sum() < many.cases.sum()
    assert few.values.tolist() == many.values.tolist()


def test_others_are_as_the_norms_say() -> None:
    """Means, standard deviations and, nearly, correlations of the norm's people."""
    drawn = draw(Cohort(20_000, 0.0, {}), NORMS, generator())
    named = [NORMS.figures[figure.name] for figure in drawn.figures]
    spreads = np.array([each.standard_deviation for each in named])
    excess = drawn.speaking - NORMS.speaking.mean
    slopes = np.array([each.speaking_slope for each in named])
    values = drawn.values - np.outer(excess, slopes)
    assert (values.mean(axis=0) - [each.mean for each in named]) / spreads == pytest.approx(
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
