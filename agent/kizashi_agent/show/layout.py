"""How text lies on a terminal."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

WIDEST = 92
"""Columns; longer lines are hard to read."""


def print_padded(console: Console, text: str) -> None:
    """Prints a text set in from both edges, never read as markup."""
    width = min(console.width, WIDEST)
    console.print(Padding(Text(text.strip()), (0, 2)), width=width)
