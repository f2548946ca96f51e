"""The figures of a report's page, as SVG that takes its colours from the page.

matplotlib writes fixed colours; each stands for a role here and is replaced by the page's own, so
that one drawing is right in light, in dark and in print. No text of a site's goes into a drawing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from kizashi_server.validation.net_benefit import NetBenefit
from kizashi_server.validation.performance import Performance
from kizashi_server.validation.recalibration import CurvePoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, FIRST, SECOND, LINE = "#010203", "#020304", "#030405", "#040506", "#050607"
_ROLES = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    FIRST: "var(--first)",
    SECOND: "var(--second)",
    LINE: "var(--line)",
}
_SIZE = (5.6, 4.2)
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "kizashi",
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": LINE,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure as SVG text, with its name and what it shows in words inside."""

    name: str
    svg: str


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

    return _drawing(
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
        most = max(1e-3, *(max(each.expected, each.observed.estimate.high) for each in points))
        axes.plot([0, most], [0, most], color=MUTED, linestyle=":", label="as it should be")
        x = [each.expected for each in points]
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

    return _drawing(
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

    return _drawing(
        "decision",
        "Decision curve",
        "Net benefit over thresholds from .05 to .50 of flagging by the scorer, of flagging "
        "everybody and of flagging nobody. The figures are in the table of net benefit.",
        draw,
    )


def _drawing(name: str, title: str, description: str, draw: Callable[[Axes], None]) -> Drawing:
    # Here and not at the top: with it come picture libraries, which no server has loaded.
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    written = io.StringIO()
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=_SIZE, layout="constrained")
        draw(figure.add_subplot())
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(written, format="svg", transparent=True, metadata=nothing)
    return Drawing(name, _inline(written.getvalue(), name, title, description))


def _inline(text: str, name: str, title: str, description: str) -> str:
    """An SVG document as an element of a page that has others."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'url\(#([^)]+)\)|href="#([^"]+)"', lambda found: _renamed(found, name), text)
    for colour, role in _ROLES.items():
        text = text.replace(colour, role)
    spoken = f'<svg role="img" aria-labelledby="{name}-title {name}-desc"'
    head, rest = text.split(">", 1)
    head = spoken + re.sub(r' (?:width|height)="[^"]*"', "", head.removeprefix("<svg"))
    inside = (
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
    )
    return f"{head}>{inside}{rest}"


def _renamed(found: re.Match[str], name: str) -> str:
    if found[1] is not None:
        return f"url(#{name}-{found[1]})"
    return f'href="#{name}-{found[2]}"'
