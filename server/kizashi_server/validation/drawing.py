"""The figures of a validation's page: ROC curve, calibration, decision curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kizashi_models.reports import FIRST, INK, MUTED, SECOND, Drawing, drawing

from kizashi_server.validation.net_benefit import NetBenefit
from kizashi_server.validation.performance import Performance
from kizashi_server.validation.recalibration import CurvePoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def curve_drawing(performance: Performance) -> Drawing:
    """The composite's ROC curve, and where on it the band "more" stands."""
    sensitivity, specificity = performance.sensitivity, performance.specificity

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, linestyle=":", label="chance")
        axes.plot(
            [each.false_positive_rate for each in performance.curve],
            [each.sensitivity for each in performance.curve],
            color=FIRST,
            label="composite",
        )
        x, y = 1 - specificity.estimate.value, sensitivity.estimate.value
        axes.errorbar(
            x,
            y,
            xerr=[
                [x - (1 - specificity.estimate.high)],
                [(1 - specificity.estimate.low) - x],
            ],
            yerr=[[y - sensitivity.estimate.low], [sensitivity.estimate.high - y]],
            color=SECOND,
            marker="o",
            capsize=3,
            label='band "more"',
        )
        axes.set(
            xlabel="1 - specificity", ylabel="sensitivity", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01)
        )
        axes.legend(loc="lower right")

    return drawing(
        "roc",
        "ROC curve",
        "Sensitivity against one minus specificity over all cuts of the composite, with the chance "
        'line and, with its intervals, the cut of the band "more". The figures are in the table of '
        "performance.",
        draw,
    )


def calibration_drawing(points: tuple[CurvePoint, ...]) -> Drawing:
    """Observed shares of cases against the scorer's probabilities, by bin."""

    def draw(axes: Axes) -> None:
        most = max(
            1e-3, *(max(each.share.expected, each.observed.estimate.high) for each in points)
        )
        axes.plot([0, most], [0, most], color=MUTED, linestyle=":", label="as it should be")
        x = [each.share.expected for each in points]
        y = [each.observed.estimate.value for each in points]
        axes.errorbar(
            x,
            y,
            yerr=[
                [each.observed.estimate.value - each.observed.estimate.low for each in points],
                [each.observed.estimate.high - each.observed.estimate.value for each in points],
            ],
            color=FIRST,
            marker="o",
            capsize=3,
            label="observed, with 95 % interval",
        )
        axes.set(
            xlabel="probability by the scorer",
            ylabel="share of cases",
            xlim=(0, None),
            ylim=(0, None),
        )
        axes.legend(loc="upper left")

    return drawing(
        "calibration",
        "Calibration curve",
        "Observed share of cases with its interval against the mean probability of each bin. The "
        "figures are in the table of calibration.",
        draw,
    )


def decision_drawing(curve: tuple[NetBenefit, ...]) -> Drawing:
    """Net benefit by threshold, of the band, the probability, everybody and nobody."""

    def draw(axes: Axes) -> None:
        thresholds = [each.threshold for each in curve]
        axes.plot(
            thresholds,
            [each.everybody for each in curve],
            color=MUTED,
            linestyle="--",
            label="everybody",
        )
        axes.axhline(0, color=INK, linewidth=1, label="nobody")
        for values, colour, marker, label in (
            ([each.band for each in curve], FIRST, "o", 'band "more"'),
            ([each.probability for each in curve], SECOND, "s", "probability"),
        ):
            shown = [
                (threshold, each.estimate)
                for threshold, each in zip(thresholds, values, strict=True)
                if each is not None
            ]
            if shown:
                x = [threshold for threshold, _ in shown]
                axes.fill_between(
                    x,
                    [each.low for _, each in shown],
                    [each.high for _, each in shown],
                    color=colour,
                    alpha=0.15,
                    linewidth=0,
                )
                axes.plot(
                    x, [each.value for _, each in shown], color=colour, marker=marker, label=label
                )
        highest = max(each.everybody for each in curve)
        axes.set(xlabel="threshold", ylabel="net benefit", ylim=(-0.1, max(0.1, highest * 1.2)))
        axes.legend(loc="best")

    return drawing(
        "decision",
        "Decision curve",
        "Net benefit over thresholds from .05 to .50 of flagging by the scorer, of flagging "
        "everybody and of flagging nobody. The figures are in the table of net benefit.",
        draw,
    )
