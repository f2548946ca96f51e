"""One item's difference between the groups: for these clips, and for other clips and other raters.

Whether these very clips are seen differently, by other raters too, is the study's own analysis: a
repeated-measures analysis of variance over each rater's mean of either group (statsmodels), with
partial eta squared F / (F + df). It takes the people shown for all there are. Whether other people
would be seen differently by these very raters is the comparison over people (`rated_people`), which
takes the raters for all there are. For both at once stands min F' (Clark 1973,
doi 10.1016/S0022-5371(73)80014-3): F1 F2 / (F1 + F2) with 1 and
(F1 + F2)^2 / (F1^2 / df2 + F2^2 / df1) degrees of freedom. It finds too little rather than too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.anova import AnovaRM

from kizashi_study.analysis.comparisons import (
    Comparison,
    determined,
    noncentrality_interval,
    with_q,
)


@dataclass(frozen=True, slots=True)
class ItemEffect:
    """One item's difference between the groups, for these clips and other raters.

    Attributes:
        item: of `ITEMS`.
        first_mean: mean over raters of their mean score of the first group; 1 to 7.
        second_mean: of the second.
        f: with 1 and df degrees of freedom.
        p: of F; q is p adjusted over the items.
        eta_squared: partial; low and high are its 95 % interval, None where it is not determined.
    """

    item: str
    first_mean: float
    second_mean: float
    f: float
    df: float
    p: float
    q: float
    eta_squared: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class BothEffect:
    """One item's difference between the groups, for other people and other raters.

    Attributes:
        item: of `ITEMS`.
        difference: second group less first, over people; 1 to 7 is the scale.
        f: min F', with 1 and df degrees of freedom.
        p: of it; q is p adjusted over the items.
    """

    item: str
    difference: float
    f: float
    df: float
    p: float
    q: float


def item_effect(item: str, first: NDArray[np.float64], second: NDArray[np.float64]) -> ItemEffect:
    """The effect of the group on one item; each argument is (raters,). q is p.

    The interval of partial eta squared is by the noncentral F (Steiger 2004, doi
    10.1037/1082-989X.9.2.164): lambda / (lambda + N), where of two conditions seen by the same
    raters N is their number, df + 1.
    """
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
        low=determined(low / (low + df + 1)),
        high=determined(high / (high + df + 1)),
    )


def both_effects(
    over_people: Sequence[Comparison], over_raters: Sequence[ItemEffect]
) -> tuple[BothEffect, ...]:
    """Of every item that stands in both, with q over them."""
    by_item = {each.item: each for each in over_raters}
    return with_q(
        [
            both_effect(each, by_item[each.measure])
            for each in over_people
            if each.measure in by_item
        ]
    )


def both_effect(over_people: Comparison, over_raters: ItemEffect) -> BothEffect:
    """Of one item; q is p."""
    f1, f2 = over_people.t**2, over_raters.f
    if f1 + f2 == 0:  # both means are the same, over people and over raters
        f, df = 0.0, min(over_people.df, over_raters.df)
    else:
        f = f1 * f2 / (f1 + f2)
        df = (f1 + f2) ** 2 / (f1**2 / over_raters.df + f2**2 / over_people.df)
    p = float(stats.f.sf(f, 1, df))
    return BothEffect(over_people.measure, over_people.difference, f, df, p, p)
