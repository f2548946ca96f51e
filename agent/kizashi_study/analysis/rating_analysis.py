"""What raters saw: group effects, their agreement, and whether their own mood played a part.

Of each item three questions are asked of the groups: whether other people like them would be seen
differently by these raters (`rated_people`), whether these very clips would be by other raters
(`item_effects`), and whether other people would be by other raters, which alone is a finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kizashi_study.analysis.agreement import Agreement, intraclass
from kizashi_study.analysis.comparisons import DISCOVERY, Comparison, differ, with_q
from kizashi_study.analysis.correlations import Correlation, correlate, why_none
from kizashi_study.analysis.counted import counted
from kizashi_study.analysis.item_effects import BothEffect, ItemEffect, both_effects, item_effect
from kizashi_study.analysis.people import LEAST_A_GROUP, People
from kizashi_study.analysis.rated_people import compare_rated
from kizashi_study.analysis.rating_table import RatingTable
from kizashi_study.errors import NothingToCompare
from kizashi_study.rating.ratings import ITEMS

LEAST_RATERS = 3
"""Judgement: between two raters there is one difference, and no spread of it."""

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class RatingResults:
    """All that ratings carry. Raters are counted and not named: a report is handed on.

    Attributes:
        raters: how many rated clips of both groups on every item, and take part.
        rated: people of either group whom they rated.
        comparisons: by item, over people.
        effects: by item, over raters.
        both: by item, over people and raters; of the items in both of the former.
        agreement: by item, of the raters who rated every clip that was rated.
        complete_raters: how many did.
        no_agreement: why agreement is not worked out of any item; empty where it is.
        mood: raters' own total against their mean score of the item (measure: the item) and against
            how much higher they score the second group (measure: the item and " difference").
        no_mood: why that is not worked out; empty where it is.
        lacking: why an item does not stand in comparisons, effects or agreement, by these names and
            the item.
        left_out: people who were rated, stand in the table of participants and are not compared.
        unlisted: people who were rated and stand in no row of the table.
    """

    raters: int
    rated: tuple[int, int]
    comparisons: tuple[Comparison, ...]
    effects: tuple[ItemEffect, ...]
    both: tuple[BothEffect, ...]
    agreement: tuple[Agreement, ...]
    complete_raters: int
    no_agreement: str
    mood: tuple[Correlation, ...]
    no_mood: str
    lacking: Mapping[str, Mapping[str, str]]
    left_out: int
    unlisted: int

    @property
    def found(self) -> tuple[BothEffect, ...]:
        """Items that differ between the groups, for other people and other raters."""
        return tuple(each for each in self.both if each.q < DISCOVERY)


def analyse_ratings(
    ratings: RatingTable, people: People, totals: Mapping[str, float]
) -> RatingResults:
    """Analyses the ratings of these people.

    Args:
        ratings: also of others, who are counted and passed over.
        people: in two groups.
        totals: raters' own questionnaire totals, of whoever told theirs.

    Raises:
        NothingToCompare: fewer than three raters rated people of both groups on every item, or they
            rated fewer than five people of a group, with whom there were too few clips for
            agreement as well.
    """
    others = set(ratings.participants) - set(people.names)
    left_out = len(others & people.left_out_names)
    unlisted = len(others) - left_out
    means = {rater: _means(ratings, people, rater) for rater in ratings.raters}
    raters = tuple(rater for rater, found in means.items() if found is not None)
    _require_raters(raters, unlisted)
    rated = _rated(ratings, people, raters)
    _require_rated(rated, people)
    table = np.array([means[rater] for rater in raters], np.float64)
    comparisons, no_comparison = _sorted_out(
        {item: compare_rated(item, ratings, people, raters) for item in ITEMS}
    )
    effects, no_effect = _sorted_out(
        {item: _effect(item, *table[:, column].T) for column, item in enumerate(ITEMS)}
    )
    complete = _complete(ratings, rated, raters)
    no_agreement = _why_no_agreement(len(complete))
    agreement, disagreement = _sorted_out(
        {}
        if no_agreement
        else {item: intraclass(item, _scores(ratings, rated, complete, item)) for item in ITEMS}
    )
    own = np.array([totals.get(rater, np.nan) for rater in raters])
    no_mood = why_none(own)
    in_second = {
        name for name, second in zip(people.names, people.in_second, strict=True) if second
    }
    return RatingResults(
        raters=len(raters),
        rated=(len(set(rated) - in_second), len(in_second & set(rated))),
        comparisons=with_q(comparisons),
        effects=with_q(effects),
        both=both_effects(comparisons, effects),
        agreement=tuple(agreement),
        complete_raters=len(complete),
        no_agreement=no_agreement,
        mood=() if no_mood else _mood(table, own),
        no_mood=no_mood,
        lacking={"comparisons": no_comparison, "effects": no_effect, "agreement": disagreement},
        left_out=left_out,
        unlisted=unlisted,
    )


def _require_raters(raters: Sequence[str], unlisted: int) -> None:
    if len(raters) < LEAST_RATERS:
        strangers = (
            f" {unlisted} of the people rated stand in no row of the table." if unlisted else ""
        )
        raise NothingToCompare(
            f"{counted(len(raters), 'rater')} rated people of both groups on every item, and at least "
            f"{LEAST_RATERS} are needed. Nothing was worked out of the ratings.{strangers}"
        )


def _require_rated(rated: Sequence[str], people: People) -> None:
    sides = dict(zip(people.names, people.in_second, strict=True))
    for name, second, size in zip(
        (people.first, people.second), (False, True), people.sizes, strict=True
    ):
        count = sum(sides[each] == second for each in rated)
        if count < LEAST_A_GROUP:
            raise NothingToCompare(
                f'Only {count} of {size} people of group "{name}" were rated, and at least '
                f"{LEAST_A_GROUP} a group are needed. Nothing was worked out of the ratings."
            )


def _rated(ratings: RatingTable, people: People, raters: Sequence[str]) -> tuple[str, ...]:
    """Whom these raters rated, in the order of people."""
    taking_part = set(raters)
    seen = {name for rater, name, _ in ratings.scores if rater in taking_part}
    return tuple(name for name in people.names if name in seen)


def _sorted_out(found: Mapping[str, _Found | str]) -> tuple[list[_Found], dict[str, str]]:
    """What was worked out, and of each other item why it was not."""
    return (
        [each for each in found.values() if not isinstance(each, str)],
        {item: each for item, each in found.items() if isinstance(each, str)},
    )


def _effect(item: str, first: NDArray[np.float64], second: NDArray[np.float64]) -> ItemEffect | str:
    if not differ(second - first):
        return "every rater tells the groups apart by the same amount, or not at all"
    return item_effect(item, first, second)


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


def _complete(ratings: RatingTable, rated: Sequence[str], raters: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        rater
        for rater in raters
        if all((rater, name, item) in ratings.scores for name in rated for item in ITEMS)
    )


def _why_no_agreement(raters: int) -> str:
    if raters < LEAST_RATERS:
        return (
            f"{counted(raters, 'rater')} rated every clip that was rated, and at least "
            f"{LEAST_RATERS} are needed."
        )
    return ""


def _scores(
    ratings: RatingTable, rated: Sequence[str], raters: Sequence[str], item: str
) -> NDArray[np.float64]:
    return np.array(
        [[ratings.scores[rater, name, item] for rater in raters] for name in rated], np.float64
    )


def _mood(table: NDArray[np.float64], own: NDArray[np.float64]) -> tuple[Correlation, ...]:
    told = ~np.isnan(own)
    found = []
    for column, item in enumerate(ITEMS):
        first, second = table[told, column, 0], table[told, column, 1]
        for name, values in ((item, (first + second) / 2), (f"{item} difference", second - first)):
            if differ(values):
                found.append(correlate(name, values, own[told]))
    return with_q(found)
