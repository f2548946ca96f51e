"""An appendix by simulation: whether this report's intervals hold at this site's numbers.

A large population of nobody is drawn with known effects and scored by the scorer's own graph; what
is true of it can be counted. Samples of the site's size are then measured as the site's people are.
No figure of it says anything about people.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.scorer import UPPER_CUT, Scorer
from kizashi_models.simulation import Cohort, draw
from numpy.typing import NDArray

from kizashi_server.validation.intervals import (
    CrossTable,
    Measured,
    area,
    cross_table,
    predictive_values,
    proportion,
)
from kizashi_server.validation.recalibration import calibration
from kizashi_server.validation.sample_size import people_needed

REPLICATES = 200
EFFECT = 0.4
"""Cohen's d of each of the scorer's figures: well above what can be expected, so that the effect
is there to be found."""

# Samples are drawn with replacement, so that what is counted in it is exactly true of it.
_POPULATION = 20_000
# Sensitivities for which a site may want to plan.
_PLANNED = (0.2, 0.3, 0.4, 0.5, 0.7)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often an interval that should hold in 95 of 100 samples did.

    Attributes:
        figure: its name.
        truth: its value in the population.
        inside: share of samples whose interval held it; n is those that had one.
    """

    figure: str
    truth: float
    inside: Measured | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes to know a sensitivity within five points.

    Attributes:
        sensitivity: 0 to 1.
        cases: people at or above the questionnaire's cut.
        people: so many in all, at the site's prevalence.
        half_width: of the interval, in the middle one of simulated samples of that size.
    """

    sensitivity: float
    cases: int
    people: int
    half_width: float


@dataclass(frozen=True, slots=True)
class Appendix:
    """What was simulated, and what came of it.

    Attributes:
        replicates: samples of each kind.
        people: in a sample.
        prevalence: of cases.
        effect: Cohen's d of each figure that the scorer reads.
        coverage: of each interval.
        better_by_chance: share of samples in which, with cases dealt out anew, the AUC's interval
            lay above .50; 2.5 of 100 should.
        plans: by sensitivity.
    """

    replicates: int
    people: int
    prevalence: float
    effect: float
    coverage: tuple[Coverage, ...]
    better_by_chance: Measured | None
    plans: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class _Population:
    """Nobody, scored: each of shape (people,)."""

    cases: NDArray[np.bool_]
    composite: NDArray[np.float64]
    probability: NDArray[np.float64] | None

    def sample(self, people: int, random: np.random.Generator) -> _Population:
        """People drawn with replacement."""
        rows = random.integers(len(self.cases), size=people)
        probability = None if self.probability is None else self.probability[rows]
        return _Population(self.cases[rows], self.composite[rows], probability)

    @property
    def table(self) -> CrossTable:
        """Against the band "more"."""
        return cross_table(self.cases, self.composite > UPPER_CUT)


def simulate_appendix(
    scorer: Scorer,
    people: int,
    prevalence: float,
    random: np.random.Generator,
    replicates: int = REPLICATES,
) -> Appendix:
    """Simulates a site of so many people; the same generator state gives the same appendix.

    Args:
        scorer: whose graph and norms are used.
        people: in a sample; with a band and a total.
        prevalence: of cases, above 0 and below 1.
        random: of the population and the samples.
        replicates: samples of each kind.
    """
    population = _population(scorer, prevalence, random)
    samples = [population.sample(people, random) for _ in range(replicates)]
    return Appendix(
        replicates=replicates,
        people=people,
        prevalence=prevalence,
        effect=EFFECT,
        coverage=tuple(_coverage(population, samples, prevalence, random)),
        better_by_chance=_better_by_chance(samples, random),
        plans=tuple(_plan(each, prevalence, replicates, random) for each in _PLANNED),
    )


def _population(scorer: Scorer, prevalence: float, random: np.random.Generator) -> _Population:
    wanted = {figure.name for figure in (*STUDY_FIGURES, *scorer.figures)}
    spreads = {name: each for name, each in scorer.norms.figures.items() if name in wanted}
    norms = dataclasses.replace(scorer.norms, figures=spreads)
    effects = {figure.name: EFFECT for figure in scorer.figures}
    drawn = draw(Cohort(_POPULATION, prevalence, effects), norms, random)
    z = np.empty((_POPULATION, len(scorer.figures)), np.float32)
    for column, figure in enumerate(scorer.figures):
        norm = norms.figures[figure.name]
        expected = norm.mean + norm.speaking_slope * (drawn.speaking - norms.speaking.mean)
        values = drawn.values[:, drawn.figures.index(figure)]
        z[:, column] = (values - expected) / norm.standard_deviation
    weighed = scorer.weigh(z)
    probability = weighed.probability
    return _Population(
        drawn.cases,
        weighed.composite.astype(np.float64),
        None if probability is None else probability.astype(np.float64),
    )


def _coverage(
    population: _Population,
    samples: Sequence[_Population],
    prevalence: float,
    random: np.random.Generator,
) -> Iterator[Coverage]:
    """Each interval of the report, against what is true of the population."""
    found = [_figures(each, prevalence) for each in samples]
    for name, truth in _figures(population, prevalence).items():
        if truth is not None:
            yield _inside(name, truth.estimate.value, [each[name] for each in found])
    if population.probability is None:
        return
    # A population of which the scorer's probabilities are right: then the slope is 1.
    recalibrated = [
        calibration(random.random(len(each.probability)) < each.probability, each.probability)
        for each in samples
        if each.probability is not None
    ]
    yield _inside("calibration slope", 1.0, [each.slope for each in recalibrated])
    yield _inside("calibration intercept", 0.0, [each.intercept for each in recalibrated])


def _figures(some: _Population, prevalence: float) -> dict[str, Measured | None]:
    """By name; how often a stated prevalence's interval holds does not depend on which it is."""
    table = some.table
    positive, negative = predictive_values(table, None)
    stated_positive, stated_negative = predictive_values(table, prevalence)
    return {
        "AUC": area(some.cases, some.composite),
        "sensitivity": proportion(table.true_positives, table.cases),
        "specificity": proportion(table.true_negatives, table.others),
        "positive predictive value": positive,
        "negative predictive value": negative,
        "positive predictive value at a stated prevalence": stated_positive,
        "negative predictive value at a stated prevalence": stated_negative,
    }


def _inside(name: str, truth: float, found: Sequence[Measured | None]) -> Coverage:
    intervals = [each.estimate for each in found if each is not None]
    held = sum(each.low <= truth <= each.high for each in intervals)
    return Coverage(name, truth, proportion(held, len(intervals)))


def _better_by_chance(
    samples: Sequence[_Population], random: np.random.Generator
) -> Measured | None:
    """With cases dealt out anew, so that there is nothing to be found."""
    areas = [area(random.permutation(each.cases), each.composite) for each in samples]
    found = [each.estimate for each in areas if each is not None]
    return proportion(sum(each.low > 0.5 for each in found), len(found))


def _plan(
    sensitivity: float, prevalence: float, replicates: int, random: np.random.Generator
) -> Plan:
    needed = people_needed(sensitivity)
    people = math.ceil(needed / prevalence)
    cases = random.binomial(people, prevalence, replicates)
    found = random.binomial(cases, sensitivity)
    intervals = (proportion(int(some), int(n)) for some, n in zip(found, cases, strict=True))
    widths = [each.estimate.half_width for each in intervals if each is not None]
    return Plan(sensitivity, needed, people, float(np.median(widths)))
