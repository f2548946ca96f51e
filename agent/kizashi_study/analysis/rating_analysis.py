"""What raters saw: group effects, their agreement, and whether their own mood played a part.

Two questions are asked of each item. Whether people of the two groups are seen differently, other
people like them included, is Welch's test over people: each person's mean over raters, every
rater's own level taken out. Whether these very clips are seen differently, by other raters too, is
the study's own analysis: a repeated-measures analysis of variance over each rater's mean of either
group (statsmodels), with partial eta squared F df1 / (F df1 + df2) and its interval by the
noncentral F (Steiger 2004, doi 10.1037/1082-989X.9.2.164): lambda / (lambda + df1 + df2 + 1). The
second takes the people shown for all there are, so that chance alone makes it find much: only the
first says anything of people who were not filmed.

Agreement is the intraclass correlation of Shrout and Fleiss 1979 (doi 10.1037/0033-2909.86.2.420),
two-way random, absolute: ICC(2,1) of one rater and ICC(2,k) of the mean of all, with the intervals
given there; mean squares are statsmodels'. Only raters who rated every clip take part in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import AnovaRM, anova_lm

from kizashi_study.analysis.comparisons import (
    CONFIDENCE,
    Comparison,
    adjust,
    compare,
    noncentrality_interval,
)
from kizashi_study.analysis.comparisons import with_q as comparisons_with_q
from kizashi_study.analysis.correlations import LEAST_PAIRS, Correlation, correlate
from kizashi_study.analysis.correlations import with_q as correlations_with_q
from kizashi_study.analysis.people import People
from kizashi_study.analysis.rating_table import RatingTable
from kizashi_study.errors import NothingToCompare
from kizashi_study.rating.ratings import ITEMS

LEAST_RATERS = 3
"""Judgement: between two raters there is one difference, and no spread of it."""

LEAST_CLIPS = 10
"""For agreement. Judgement: of fewer its interval spans nearly everything."""


@dataclass(frozen=True, slots=True)
class ItemEffect:
    """One item's difference between the groups, for these clips and other raters.

    Attributes:
        item: of `ITEMS`.
        first_mean: mean over raters of their mean score of the first group; 1 to 7.
        second_mean: of the second.
        f: with 1 and df degrees of freedom.
        p: of F; q is p adjusted over the items.
        eta_squared: partial; low and high are its 95 % interval.
    """

    item: str
    first_mean: float
    second_mean: float
    f: float
    df: float
    p: float
    q: float
    eta_squared: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of raters on one item: of a single rater, and of the mean of all, each with its interval."""

    item: str
    single: float
    single_low: float
    single_high: float
    mean: float
    mean_low: float
    mean_high: float


@dataclass(frozen=True, slots=True)
class RatingResults:
    """All that ratings carry.

    Attributes:
        raters: who rated clips of both groups, and take part.
        comparisons: by item, over people; items in which nobody of a group differs are left out.
        effects: by item, over raters; items that every rater scores the same in both groups are
            left out.
        agreement: by item; empty unless three raters or more rated every clip, of ten or more.
        complete_raters: who did.
        mood: raters' own total against their mean score of the item (measure: the item) and against
            how much lower they score the second group (measure: the item and " difference").
    """

    raters: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    effects: tuple[ItemEffect, ...]
    agreement: tuple[Agreement, ...]
    complete_raters: tuple[str, ...]
    mood: tuple[Correlation, ...]


def analyse_ratings(
    ratings: RatingTable, people: People, totals: Mapping[str, float]
) -> RatingResults:
    """Analyses the ratings of these people.

    Args:
        ratings: also of others, who are passed over.
        people: in two groups.
        totals: raters' own questionnaire totals, of whoever told theirs.

    Raises:
        NothingToCompare: fewer than three raters rated people of both groups on every item.
    """
    means = {rater: _means(ratings, people, rater) for rater in ratings.raters}
    raters = tuple(rater for rater, found in means.items() if found is not None)
    if len(raters) < LEAST_RATERS:
        raise NothingToCompare(
            f"{len(raters)} raters rated people of both groups on every item, and at least "
            f"{LEAST_RATERS} are needed. Nothing was worked out of the ratings."
        )
    table = np.array([means[rater] for rater in raters], np.float64)
    effects = [
        item_effect(item, table[:, column, 0], table[:, column, 1])
        for column, item in enumerate(ITEMS)
        if np.ptp(table[:, column, 1] - table[:, column, 0]) > 0
    ]
    adjusted = adjust([each.p for each in effects])
    complete = _complete(ratings, people, raters)
    return RatingResults(
        raters=raters,
        comparisons=_over_people(ratings, people, raters),
        effects=tuple(replace(each, q=float(q)) for each, q in zip(effects, adjusted, strict=True)),
        agreement=_agreement(ratings, people, complete),
        complete_raters=complete,
        mood=_mood(raters, table, totals),
    )


