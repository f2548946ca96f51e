"""How many people a scorer of one's own takes, and how many are missing.

Two limits, of which the larger holds:

- to measure it, 100 cases and 100 others (Collins, Ogundimu and Altman 2016, doi 10.1002/sim.6787:
  at least 100 events);
- to fit it, so many that its weights are too large by a tenth at most: criterion (i) of Riley et
  al. 2019 (doi 10.1002/sim.7992). It asks for the Cox-Snell R2 that can be hoped for; Riley, Van
  Calster and Collins 2021 (doi 10.1002/sim.8806) derive it from an AUC and the share of cases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kizashi_models.figures import STUDY_FIGURES
from scipy.integrate import quad
from scipy.special import log_expit, logit, xlogy
from scipy.stats import norm

LEAST_EACH = 100
SHRINKAGE = 0.9
HOPED_AUC = 0.65
"""The best that can be expected of action units alone in ten seconds. Judgement."""

PARAMETERS = len(STUDY_FIGURES)


@dataclass(frozen=True, slots=True)
class Needed:
    """How many cases and others it takes, at the share of cases that was found.

    Attributes:
        cases: in all.
        others: in all.
    """

    cases: int
    others: int


def needed(cases: int, others: int, auc: float = HOPED_AUC) -> Needed:
    """What a scorer of the study's figures takes where so many cases and others were found.

    At the AUC that can be hoped for, fitting takes more of both than measuring, whatever the share.

    Args:
        cases: 1 or more.
        others: 1 or more.
        auc: that is hoped for, above .5 and below 1.
    """
    share = cases / (cases + others)
    people = people_to_fit(PARAMETERS, cox_snell_of_auc(auc, share), SHRINKAGE)
    return Needed(
        cases=max(LEAST_EACH, math.ceil(people * share)),
        others=max(LEAST_EACH, math.ceil(people * (1 - share))),
    )


def people_to_fit(parameters: int, cox_snell: float, shrinkage: float) -> float:
    """People at which the expected shrinkage of a model is no worse; Riley 2019, criterion (i).

    Args:
        parameters: that are fitted, the intercept aside.
        cox_snell: R2 that is hoped for, above 0 and below `shrinkage`.
        shrinkage: above 0 and below 1.
    """
    return parameters / ((shrinkage - 1) * math.log(1 - cox_snell / shrinkage))


def cox_snell_of_auc(auc: float, share: float) -> float:
    """Cox-Snell R2 of a model with that AUC whose log odds are normal in cases and in others.

    Its log odds have the same spread in both, so that a logistic model of them is right; R2 is
    1 - exp(-2 (l1 - l0)) with the mean log likelihoods of that model and of none.

    Args:
        auc: above .5, below 1.
        share: of cases, above 0 and below 1.
    """
    apart = math.sqrt(2) * float(norm.ppf(auc))

    def log_likelihood(value: float) -> float:
        log_odds = logit(share) + apart * value - apart**2 / 2
        return float(
            share * norm.pdf(value - apart) * log_expit(log_odds)
            + (1 - share) * norm.pdf(value) * log_expit(-log_odds)
        )

    with_model, _ = quad(log_likelihood, -10, 10 + apart)
    without = xlogy(share, share) + xlogy(1 - share, 1 - share)
    return float(-math.expm1(-2 * (with_model - without)))
