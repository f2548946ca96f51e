"""The study's figures: both groups' profile, the effects of each measure, and what raters saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from kizashi_models.reports import FIRST, MUTED, SECOND, Drawing, drawing
from numpy.typing import NDArray
from scipy import stats

from kizashi_study.analysis.comparisons import CONFIDENCE, Comparison
from kizashi_study.analysis.item_effects import ItemEffect

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE, _APART = (7.6, 3.8), 0.18


def profile(name: str, comparisons: Sequence[Comparison], *, presence: bool) -> Drawing:
    """Both groups' mean of every measure with its 95 % interval, as in the paper's first figure."""
    what = "share of frames with it" if presence else "mean intensity, 0 to 5"

    def draw(axes: Axes) -> None:
        places = np.arange(len(comparisons))
        for shift, colour, marker, group in (
            (-_APART, FIRST, "o", "first"),
            (_APART, SECOND, "s", "second"),
        ):
            means, spreads, sizes = (
                np.array([getattr(each, f"{group}_{figure}") for each in comparisons])
                for figure in ("mean", "sd", "n")
            )
            reach = stats.t.isf((1 - CONFIDENCE) / 2, sizes - 1) * spreads / np.sqrt(sizes)
            axes.errorbar(
                places + shift,
                means,
                yerr=reach,
                color=colour,
                marker=marker,
                linestyle="none",
                markersize=5,
                capsize=2,
                label=f"{group} group",
            )
        axes.set(xlabel="action unit", ylabel=what, ylim=(0, None))
        axes.set_xticks(places, [each.measure[2:4] for each in comparisons])
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)

    return drawing(
        name,
        "Profile of presences" if presence else "Profile of intensities",
        f"Means of both groups by action unit, {what}, with 95 % intervals. The figures are in the "
        "table of comparisons.",
        draw,
        _WIDE,
    )


def effects(name: str, comparisons: Sequence[Comparison]) -> Drawing:
    """Cohen's d of every measure with its 95 % interval."""

    def draw(axes: Axes) -> None:
        places = np.arange(len(comparisons))
        d = np.array([each.d for each in comparisons])
        low, high = _ends([(each.d_low, each.d_high) for each in comparisons])
        axes.axhline(0, color=MUTED, linewidth=1)
        axes.errorbar(
            places,
            d,
            yerr=[d - low, high - d],
            color=FIRST,
            marker="o",
            linestyle="none",
            markersize=5,
            capsize=2,
        )
        axes.set(xlabel="action unit", ylabel="Cohen's d")
        axes.set_xticks(places, [each.measure[2:4] for each in comparisons])

    return drawing(
        name,
        "Effects",
        "Cohen's d of the second group against the first by action unit, with 95 % intervals. Above "
        "0 the second group shows more. The figures are in the table of comparisons.",
        draw,
        _WIDE,
    )


def rated(name: str, items: Sequence[ItemEffect]) -> Drawing:
    """Partial eta squared of every item with its 95 % interval."""

    def draw(axes: Axes) -> None:
        places = np.arange(len(items))
        eta = np.array([each.eta_squared for each in items])
        low, high = _ends([(each.low, each.high) for each in items])
        axes.errorbar(
            places,
            eta,
            yerr=np.maximum([eta - low, high - eta], 0),
            color=FIRST,
            marker="o",
            linestyle="none",
            capsize=3,
        )
        axes.set(ylabel="partial eta squared", ylim=(0, 1))
        axes.set_xticks(places, [each.item for each in items])

    return drawing(
        name,
        "Ratings",
        "Partial eta squared of the group by item, with 95 % intervals. The figures are in the table "
        "of ratings.",
        draw,
        _WIDE,
    )


def _ends(
    intervals: Sequence[tuple[float | None, float | None]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lows and highs; not a number, and so not drawn, where they are not determined."""
    low, high = np.array(intervals, np.float64).T
    return low, high
