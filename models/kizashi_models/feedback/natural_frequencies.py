"""How often a tool of a given quality would be right and wrong, told in people."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

from kizashi_models.scorer import UPPER_CUT

# What action units alone in ten seconds may reach at best. A hope and a judgement: nothing of
# this project has been validated on anybody's labels.
HOPED_AUC = 0.65
# Of the band "more" as it is cut: one standard deviation above the norm, were the norm that of
# people without a low mood and normal, and every recording alike.
SPECIFICITY = NormalDist().cdf(UPPER_CUT)
# Share of students who answer a questionnaire as the study's second group did: Chile, n 1,577.
PREVALENCE = 0.143
PEOPLE = 1_000


@dataclass(frozen=True, slots=True)
class NaturalFrequencies:
    """Outcomes among `people`, whole persons, so that parts add up to their sums.

    Attributes:
        people: all.
        cases: those with a low mood; rightly + missed.
        flagged: those told "more"; rightly + wrongly.
        rightly: flagged, with a low mood.
        wrongly: flagged, without.
        missed: with a low mood, not flagged.
    """

    people: int
    cases: int
    flagged: int
    rightly: int
    wrongly: int
    missed: int


def sensitivity_at(auc: float, specificity: float) -> float:
    """The sensitivity of a test of that AUC where it is cut at that specificity.

    Two normal distributions of equal spread (the equal-variance binormal model): their distance is
    d' = sqrt(2) * inverse-normal(AUC), and the cut lies inverse-normal(specificity) above the mean
    of those without.
    """
    normal = NormalDist()
    distance = 2**0.5 * normal.inv_cdf(auc)
    return normal.cdf(distance - normal.inv_cdf(specificity))


def natural_frequencies(
    people: int, prevalence: float, sensitivity: float, specificity: float
) -> NaturalFrequencies:
    """What is to be expected among that many people; all shares from 0 to 1."""
    cases = round(people * prevalence)
    rightly = round(people * prevalence * sensitivity)
    wrongly = round(people * (1 - prevalence) * (1 - specificity))
    return NaturalFrequencies(
        people=people,
        cases=cases,
        flagged=rightly + wrongly,
        rightly=rightly,
        wrongly=wrongly,
        missed=cases - rightly,
    )


def hoped_for() -> NaturalFrequencies:
    """Of a thousand students who get an answer, at best: if the tool were as good as hoped."""
    sensitivity = sensitivity_at(HOPED_AUC, SPECIFICITY)
    return natural_frequencies(PEOPLE, PREVALENCE, sensitivity, SPECIFICITY)
