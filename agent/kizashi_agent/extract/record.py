"""What a table was made from, kept beside it, so that a later run knows what is still to do.

The record of `OUT/name.csv` is `OUT/.kizashi/name.json`. It names no folder of the person's:
whoever is handed the tables learns only the video's own file name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from kizashi_agent.errors import InputError
from kizashi_agent.segments import Neutral, NeutralWindow

RECORD_FOLDER = ".kizashi"
BESIDE_FOLDER = "beside"
RECORD_FORMAT = 2

_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{32}\.part")


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
class Recipe:
    """All that a table depends on besides its video; of another recipe, it is made anew.

    Attributes:
        extractor_id: who measured.
        mode: how intensities relate to the person; see `Extractor`.
        neutral: the part that columns above neutral are relative to; None if there are none.
    """

    extractor_id: str
    mode: str
    neutral: Neutral


@dataclass(frozen=True, slots=True)
class Record:
    """What a table was made from and how.

    Attributes:
        source: the video.
        recipe: how.
        table_sha256: of the table's bytes.
        former_sha256: of the table that this one takes the place of; None if there was none. The
            record is there before its table: a run that is killed between the two leaves the
            former one, and it is ours.
    """

    source: Source
    recipe: Recipe
    table_sha256: str
    former_sha256: str | None


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
        source, recipe = Source(**value.pop("source")), _recipe(**value.pop("recipe"))
        return Record(source, recipe, **value)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, InputError):
        return None


def _recipe(neutral: dict[str, float] | None, **others: Any) -> Recipe:
    return Recipe(neutral=None if neutral is None else NeutralWindow(**neutral), **others)


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
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with unfinished.open("x", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def discard_abandoned(out: Path) -> None:
    """Takes away what a run that was killed left half-written in a folder of tables.

    Only for the one run that has the folder: what another is writing would go too.
    """
    for folder in (out, out / RECORD_FOLDER, out / RECORD_FOLDER / BESIDE_FOLDER):
        for entry in folder.glob(".*.part"):
            if _UNFINISHED.fullmatch(entry.name):
                # What cannot be taken away does no harm.
                with suppress(OSError):
                    entry.unlink()
