"""A report as one page: nothing is fetched, nothing runs, and every figure is the JSON's."""

from __future__ import annotations

from itertools import groupby

from kizashi_models.reports import Drawing, filled_in
from kizashi_models.validation import LARGEST_HALF_WIDTH, LEAST_SHARE_PEOPLE
from kizashi_protocol.consent import SMALLEST_GROUP

from kizashi_server.validation.drawing import (
    calibration_drawing,
    curve_drawing,
    decision_drawing,
)
from kizashi_server.validation.notation import NOT_ESTABLISHED, number, percent, rate
from kizashi_server.validation.performance import LEAST_OF_EITHER
from kizashi_server.validation.report import Report


def as_page(report: Report) -> str:
    """The report as HTML, whole in itself."""
    groups = [
        (trait, list(some)) for trait, some in groupby(report.groups, lambda each: each.trait)
    ]
    return filled_in(
        "kizashi_server.validation",
        "page.html",
        _drawings(report),
        {"rate": rate, "number": number, "percent": percent},
        {
            "report": report,
            "traits": groups,
            "not_established": NOT_ESTABLISHED,
            "points": round(100 * LARGEST_HALF_WIDTH),
            "least_of_either": LEAST_OF_EITHER,
            "least_share": LEAST_SHARE_PEOPLE,
            "smallest_group": SMALLEST_GROUP,
        },
    )


def _drawings(report: Report) -> list[Drawing]:
    performance = report.performance
    drawings = [curve_drawing(performance), decision_drawing(performance.decision_curve)]
    if performance.calibration is not None and performance.calibration.curve:
        drawings.append(calibration_drawing(performance.calibration.curve))
    return drawings
