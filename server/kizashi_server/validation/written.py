"""A report as JSON: "told" for the server, everything else for readers and their programs."""

from __future__ import annotations

import dataclasses
import json

from kizashi_models.reports import plain
from kizashi_models.validation_reports import VALIDATION_FORMAT

from kizashi_server.validation.report import Report


def as_json(report: Report) -> str:
    """The report's JSON text; `kizashi_models.validation_reports` reads it."""
    rest = {
        each.name: plain(getattr(report, each.name))
        for each in dataclasses.fields(report)
        if each.name != "told"
    }
    table = {"validation": VALIDATION_FORMAT, "told": plain(report.told), "report": rest}
    return json.dumps(table, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
