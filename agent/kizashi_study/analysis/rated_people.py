"""People as they were rated: each one's level on an item, without the levels of who rated them.

Raters need not all have rated the same people: score = person + rater is fitted by least squares
(statsmodels) to what there is, so that who happened to be seen by a lenient rater gains nothing, and
a rater who happened to see one group for the most part takes nothing of it. The groups' people are
then compared like any measure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components
from statsmodels.formula.api import ols

from kizashi_study.analysis.comparisons import Comparison, compare, differ
from kizashi_study.analysis.people import LEAST_A_GROUP, People
from kizashi_study.analysis.rating_table import RatingTable


def compare_rated(
    item: str, ratings: RatingTable, people: People, raters: Sequence[str]
) -> Comparison | str:
    """The groups on one item, over people, q being p; or why they are not compared."""
    long = pd.DataFrame(
        [
            (name, rater, float(score), second)
            for name, second in zip(people.names, people.in_second, strict=True)
            for rater in raters
            if (score := ratings.scores.get((rater, name, item))) is not None
        ],
        columns=["person", "rater", "score", "second"],
    )
    groups = long.groupby("person")["second"].first()
    if min((groups == second).sum() for second in (False, True)) < LEAST_A_GROUP:
        return f"fewer than {LEAST_A_GROUP} people of a group were rated on it"
    if not _connected(long):
        return "raters fall into sets that saw no clip in common, and nothing tells their levels"
    fitted = ols("score ~ C(person) + C(rater)", long).fit()
    names, seen_by = groups.index, sorted(set(long["rater"]))
    everybody = pd.DataFrame(
        {"person": np.repeat(names, len(seen_by)), "rater": seen_by * len(names)}
    )
    levels = fitted.predict(everybody).to_numpy().reshape(len(names), len(seen_by)).mean(axis=1)
    second = groups.to_numpy(np.bool_)
    if not (differ(levels[~second]) and differ(levels[second])):
        return "within a group nobody differs in it"
    return compare(item, levels[~second], levels[second])


def _connected(ratings: pd.DataFrame) -> bool:
    """Whether all raters and people hang together, each rating being a tie between two of them."""
    rated = pd.crosstab(ratings["person"], ratings["rater"]).to_numpy()
    people, raters = rated.shape
    ties = np.block([[np.zeros((people, people)), rated], [rated.T, np.zeros((raters, raters))]])
    return int(connected_components(ties, directed=False)[0]) == 1
