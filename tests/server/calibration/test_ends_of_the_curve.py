"""How far the ends of a fitted probability are from what is true of new people."""

from collections.abc import Mapping

import numpy as np
import pytest
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.scorer_writing import composite_scale
from kizashi_models.simulation import Cohort
from kizashi_server.calibration.comparison import recalibrate
from kizashi_server.calibration.nested_folds import Plan, best_pull, out_of_fold
from kizashi_server.calibration.penalised_logistic import fit
from scipy.special import expit

from tests.server.calibration.cohorts import (
    UNDERWEIGHTED,
    drawn_people,
    packaged_norms,
    prior,
    weights_of,
)

NORMS = packaged_norms()
TOWARDS = weights_of(prior())
PEOPLE, SHARE, COHORTS = 1_200, 0.2, 30
EVEN: Mapping[str, float] = {figure.name: 0.25 for figure in STUDY_FIGURES}


@pytest.mark.proof
@pytest.mark.parametrize("effects", [EVEN, UNDERWEIGHTED], ids=["even", "underweighted"])
def test_the_highest_probability_stops_short_on_average_and_seldom_goes_far_beyond(
    effects: Mapping[str, float],
) -> None:
    """Against the share of cases among new people who are told it; seldom is one in twenty."""
    fresh = drawn_people(Cohort(40_000, SHARE, effects), NORMS, 99)
    excess = []
    for seed in range(COHORTS):
        people = drawn_people(Cohort(PEOPLE, SHARE, effects), NORMS, 7_000 + seed)
        plan = Plan(seed, repeats=1)
        found = recalibrate(out_of_fold(people, TOWARDS, NORMS, plan), people.cases)
        assert found is not None
        model = fit(
            people.z, people.cases, TOWARDS, best_pull(people.z, people.cases, TOWARDS, plan)
        )
        curve = found.curve_of(model.intercept, composite_scale(model.weights, NORMS))
        composite = fresh.z @ model.weights / composite_scale(model.weights, NORMS)
        at_the_end = expit(curve.intercept + curve.slope * composite) >= curve.highest
        if at_the_end.any():
            excess.append(curve.highest - fresh.cases[at_the_end].mean())
    mean, worst = np.mean(excess), np.quantile(excess, 0.95)
    print(f"\nhighest probability less share of cases: mean {mean:+.3f}, 95 % below {worst:+.3f}")
    assert len(excess) > 0.9 * COHORTS
    assert mean < 0
    assert worst < 0.04
