"""What the same analysis makes of cohorts whose effects are known: it is simulated, and says so.

Each cohort is as large as the study at hand. Under no effect, how often anything at all is called
found; under the effects that the study at hand might have, how often each is found, and whether its
interval holds what was put in: d between the groups, and what correlation with a questionnaire's
total follows from it. Ratings are not simulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from kizashi_models.figures import Figure, Statistic
from kizashi_models.labelled_recordings import HIGHEST_TOTAL
from kizashi_models.norms import Norms
from kizashi_models.simulation import Cohort, Drawn, draw, totals_of
from numpy.typing import NDArray
from scipy import stats

from kizashi_study.analysis.comparisons import DISCOVERY, adjust, cohens_d
from kizashi_study.analysis.correlations import correlate

COHORTS = 200
EFFECT = 0.5
"""Cohen's d, of every study measure: what the study's discoveries imply at most after selection."""


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
        r: Pearson's, of each of the study's measures with the total in the cohorts with the effect.
        any_correlated: share of the cohorts without any effect in which something was called
            correlated with the total, in either family.
        correlated: share of the study's measures called correlated with it, in those with the
            effect.
        r_covered: share of the 95 % intervals of r that hold what was put in.
        mean_r: over the study's measures, of the r that was estimated.
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
    r: float
    any_correlated: float
    correlated: float
    r_covered: float
    mean_r: float


def simulated(
    sizes: tuple[int, int],
    measures: frozenset[str],
    norms: Norms,
    seed: int,
    cohorts: int = COHORTS,
) -> Simulated:
    """Runs the comparisons and the correlations on simulated cohorts of these sizes.

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
    nothing, something = (Cohort(people, prevalence, each) for each in ({}, effects))
    none = [_studied(nothing, norms, random) for _ in range(cohorts)]
    some = [_studied(something, norms, random) for _ in range(cohorts)]
    intensities = _intensities(some[0].drawn)
    columns = [at for at, figure in enumerate(intensities) if figure.name in effects]
    d = np.array([cohens_d(*_groups(each.drawn, column)) for each in some for column in columns])
    r = np.array([_r(each, column) for each in some for column in columns])
    truth = _correlation(something)
    return Simulated(
        cohorts=cohorts,
        people=people,
        second=sizes[1],
        seed=seed,
        effect=EFFECT,
        any_found=_any(_differ(each) for each in none),
        found=_share(_differ(each)[0][columns] for each in some),
        covered=float(np.mean((d[:, 1] <= EFFECT) & (d[:, 2] >= EFFECT))),
        mean_d=float(np.mean(d[:, 0])),
        r=truth,
        any_correlated=_any(_correlate(each) for each in none),
        correlated=_share(_correlate(each)[0][columns] for each in some),
        r_covered=float(np.mean((r[:, 1] <= truth) & (r[:, 2] >= truth))),
        mean_r=float(np.mean(r[:, 0])),
    )


@dataclass(frozen=True, slots=True)
class _Studied:
    """A cohort, and its people's totals of a questionnaire, (people,)."""

    drawn: Drawn
    totals: NDArray[np.float64]


def _studied(cohort: Cohort, norms: Norms, random: np.random.Generator) -> _Studied:
    drawn = _drawn(cohort, norms, random)
    return _Studied(drawn, totals_of(cohort, drawn.cases, random).astype(np.float64))


def _correlation(cohort: Cohort) -> float:
    """Pearson's r with the total of a measure whose d is `EFFECT`.

    Within either group they have nothing to do with each other, so that r is the product of each
    one's correlation with the group.
    """
    between = cohort.prevalence * (1 - cohort.prevalence)
    highest = HIGHEST_TOTAL[cohort.instrument]
    others, cases = np.arange(cohort.case_from), np.arange(cohort.case_from, highest + 1)
    within = (1 - cohort.prevalence) * others.var() + cohort.prevalence * cases.var()
    total_d = (cases.mean() - others.mean()) / np.sqrt(within)
    ds = np.array([EFFECT, total_d])
    return float(np.prod(ds * np.sqrt(between) / np.sqrt(1 + ds**2 * between)))


def _drawn(cohort: Cohort, norms: Norms, random: np.random.Generator) -> Drawn:
    """A cohort with two people or more in either group: with fewer it would be no study."""
    drawn = draw(cohort, norms, random)
    while min(drawn.cases.sum(), (~drawn.cases).sum()) < 2:
        drawn = draw(cohort, norms, random)
    return drawn


def _intensities(drawn: Drawn) -> list[Figure]:
    """They come first in every cohort, in the order of `ALL_FIGURES`."""
    return [figure for figure in drawn.figures if figure.statistic is Statistic.MEAN]


def _differ(studied: _Studied) -> list[NDArray[np.bool_]]:
    """Whether the groups do, in every intensity, and in every presence."""
    drawn = studied.drawn
    test = stats.ttest_ind(drawn.values[drawn.cases], drawn.values[~drawn.cases], equal_var=False)
    return _discoveries(drawn, np.asarray(test.pvalue))


def _correlate(studied: _Studied) -> list[NDArray[np.bool_]]:
    """Whether it goes with the total, every intensity, and every presence."""
    test = stats.pearsonr(studied.drawn.values, studied.totals[:, np.newaxis], axis=0)
    return _discoveries(studied.drawn, np.asarray(test.pvalue))


def _discoveries(drawn: Drawn, p_values: NDArray[np.float64]) -> list[NDArray[np.bool_]]:
    families = np.split(p_values, [len(_intensities(drawn))])
    return [adjust(each) < DISCOVERY for each in families]


def _any(found: Iterable[Sequence[NDArray[np.bool_]]]) -> float:
    """The share of cohorts in which anything was, in either family."""
    return float(np.mean([any(family.any() for family in each) for each in found]))


def _share(found: Iterable[NDArray[np.bool_]]) -> float:
    return float(np.mean(list(found)))


def _groups(drawn: Drawn, column: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = drawn.values[:, column]
    return values[~drawn.cases], values[drawn.cases]


def _r(studied: _Studied, column: int) -> tuple[float, float, float]:
    """Pearson's r, and the ends of its interval."""
    found = correlate("", studied.drawn.values[:, column], studied.totals)
    return found.r, found.low, found.high
