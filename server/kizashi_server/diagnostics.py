"""One JSON object a line on standard error, for a journal to keep.

A line names an event and figures of the server. It never holds a key, a summary, a score, a
reply or a network address; a report is named by the first four bytes of its id, enough to tell
two lines apart. What other libraries log is reduced to where it came from, because their texts
may quote what they worked on.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

_NAME = "kizashi_server"
_LOGGER = logging.getLogger(_NAME)

Value = str | int | float | None


def configure(stream: TextIO) -> None:
    """Sends every logger's lines of INFO and above to a stream, in place of other handlers."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    _LOGGER.setLevel(logging.INFO)


def info(event: str, **fields: Value) -> None:
    """Logs something that is as it should be."""
    _LOGGER.info(event, extra={"fields": fields})


def warn(event: str, **fields: Value) -> None:
    """Logs something an operator may want to look at."""
    _LOGGER.warning(event, extra={"fields": fields})


def report_name(report_id: bytes) -> str:
    """How a report is named in a log: the first four bytes of its id, in hexadecimal."""
    return report_id[:4].hex()


def origin(error: BaseException) -> str:
    """The class of an exception and where it was raised, without its text."""
    return _origin(type(error), error.__traceback__)


def _origin(kind: type[BaseException] | None, trace: TracebackType | None) -> str:
    name = kind.__name__ if kind else "unknown"
    frames = traceback.extract_tb(trace)
    if not frames:
        return name
    path = frames[-1].filename.rsplit("/", 1)[-1]
    return f"{name} at {path}:{frames[-1].lineno}"


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if record.name == _NAME:
            line |= {"event": record.msg, **getattr(record, "fields", {})}
        else:
            line |= {"event": "library", "library": record.name}
            if record.exc_info:
                line["error"] = _origin(record.exc_info[0], record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)
