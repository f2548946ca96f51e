"""Figures of a report, as SVG that takes its colours from the page.

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


def drawing(
    name: str,
    title: str,
    description: str,
    draw: Callable[[Axes], None],
    size: tuple[float, float] = (5.6, 4.2),
) -> Drawing:
    """A figure that `draw` puts onto axes.

    Args:
        name: its own on its page, of letters.
        title: read aloud in its place.
        description: likewise, and where the same figures stand as a table.
        draw: uses the colours of this module alone, and no text that a site chose.
        size: width and height, in inches; the page scales it.
    """
    # Here and not at the top: with it come picture libraries, which no server has loaded.
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    written = io.StringIO()
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=size, layout="constrained")
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
