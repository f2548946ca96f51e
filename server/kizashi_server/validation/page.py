"""A report as one page: nothing is fetched, nothing runs, and every figure is the JSON's."""

from __future__ import annotations

from itertools import groupby

from kizashi_models.reports import Drawing, filled_in
from kizashi_models.validation import LARGEST_HALF_WIDTH, LEAST_OF_EITHER, LEAST_SHARE_PEOPLE
from kizashi_protocol.consent import SMALLEST_GROUP

from kizashi_server.validation.drawing import (
    calibration_drawing,
    curve_drawing,
    decision_drawing,
)
from kizashi_server.validation.groups import LEAST_OF_A_KIND
from kizashi_server.validation.notation import NOT_ESTABLISHED, number, percent, rate
from kizashi_server.validation.report import Report

WHICH_REPORT_IS_TOLD = (
    "Of several reports on this scorer the newest decides, and where it does not carry its figures "
    "an older one is told only if it has more people than every report since and each of those "
    "agrees with it."
)
"""The rule of `validation_reports.report_told`, for readers of the page."""


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
            "rule": WHICH_REPORT_IS_TOLD,
            "missing": report.told.shares_that_miss,
            "points": round(100 * LARGEST_HALF_WIDTH),
            "least_of_either": LEAST_OF_EITHER,
            "least_share": LEAST_SHARE_PEOPLE,
            "smallest_group": SMALLEST_GROUP,
            "least_of_a_kind": LEAST_OF_A_KIND,
        },
    )


def _drawings(report: Report) -> list[Drawing]:
    performance = report.performance
    drawings = [curve_drawing(performance), decision_drawing(performance.decision_curve)]
    if performance.calibration is not None and performance.calibration.curve:
        drawings.append(calibration_drawing(performance.calibration.curve))
    return drawings
