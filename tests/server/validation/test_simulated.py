"""The appendix: seeded, of the site's own size, and at its nominal rates."""

from pathlib import Path

import numpy as np
import pytest
from kizashi_models.scorer_loading import load_scorer
from kizashi_server.validation.simulated import simulate_appendix

from tests.server.validation.measured import SCORER


def test_the_same_seed_gives_the_same_appendix(models: Path) -> None:
    """And another seed another."""
    scorer = load_scorer(models, SCORER)
    first, again, other = (
        simulate_appendix(scorer, 100, 0.3, np.random.default_rng(seed), 3) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert [each.figure for each in first.coverage] == [
        "AUC",
        "sensitivity",
        "specificity",
        "positive predictive value",
        "negative predictive value",
        "positive predictive value at a stated prevalence",
        "negative predictive value at a stated prevalence",
        "calibration slope",
        "calibration intercept",
    ]
    assert (first.people, first.prevalence, first.replicates) == (100, 0.3, 3)


def test_what_a_site_needs_stands_with_its_prevalence(models: Path) -> None:
    """323 cases for a sensitivity of .30, at 14.3 % 2,259 people; simulated samples bear it out."""
    found = simulate_appendix(load_scorer(models, SCORER), 60, 0.143, np.random.default_rng(1), 20)
    (plan,) = (each for each in found.plans if each.sensitivity == 0.3)
    assert (plan.cases, plan.people) == (323, 2259)
    assert plan.half_width == pytest.approx(0.05, abs=0.002)


@pytest.mark.proof
@pytest.mark.parametrize(("people", "prevalence"), [(200, 0.3), (1000, 0.143)])
def test_intervals_hold_at_their_nominal_rate(models: Path, people: int, prevalence: float) -> None:
    """95 in 100 hold the truth, and 2.5 in 100 lie above chance where there is nothing.

    Both ways to the predictive values among them, with the prevalence of these people and stated.
    """
    found = simulate_appendix(
        load_scorer(models, SCORER), people, prevalence, np.random.default_rng(11), 1000
    )
    for each in found.coverage:
        assert each.inside is not None
        assert 0.93 <= each.inside.estimate.value <= 0.985, each
    assert found.better_by_chance is not None
    assert 0.012 <= found.better_by_chance.estimate.value <= 0.04
