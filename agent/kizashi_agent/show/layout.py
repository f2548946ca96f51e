"""How wide text runs on a terminal."""

WIDEST = 92
"""Columns; longer lines are hard to read."""
