"""A report as JSON: "told" for the server, everything else for readers and their programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date
from enum import Enum

from kizashi_models.validation import VALIDATION_FORMAT

from kizashi_server.validation.report import Report


def as_json(report: Report) -> str:
    """The report's JSON text; `kizashi_models.validation` reads it."""
    rest = {
        each.name: _plain(getattr(report, each.name))
        for each in dataclasses.fields(report)
        if each.name != "told"
    }
    table = {"validation": VALIDATION_FORMAT, "told": _plain(report.told), "report": rest}
    return json.dumps(table, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
