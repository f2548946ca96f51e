"""What a report's page stands on: its drawings, its style, and how it is filled in.

A report is one HTML file: nothing is fetched and nothing runs. Its libraries (matplotlib, jinja2)
are imported when one is made, so that nobody else loads them.
"""

from kizashi_models.reports.drawing import FIRST, INK, MUTED, SECOND, Drawing, drawing
from kizashi_models.reports.page import filled_in
from kizashi_models.reports.plain import plain

__all__ = ["FIRST", "INK", "MUTED", "SECOND", "Drawing", "drawing", "filled_in", "plain"]
