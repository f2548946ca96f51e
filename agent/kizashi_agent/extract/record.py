"""What a table was made from, kept beside it, so that a later run knows what is still to do.

The record of `OUT/name.csv` is `OUT/.kizashi/name.json`. It names no folder of the person's:
whoever is handed the tables learns only the video's own file name.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

RECORD_FOLDER = ".kizashi"
RECORD_FORMAT = 1

_UNFINISHED = ".part"
_ABANDONED = 3600.0
"""Seconds; a file that is being written grows every few seconds."""


@dataclass(frozen=True, slots=True)
class Source:
    """A video file as it was when it was looked at.

    Attributes:
        name: of the file.
        path_sha256: of its absolute path.
        size: bytes.
        modified: nanoseconds since the epoch.
    """

    name: str
    path_sha256: str
    size: int
    modified: int

    def same_content(self, other: Source) -> bool:
        """Whether both look like one file, be it in another folder."""
        return (self.name, self.size, self.modified) == (other.name, other.size, other.modified)


@dataclass(frozen=True, slots=True)
class Record:
    """What a table was made from and by whom; `table_sha256` is of the table's bytes."""

    source: Source
    extractor_id: str
    mode: str
    table_sha256: str


def source_of(video: Path) -> Source:
    """What identifies a video without reading it.

    Raises:
        OSError: the file cannot be looked at.
    """
    state = video.stat()
    path = hashlib.sha256(os.fsencode(video.resolve())).hexdigest()
    return Source(video.name, path, state.st_size, state.st_mtime_ns)


def record_path(table: Path) -> Path:
    """Where the record of a table is."""
    return table.parent / RECORD_FOLDER / f"{table.stem}.json"


def read_record(table: Path) -> Record | None:
    """The record of a table; None where there is none that can be read."""
    try:
        value = json.loads(record_path(table).read_text("utf-8"))
        if value.pop("record") != RECORD_FORMAT:
            return None
        return Record(source=Source(**value.pop("source")), **value)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write_record(table: Path, record: Record) -> None:
    """Writes the record of a table.

    Raises:
        OSError: it cannot be written.
    """
    path = record_path(table)
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as file:
        json.dump({"record": RECORD_FORMAT, **asdict(record)}, file, indent=1)


def digest_of(path: Path) -> str | None:
    """SHA-256 of a file; None where there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


@contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """A text file that takes the place of `path` in one step when the block ends well.

    Until then it has a name of its own in the same folder, starting with a dot; after an error it
    is gone, and what was at `path` is as before.

    Raises:
        OSError: it cannot be written or renamed.
    """
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_UNFINISHED}")
    try:
        with unfinished.open("x", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def discard_abandoned(out: Path, now: float) -> None:
    """Takes away what a run that was killed left half-written in a folder of tables.

    Args:
        out: the folder.
        now: seconds since the epoch. A file that grew in the last hour may be another run's.
    """
    for folder in (out, out / RECORD_FOLDER):
        for entry in folder.glob(f".*{_UNFINISHED}"):
            # What cannot be taken away does no harm.
            with suppress(OSError):
                if entry.stat().st_mtime < now - _ABANDONED:
                    entry.unlink()
