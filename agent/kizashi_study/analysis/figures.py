"""The study's figures: both groups' profile, the effects of each measure, and what raters saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from kizashi_models.reports import FIRST, MUTED, SECOND, Drawing, drawing

from kizashi_study.analysis.comparisons import Comparison
from kizashi_study.analysis.rating_analysis import ItemEffect

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE, _APART = (7.6, 3.8), 0.18


def profile(
    name: str, comparisons: Sequence[Comparison], sizes: tuple[int, int], *, presence: bool
) -> Drawing:
    """Both groups' mean of every measure with its 95 % interval, as in the paper's first figure."""
    what = "share of frames with it" if presence else "mean intensity, 0 to 5"

    def draw(axes: Axes) -> None:
        places = np.arange(len(comparisons))
        for shift, colour, marker, means, spreads, size, label in (
            (
                -_APART,
                FIRST,
                "o",
                [each.first_mean for each in comparisons],
                [each.first_sd for each in comparisons],
                sizes[0],
                "first group",
            ),
            (
                _APART,
                SECOND,
                "s",
                [each.second_mean for each in comparisons],
                [each.second_sd for each in comparisons],
                sizes[1],
                "second group",
            ),
        ):
            reach = 1.96 * np.array(spreads) / np.sqrt(size)
            axes.errorbar(
                places + shift,
                means,
                yerr=reach,
                color=colour,
                marker=marker,
                linestyle="none",
                markersize=5,
                capsize=2,
                label=label,
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
        reach = [
            d - [each.d_low for each in comparisons],
            [each.d_high for each in comparisons] - d,
        ]
        axes.axhline(0, color=MUTED, linewidth=1)
        axes.errorbar(
            places,
            d,
            yerr=reach,
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
        reach = [eta - [each.low for each in items], [each.high for each in items] - eta]
        axes.errorbar(
            places,
            eta,
            yerr=np.maximum(reach, 0),
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