def item_effect(item: str, first: NDArray[np.float64], second: NDArray[np.float64]) -> ItemEffect:
    """The effect of the group on one item; each argument is (raters,). q is p."""
    raters = np.arange(len(first))
    long = pd.DataFrame(
        {
            "rater": np.concatenate([raters, raters]),
            "group": np.repeat([1, 2], len(first)),
            "score": np.concatenate([first, second]),
        }
    )
    row = AnovaRM(long, "score", "rater", within=["group"]).fit().anova_table.iloc[0]
    f, df = float(row["F Value"]), float(row["Den DF"])
    low, high = noncentrality_interval(
        lambda shift: float(stats.ncf.cdf(f, 1, df, shift)), 0.0, 100 + 10 * f
    )
    p = float(row["Pr > F"])
    return ItemEffect(
        item=item,
        first_mean=float(first.mean()),
        second_mean=float(second.mean()),
        f=f,
        df=df,
        p=p,
        q=p,
        eta_squared=f / (f + df),
        low=low / (low + df + 2),
        high=high / (high + df + 2),
    )


def intraclass(item: str, scores: NDArray[np.float64]) -> Agreement:
    """ICC(2,1) and ICC(2,k) of scores, (people, raters), two or more of each."""
    n, k = scores.shape
    long = pd.DataFrame(
        {
            "score": scores.ravel(),
            "person": np.repeat(np.arange(n), k),
            "rater": np.tile(np.arange(k), n),
        }
    )
    squares = anova_lm(ols("score ~ C(person) + C(rater)", long).fit())["mean_sq"]
    between, raters, error = (
        float(squares[name]) for name in ("C(person)", "C(rater)", "Residual")
    )
    spread = k * raters + (k * n - k - n) * error
    single = (between - error) / (between + (k - 1) * error + k * (raters - error) / n)
    # Satterthwaite's degrees of freedom of the denominator, and from them the F of either end.
    f, upper = raters / error, n * (1 + (k - 1) * single) - k * single
    df = ((k - 1) * (n - 1) * (k * single * f + upper) ** 2) / (
        (n - 1) * k**2 * single**2 * f**2 + upper**2
    )
    tail = (1 - CONFIDENCE) / 2
    below, above = stats.f.isf(tail, n - 1, df), stats.f.isf(tail, df, n - 1)
    low = n * (between - below * error) / (below * spread + n * between)
    high = n * (above * between - error) / (spread + n * above * between)
    ends = (single, low, high)
    means = (k * each / (1 + (k - 1) * each) for each in ends)  # Spearman and Brown
    return Agreement(item, *map(float, ends), *map(float, means))


def _over_people(
    ratings: RatingTable, people: People, raters: Sequence[str]
) -> tuple[Comparison, ...]:
    """Every item, over people: each one's mean over raters, without each rater's own level."""
    found = []
    for item in ITEMS:
        levels = {
            rater: np.mean(
                [
                    score
                    for name in people.names
                    if (score := ratings.scores.get((rater, name, item))) is not None
                ]
            )
            for rater in raters
        }
        overall = float(np.mean(list(levels.values())))
        groups: tuple[list[float], list[float]] = ([], [])
        for name, second in zip(people.names, people.in_second, strict=True):
            own = [
                ratings.scores[rater, name, item] - levels[rater]
                for rater in raters
                if (rater, name, item) in ratings.scores
            ]
            if own:
                groups[int(second)].append(overall + float(np.mean(own)))
        first, last = (np.array(each) for each in groups)
        if min(len(first), len(last)) > 1 and min(np.ptp(first), np.ptp(last)) > 0:
            found.append(compare(item, first, last))
    return comparisons_with_q(found)


def _means(ratings: RatingTable, people: People, rater: str) -> list[tuple[float, float]] | None:
    """A rater's mean score of either group by item; None where one is missing."""
    found: list[tuple[float, float]] = []
    for item in ITEMS:
        scores = [ratings.scores.get((rater, name, item)) for name in people.names]
        groups = [
            [
                score
                for score, side in zip(scores, people.in_second, strict=True)
                if score is not None and side == second
            ]
            for second in (False, True)
        ]
        if not all(groups):
            return None
        found.append((float(np.mean(groups[0])), float(np.mean(groups[1]))))
    return found


def _complete(ratings: RatingTable, people: People, raters: Sequence[str]) -> tuple[str, ...]:
    rated = [name for name in people.names if name in set(ratings.participants)]
    return tuple(
        rater
        for rater in raters
        if all((rater, name, item) in ratings.scores for name in rated for item in ITEMS)
    )


def _agreement(
    ratings: RatingTable, people: People, raters: Sequence[str]
) -> tuple[Agreement, ...]:
    rated = [name for name in people.names if name in set(ratings.participants)]
    if len(raters) < LEAST_RATERS or len(rated) < LEAST_CLIPS:
        return ()
    found = []
    for item in ITEMS:
        scores = np.array(
            [[ratings.scores[rater, name, item] for rater in raters] for name in rated], np.float64
        )
        if np.ptp(scores) > 0:
            found.append(intraclass(item, scores))
    return tuple(found)


def _mood(
    raters: Sequence[str], table: NDArray[np.float64], totals: Mapping[str, float]
) -> tuple[Correlation, ...]:
    told = [index for index, rater in enumerate(raters) if rater in totals]
    own = np.array([totals[raters[index]] for index in told])
    if len(told) < LEAST_PAIRS or np.ptp(own) == 0:
        return ()
    found = []
    for column, item in enumerate(ITEMS):
        first, second = table[told, column, 0], table[told, column, 1]
        for name, values in ((item, (first + second) / 2), (f"{item} difference", second - first)):
            if np.ptp(values) > 0:
                found.append(correlate(name, values, own))
    return correlations_with_q(found)
