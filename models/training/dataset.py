"""Pairs of what the tracker saw and what the teacher said, as arrays to fit a head on."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from kizashi_agent.action_units import features
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from numpy.typing import NDArray
from split import Clip

# Rows that the teacher itself is less sure of are no lesson.
LEAST_CONFIDENCE = 0.8

INTENSITY_COLUMNS = tuple(f"AU{unit:02d}_r" for unit in INTENSITY_UNITS)
PRESENCE_COLUMNS = tuple(f"AU{unit:02d}_c" for unit in PRESENCE_UNITS)


@dataclass(frozen=True, slots=True)
class Samples:
    """Frames with a face that both sides measured.

    Attributes:
        features: (n, FEATURE_COUNT) float32.
        mirrored: as features, of the mirrored picture.
        intensities: (n, 17) float32, the teacher's, 0-5.
        presences: (n, 18) bool, the teacher's.
        frames: (n,), 1-based number of the frame.
        clips: (n,), stem of the file.
        persons: (n,).
        wanted: how many rows of the teacher's there were to measure.
    """

    features: NDArray[np.float32]
    mirrored: NDArray[np.float32]
    intensities: NDArray[np.float32]
    presences: NDArray[np.bool_]
    frames: NDArray[np.int64]
    clips: NDArray[np.str_]
    persons: NDArray[np.str_]
    wanted: int

    def __len__(self) -> int:
        return len(self.features)

    def where(self, mask: NDArray[np.bool_]) -> Samples:
        """The frames of a mask (n,)."""
        return Samples(
            self.features[mask],
            self.mirrored[mask],
            self.intensities[mask],
            self.presences[mask],
            self.frames[mask],
            self.clips[mask],
            self.persons[mask],
            int(np.count_nonzero(mask)),
        )


def read_clips(clips: Sequence[Clip], cache: Path, tables: Path) -> Samples:
    """The frames of clips.

    Args:
        clips: which; the others' tables are not opened.
        cache: folder `clips` of what features.py wrote.
        tables: one OpenFace-shaped table a clip, named after its stem.
    """
    parts = [
        _pair(clip.stem, clip.person, cache, _rows(tables / f"{clip.stem}.csv")) for clip in clips
    ]
    return _joined(parts)


def read_portraits(table: Path, cache: Path) -> Samples:
    """The portraits of one table with columns `file`, `person`, `confidence` and the units.

    Args:
        table: one row a picture.
        cache: folder `portraits` of what features.py wrote.
    """
    parts = [
        _pair(Path(row["file"]).stem, row["person"], cache, [row | {"frame": "1"}])
        for row in _rows(table)
        if (cache / f"{Path(row['file']).stem}.npz").exists()
    ]
    return _joined(parts)


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as handle:
        rows = list(csv.DictReader(handle, skipinitialspace=True))
    return [
        row
        for row in rows
        if float(row.get("success", 1)) == 1 and float(row.get("confidence", 1)) >= LEAST_CONFIDENCE
    ]


def _pair(stem: str, person: str, cache: Path, rows: Sequence[dict[str, str]]) -> Samples:
    with np.load(cache / f"{stem}.npz") as seen:
        arrays = dict(seen)
    place = {int(frame): index for index, frame in enumerate(arrays["frame"])}
    both = [row for row in rows if int(row["frame"]) in place]
    frames = np.array([int(row["frame"]) for row in both], np.int64)
    found = [place[frame] for frame in frames.tolist()]
    return Samples(
        _features(arrays, "", found),
        _features(arrays, "mirrored_", found),
        _values(both, INTENSITY_COLUMNS).astype(np.float32),
        _values(both, PRESENCE_COLUMNS) > 0.5,
        frames,
        np.full(len(both), stem),
        np.full(len(both), person),
        len(rows),
    )


def _features(arrays: dict[str, np.ndarray], kind: str, rows: Sequence[int]) -> np.ndarray:
    pairs = zip(arrays[f"{kind}points"], arrays[f"{kind}blendshapes"], strict=True)
    every = np.array([features(*pair) for pair in pairs])
    return every[list(rows)]


def _values(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> np.ndarray:
    return np.array([[float(row[name]) for name in columns] for row in rows]).reshape(
        len(rows), len(columns)
    )


def _joined(parts: Sequence[Samples]) -> Samples:
    some = [part for part in parts if len(part)]
    arrays = [
        np.concatenate([getattr(part, name) for part in some]) for name in Samples.__slots__[:-1]
    ]
    return Samples(*arrays, sum(part.wanted for part in parts))
