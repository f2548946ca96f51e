"""What else is made of a clip's measurements in the pass that writes its table.

Whoever extracts may hand in an observer: it hears every measurement, and what it makes of them is
kept beside the table's record, as `OUT/.kizashi/beside/name.json`, with the digest of the table it
belongs to. A table is finished only with it; so a clip is measured once for both, and a run that
was interrupted goes on for both.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from kizashi_agent.extract.record import (
    BESIDE_FOLDER,
    RECORD_FOLDER,
    Recipe,
    digest_of,
    replacing,
)
from kizashi_agent.measurement import FrameMeasurement


class Observer(Protocol):
    """Hears the measurements of one clip in order of time; figures alone, as a table has."""

    def hear(self, measurement: FrameMeasurement) -> None:
        """The next frame's; it may be of an hour, so what is kept has to have an end."""

    def made(self) -> str:
        """What it came to, once the last was heard: a text to be kept."""


Observe = Callable[[Recipe], Observer]
"""Begins a clip, given how it is measured; a function of a module, for processes import it."""


def beside_path(table: Path) -> Path:
    """Where what was made beside a table is kept."""
    return table.parent / RECORD_FOLDER / BESIDE_FOLDER / f"{table.stem}.json"


def write_beside(table: Path, table_sha256: str, made: str) -> None:
    """Keeps what was made beside a table of that digest.

    Raises:
        OSError: it cannot be written.
    """
    path = beside_path(table)
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as file:
        json.dump({"table_sha256": table_sha256, "made": made}, file, ensure_ascii=False, indent=1)


def read_beside(table: Path) -> str | None:
    """What was made beside the table that is there; None where nothing was, or another table."""
    try:
        value = json.loads(beside_path(table).read_text("utf-8"))
        made, digest = value["made"], value["table_sha256"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return made if isinstance(made, str) and digest == digest_of(table) else None
