"""Who is in each clip, and what was noted of them, from a manifest."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from tables import TableError


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is in a clip.

    Attributes:
        person: the same name in each clip of one person.
        traits: words that the manifest notes of the person or the clip, as it spells them.
    """

    person: str
    traits: frozenset[str]


def read_subjects(manifest: Path) -> dict[str, Subject]:
    """The subject of each clip, by the stem of its file.

    Args:
        manifest: tab-separated, with columns `file` and `person`, and `traits` where any were
            noted: words with commas or spaces between them.

    Raises:
        TableError: the file cannot be read, a column or a person is missing, or two files have
            one stem.
    """
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle, delimiter="\t", restval="")
            header, rows = reader.fieldnames or (), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{manifest}: cannot be read: {error}") from error
    if missing := [name for name in ("file", "person") if name not in header]:
        raise TableError(f"{manifest}: no column {', '.join(missing)}")
    subjects: dict[str, Subject] = {}
    for row in rows:
        stem, person = Path(row["file"]).stem, row["person"].strip()
        if not person:
            raise TableError(f"{manifest}: does not say who is in {row['file']}")
        if stem in subjects:
            raise TableError(f"{manifest}: two files are called {stem}")
        subjects[stem] = Subject(person, traits_of(row.get("traits", "")))
    return subjects


def traits_of(cell: str) -> frozenset[str]:
    """The words of a cell, with commas or spaces between them."""
    return frozenset(word for word in re.split(r"[\s,]+", cell) if word)
