"""What the same analysis makes of cohorts whose effects are known: it is simulated, and says so.

Each cohort is as large as the study at hand. Under no effect, how often anything at all is called
found; under the effects that the study at hand might have, how often each is found, and whether its
interval holds the d that was put in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from kizashi_models.figures import Figure, Statistic
from kizashi_models.norms import Norms
from kizashi_models.simulation import Cohort, Drawn, draw
from numpy.typing import NDArray
from scipy import stats

from kizashi_study.analysis.comparisons import adjust, cohens_d

COHORTS = 200
EFFECT = 0.5
"""Cohen's d, of every study measure: what the study's discoveries imply at most after selection."""

DISCOVERY = 0.05


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of simulated cohorts.

    Attributes:
        cohorts: of each kind.
        people: in each cohort; `second` of them, on average, in the second group.
        seed: of the random numbers.
        effect: Cohen's d of the study's measures in the cohorts with an effect.
        any_found: share of the cohorts without any effect in which something was called found, in
            either of the two families; each is to be so in one of twenty at most.
        found: share of the study's measures called found, in those with the effect.
        covered: share of the 95 % intervals of d that hold what was put in.
        mean_d: over the study's measures, of the d that was estimated.
    """

    cohorts: int
    people: int
    second: int
    seed: int
    effect: float
    any_found: float
    found: float
    covered: float
    mean_d: float


def simulated(
    sizes: tuple[int, int],
    measures: frozenset[str],
    norms: Norms,
    seed: int,
    cohorts: int = COHORTS,
) -> Simulated:
    """Runs the comparisons of intensities on simulated cohorts of these sizes.

    Args:
        sizes: of the two groups.
        measures: that have an effect, such as "AU01_r"; those of presence are passed over.
        norms: what the cohorts are drawn from.
        seed: of the random numbers; the same seed, the same figures.
        cohorts: of each kind.
    """
    random = np.random.default_rng(seed)
    people, prevalence = sum(sizes), sizes[1] / sum(sizes)
    effects = {f"{each[:4]}.mean": EFFECT for each in sorted(measures) if each.endswith("_r")}
    nothing = Cohort(people, prevalence, {})
    any_found = [
        any((q < DISCOVERY).any() for q in _families(_drawn(nothing, norms, random)))
        for _ in range(cohorts)
    ]
    something = [_drawn(Cohort(people, prevalence, effects), norms, random) for _ in range(cohorts)]
    columns = [
        column for column, figure in enumerate(_intensities(something[0])) if figure.name in effects
    ]
    found = [_families(drawn)[0][columns] < DISCOVERY for drawn in something]
    estimates = np.array(
        [cohens_d(*_groups(drawn, column)) for drawn in something for column in columns]
    )
    return Simulated(
        cohorts=cohorts,
        people=people,
        second=sizes[1],
        seed=seed,
        effect=EFFECT,
        any_found=float(np.mean(any_found)),
        found=float(np.mean(found)),
        covered=float(np.mean((estimates[:, 1] <= EFFECT) & (estimates[:, 2] >= EFFECT))),
        mean_d=float(np.mean(estimates[:, 0])),
    )


def _drawn(cohort: Cohort, norms: Norms, random: np.random.Generator) -> Drawn:
    """A cohort with two people or more in either group: with fewer it would be no study."""
    drawn = draw(cohort, norms, random)
    while min(drawn.cases.sum(), (~drawn.cases).sum()) < 2:
        drawn = draw(cohort, norms, random)
    return drawn


def _intensities(drawn: Drawn) -> list[Figure]:
    """They come first in every cohort, in the order of `ALL_FIGURES`."""
    return [figure for figure in drawn.figures if figure.statistic is Statistic.MEAN]


def _families(drawn: Drawn) -> list[NDArray[np.float64]]:
    """The q of every intensity, and of every presence."""
    test = stats.ttest_ind(drawn.values[drawn.cases], drawn.values[~drawn.cases], equal_var=False)
    p_values = np.asarray(test.pvalue, np.float64)
    return [adjust(each) for each in np.split(p_values, [len(_intensities(drawn))])]


def _groups(drawn: Drawn, column: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = drawn.values[:, column]
    return values[~drawn.cases], values[drawn.cases]
