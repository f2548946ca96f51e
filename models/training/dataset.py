"""Pairs of what the tracker saw and what the teacher said, as arrays to fit a head on."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from features import Observed, read
from numpy.typing import NDArray
from split import Clip
from tables import INTENSITY_COLUMNS, LEAST_CONFIDENCE, PRESENCE_COLUMNS, TableError, read_table


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Frames with a face that both sides measured.

    Attributes:
        features: (n, FEATURE_COUNT) float32.
        intensities: (n, 17) float32, the teacher's, 0-5.
        presences: (n, 18) bool, the teacher's.
        frames: (n,), 1-based number of the frame.
        clips: (n,), stem of the file.
        persons: (n,).
        yaw: (n,) float32, radians.
        face_width: (n,) float32, pixels from ear to ear.
    """

    features: NDArray[np.float32]
    intensities: NDArray[np.float32]
    presences: NDArray[np.bool_]
    frames: NDArray[np.int64]
    clips: NDArray[np.str_]
    persons: NDArray[np.str_]
    yaw: NDArray[np.float32]
    face_width: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.features)

    def where(self, mask: NDArray[np.bool_]) -> Samples:
        """The frames of a mask (n,)."""
        return Samples(*(getattr(self, each.name)[mask] for each in fields(self)))


def read_clips(clips: Sequence[Clip], cache: Path, tables: Path) -> Samples:
    """The frames of clips.

    Args:
        clips: which; the others' tables are not opened.
        cache: what features.py wrote of them.
        tables: one OpenFace-shaped table a clip, named after its stem.

    Raises:
        TableError: a table cannot be read, or no frame is in both.
    """
    parts = []
    for clip in clips:
        table = read_table(tables / f"{clip.stem}.csv", LEAST_CONFIDENCE)
        seen = read(cache / f"{clip.stem}.npz")
        _, ours, theirs = np.intersect1d(seen.frame, table.frames, return_indices=True)
        presences = table.presences[theirs]
        parts.append(_samples(seen, ours, table.intensities[theirs], presences, clip))
    return _joined(parts)


def read_portraits(table: Path, cache: Path) -> Samples:
    """The portraits of one table in which the tracker saw a face.

    Args:
        table: one row a picture: `file`, `person`, `confidence`, then the units.
        cache: what features.py wrote of them.

    Raises:
        TableError: the table cannot be read, or no picture is in both.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as handle:
            rows = list(csv.DictReader(handle, skipinitialspace=True))
        parts = []
        for row in rows:
            path = cache / f"{Path(row['file']).stem}.npz"
            if float(row["confidence"]) < LEAST_CONFIDENCE or not path.exists():
                continue
            seen = read(path)
            values = [np.array([[float(row[name]) for name in names]]) for names in _COLUMNS]
            rows_seen = np.arange(len(seen.frame))
            clip = Clip(row["file"], row["person"], 1)
            intensities, presences = (value[: len(rows_seen)] for value in values)
            parts.append(_samples(seen, rows_seen, intensities, presences > 0.5, clip))
    except (OSError, KeyError, ValueError) as error:
        raise TableError(f"{table}: cannot be used: {error!r}") from error
    return _joined(parts)


_COLUMNS = (INTENSITY_COLUMNS, PRESENCE_COLUMNS)


def _samples(
    seen: Observed,
    rows: NDArray[np.int64],
    intensities: NDArray[np.float64],
    presences: NDArray[np.bool_],
    clip: Clip,
) -> Samples:
    return Samples(
        seen.features[rows],
        intensities.astype(np.float32),
        presences,
        seen.frame[rows],
        np.full(len(rows), clip.stem),
        np.full(len(rows), clip.person),
        seen.yaw[rows],
        seen.face_width[rows],
    )


def _joined(parts: Sequence[Samples]) -> Samples:
    if not any(map(len, parts)):
        raise TableError("no frame was seen by both the tracker and the teacher")
    columns = zip(
        *([getattr(part, each.name) for each in fields(Samples)] for part in parts), strict=True
    )
    return Samples(*(np.concatenate(column) for column in columns))
