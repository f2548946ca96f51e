"""The appendix by simulation: the analyses find what was put in, as often as their intervals say."""

import pytest
from kizashi_models.scorer_loading import load_scorer
from kizashi_study.analysis.comparisons import CONFIDENCE
from kizashi_study.analysis.report import STUDY_MEASURES
from kizashi_study.analysis.simulated import Simulated, simulated

NORMS = load_scorer(None, "research-prior/1").norms


def appendix(size: int, cohorts: int, seed: int = 1) -> Simulated:
    """Of two groups of one size."""
    return simulated((size, size), STUDY_MEASURES, NORMS, seed, cohorts)


def test_the_seed_alone_decides_the_cohorts() -> None:
    """So that a report can be made again."""
    assert appendix(8, 2) == appendix(8, 2) != appendix(8, 2, seed=2)


def test_effects_and_correlations_are_recovered() -> None:
    """In 400 people: the d that was put in, and the correlation with the total that follows."""
    found = appendix(200, 8)
    assert found.mean_d == pytest.approx(found.effect, abs=0.05)
    assert found.mean_r == pytest.approx(found.r, abs=0.03)
    assert found.r == pytest.approx(0.208, abs=0.001)
    assert min(found.found, found.correlated) > 0.8


@pytest.mark.proof
@pytest.mark.parametrize(("size", "cohorts"), [(20, 400), (1_000, 80)])
def test_intervals_hold_and_nothing_is_found_too_often(size: int, cohorts: int) -> None:
    """In a study of forty people and in one so large that a truth a little off would be missed.

    Something in either of two families at 5 % each: in ten of a hundred cohorts without effect.
    """
    found = appendix(size, cohorts)
    print(f"\n{found}")
    assert found.covered == pytest.approx(CONFIDENCE, abs=0.025)
    assert found.r_covered == pytest.approx(CONFIDENCE, abs=0.025)
    assert found.mean_d == pytest.approx(found.effect, abs=0.03)
    assert found.mean_r == pytest.approx(found.r, abs=0.01)
    assert max(found.any_found, found.any_correlated) < 0.1 + 3 * (0.09 / cohorts) ** 0.5
