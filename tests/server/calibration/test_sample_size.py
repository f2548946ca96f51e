"""How many people a scorer of one's own takes, against what was published."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from kizashi_server.calibration.sample_size import cox_snell_of_auc, needed, people_to_fit
from scipy.stats import norm


def test_published_example_of_riley() -> None:
    """Riley 2019: 24 parameters, 17.4 % with Chagas disease, R2 .288 take 4.8 events a parameter.

    It is the shrinkage of their criterion (ii) that decides there: R2 / (R2 + .05 * its largest).
    """
    share, cox_snell, parameters = 0.174, 0.288, 24
    null = share * math.log(share) + (1 - share) * math.log(1 - share)
    shrinkage = cox_snell / (cox_snell + 0.05 * (1 - math.exp(2 * null)))
    people = people_to_fit(parameters, cox_snell, shrinkage)
    assert math.ceil(people) == 662
    assert people * share / parameters == pytest.approx(4.8, abs=0.05)


def test_people_grow_with_what_shrinkage_is_asked() -> None:
    """At .9 the same example takes 623, as the formula says by hand."""
    assert people_to_fit(24, 0.288, 0.9) == pytest.approx(-24 / (0.1 * math.log(1 - 0.32)))
    assert math.ceil(people_to_fit(24, 0.288, 0.9)) == 623


@pytest.mark.parametrize(("auc", "share"), [(0.65, 0.2), (0.89, 0.174)])
def test_r2_is_that_of_a_model_with_the_auc(auc: float, share: float) -> None:
    """As Riley 2021 has it: a logistic model fitted to a great many drawn with that AUC."""
    random = np.random.default_rng(5)
    cases = random.random(200_000) < share
    values = random.normal(size=len(cases)) + cases * math.sqrt(2) * norm.ppf(auc)
    found = sm.GLM(cases, sm.add_constant(values), family=sm.families.Binomial()).fit()
    drawn = 1 - math.exp((found.deviance - found.null_deviance) / len(cases))
    assert cox_snell_of_auc(auc, share) == pytest.approx(drawn, rel=0.03)


def test_what_it_takes_depends_on_the_share_and_not_on_how_many_there_are() -> None:
    """A fifth of cases, as few students have, and a half, as in a balanced file."""
    fifth, half = needed(50, 200), needed(300, 300)
    assert (fifth.cases, fifth.others) == (233, 929)
    assert (half.cases, half.others) == (376, 376)
    assert needed(1, 1) == half


def test_a_hundred_of_each_are_the_least() -> None:
    """However few the fitting would take of a scorer that told most cases apart."""
    found = needed(1, 9, auc=0.95)
    assert (found.cases, found.others) == (100, 136)
