"""A report as one page: nothing is fetched, nothing runs, and every figure is the JSON's."""

from __future__ import annotations

from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from kizashi_models.validation import LARGEST_HALF_WIDTH, LEAST_SHARE_PEOPLE
from kizashi_protocol.consent import SMALLEST_GROUP
from markupsafe import Markup

from kizashi_server.validation.drawing import (
    Drawing,
    calibration_drawing,
    curve_drawing,
    decision_drawing,
)
from kizashi_server.validation.notation import NOT_ESTABLISHED, number, percent, rate
from kizashi_server.validation.performance import LEAST_OF_EITHER
from kizashi_server.validation.report import Report

_TEMPLATE = "page.html"


def as_page(report: Report) -> str:
    """The report as HTML, whole in itself."""
    environment = Environment(
        loader=PackageLoader("kizashi_server.validation", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"rate": rate, "number": number, "percent": percent}
    groups = [
        (trait, list(some)) for trait, some in groupby(report.groups, lambda each: each.trait)
    ]
    return environment.get_template(_TEMPLATE).render(
        report=report,
        traits=groups,
        # Drawn from numbers alone, so that nothing in it needs escaping.
        drawings={each.name: Markup(each.svg) for each in _drawings(report)},  # noqa: S704
        not_established=NOT_ESTABLISHED,
        points=round(100 * LARGEST_HALF_WIDTH),
        least_of_either=LEAST_OF_EITHER,
        least_share=LEAST_SHARE_PEOPLE,
        smallest_group=SMALLEST_GROUP,
    )


def _drawings(report: Report) -> list[Drawing]:
    performance = report.performance
    drawings = [curve_drawing(performance), decision_drawing(performance.decision_curve)]
    if performance.calibration is not None and performance.calibration.curve:
        drawings.append(calibration_drawing(performance.calibration.curve))
    return drawings
