"""Reads OpenFace-shaped tables of action units, and pairs two folders of them frame by frame.

A table is one CSV file a clip, one row a frame, with columns `frame` (from 1), AU01_r .. AU45_r
(0-5) and AU01_c .. AU45_c (0 or 1), and, where there are any, `success`, `confidence`,
`face_width` (pixels, ear to ear) and `pose_Ry` (radians). Other columns are not looked at. A table
without `success` or `confidence` counts in full.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from numpy.typing import NDArray

Array = NDArray[np.float64]
Some = TypeVar("Some", bound=np.generic)

INTENSITY_COLUMNS = tuple(f"AU{unit:02d}_r" for unit in INTENSITY_UNITS)
PRESENCE_COLUMNS = tuple(f"AU{unit:02d}_c" for unit in PRESENCE_UNITS)

LEAST_CONFIDENCE = 0.8
"""Rows that the reference itself is less sure of are no yardstick."""

_REQUIRED = ("frame", *INTENSITY_COLUMNS, *PRESENCE_COLUMNS)
_SUCCESS, _CONFIDENCE, _FACE_WIDTH, _YAW = "success", "confidence", "face_width", "pose_Ry"
_OPTIONAL = (_SUCCESS, _CONFIDENCE, _FACE_WIDTH, _YAW)


class TableError(ValueError):
    """Tables that cannot be compared; the message names the file, and the line if it is one."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table that count.

    Attributes:
        frames: (n,), 1-based number of the frame.
        intensities: (n, 17), 0-5.
        presences: (n, 18).
        face_width: (n,) pixels from ear to ear, or None without the column.
        yaw: (n,) radians, or None without the column.
    """

    frames: NDArray[np.int64]
    intensities: Array
    presences: NDArray[np.bool_]
    face_width: Array | None
    yaw: Array | None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Frames that both a prediction and its reference measured.

    Attributes:
        intensities: (n, 17), predicted, 0-5.
        presences: (n, 18), predicted.
        reference_intensities: as `intensities`.
        reference_presences: as `presences`.
        clips: (n,), stem of the tables that each frame is of.
        face_width: (n,) pixels, predicted; None unless every paired table tells it.
        yaw: (n,) radians, predicted; None unless every paired table tells it.
        wanted: how many rows of the reference count, paired or not.
        absent: stems of reference tables of which no frame was paired, in order.
    """

    intensities: Array
    presences: NDArray[np.bool_]
    reference_intensities: Array
    reference_presences: NDArray[np.bool_]
    clips: NDArray[np.str_]
    face_width: Array | None
    yaw: Array | None
    wanted: int
    absent: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def coverage(self) -> float:
        """The share of the reference's rows that the prediction covers."""
        return len(self) / self.wanted


def read_pairs(predicted: Path, reference: Path, stems: frozenset[str] | None = None) -> Pairs:
    """Pairs the tables of two folders by stem, and their rows by `frame`.

    With `stems`, the reference tables of other clips are not opened and count for nothing.

    A reference row counts where `success` is 1 and `confidence` at least `LEAST_CONFIDENCE`; a
    predicted row where `success` is 1. Of rows of one frame, the first that counts is taken. A
    predicted table without a reference is not opened.

    Raises:
        TableError: a folder is missing or holds no table, a table cannot be read (see
            `read_table`), or no frame could be paired.
    """
    predictions = {path.stem: path for path in _tables(predicted)}
    parts, absent, wanted = [], [], 0
    for path in _tables(reference):
        if stems is not None and path.stem not in stems:
            continue
        theirs = read_table(path, LEAST_CONFIDENCE)
        wanted += len(theirs.frames)
        ours = read_table(predictions[path.stem]) if path.stem in predictions else None
        if ours is None or not np.isin(theirs.frames, ours.frames).any():
            absent.append(path.stem)
        else:
            parts.append((path.stem, ours, theirs))
    if not parts:
        raise TableError(
            f"nothing could be paired: no table in {predicted} has the name and a frame of one"
            f" in {reference}"
        )
    return _joined([_pair(*part) for part in parts], wanted, tuple(absent))


def read_table(path: Path, least_confidence: float = -math.inf) -> Table:
    """The rows of a table where `success` is 1 and `confidence` is at least as given.

    Raises:
        TableError: there is no such file, it has no header, a column is missing, a row has more
            or fewer cells than the header, a cell is no number, a frame is no whole number, or a
            row that counts holds a number that is not finite.
    """
    rows = _rows(path)
    _, header = next(rows, (0, []))
    if missing := [name for name in _REQUIRED if name not in header]:
        raise TableError(f"{path}: no column {', '.join(missing)}")
    names = [*_REQUIRED, *(name for name in _OPTIONAL if name in header)]
    places = [header.index(name) for name in names]
    lines, values = [], []
    for line, cells in rows:
        if len(cells) != len(header):
            raise TableError(f"{path}, line {line}: {len(cells)} cells under {len(header)} names")
        lines.append(line)
        values.append([_number(path, line, header[place], cells[place]) for place in places])
    body = dict(zip(names, np.array(values, np.float64).reshape(-1, len(names)).T, strict=True))
    # A success or confidence that is not finite must not pass for a row without a face.
    certain = {name: body[name] for name in ("frame", _SUCCESS, _CONFIDENCE) if name in body}
    _check_finite(path, certain, lines)
    whole = np.ones(len(lines))
    counts = (body.get(_SUCCESS, whole) == 1) & (body.get(_CONFIDENCE, whole) >= least_confidence)
    body = {name: column[counts] for name, column in body.items()}
    kept = [line for line, count in zip(lines, counts.tolist(), strict=True) if count]
    _check_finite(path, body, kept)
    return _table(path, body, kept)


def _tables(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise TableError(f"{folder}: no such folder")
    found = sorted(folder.glob("*.csv"))
    if not found:
        raise TableError(f"{folder}: holds no table (*.csv)")
    return found


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not empty, with its number; cells without the spaces around them."""
    try:
        # What is no text becomes a cell that is no number, whose line can be told.
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as handle:
            reader = csv.reader(handle)
            for cells in reader:
                if cells:
                    yield reader.line_num, [cell.strip() for cell in cells]
    except (OSError, csv.Error) as error:
        raise TableError(f"{path}: cannot be read: {error}") from error


def _number(path: Path, line: int, column: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise TableError(f"{path}, line {line}: {column} is no number: {cell!r}") from None


def _check_finite(path: Path, body: dict[str, Array], lines: Sequence[int]) -> None:
    for name, column in body.items():
        if not np.isfinite(column).all():
            place = int(np.argmin(np.isfinite(column)))
            raise TableError(f"{path}, line {lines[place]}: {name} is {column[place]}")


def _table(path: Path, body: dict[str, Array], lines: Sequence[int]) -> Table:
    frames = body["frame"].astype(np.int64)
    if (broken := np.flatnonzero(frames != body["frame"])).size:
        place = int(broken[0])
        raise TableError(
            f"{path}, line {lines[place]}: frame is no whole number: {body['frame'][place]}"
        )
    return Table(
        frames,
        np.stack([body[name] for name in INTENSITY_COLUMNS], axis=1),
        np.stack([body[name] for name in PRESENCE_COLUMNS], axis=1) > 0.5,
        body.get(_FACE_WIDTH),
        body.get(_YAW),
    )


def _pair(stem: str, ours: Table, theirs: Table) -> Pairs:
    _, mine, other = np.intersect1d(ours.frames, theirs.frames, return_indices=True)
    return Pairs(
        ours.intensities[mine],
        ours.presences[mine],
        theirs.intensities[other],
        theirs.presences[other],
        np.full(len(mine), stem),
        None if ours.face_width is None else ours.face_width[mine],
        None if ours.yaw is None else ours.yaw[mine],
        len(theirs.frames),
        (),
    )


def _joined(parts: Sequence[Pairs], wanted: int, absent: tuple[str, ...]) -> Pairs:
    return Pairs(
        np.concatenate([part.intensities for part in parts]),
        np.concatenate([part.presences for part in parts]),
        np.concatenate([part.reference_intensities for part in parts]),
        np.concatenate([part.reference_presences for part in parts]),
        np.concatenate([part.clips for part in parts]),
        _all_or_none([part.face_width for part in parts]),
        _all_or_none([part.yaw for part in parts]),
        wanted,
        absent,
    )


def _all_or_none(parts: Sequence[NDArray[Some] | None]) -> NDArray[Some] | None:
    told = [part for part in parts if part is not None]
    return np.concatenate(told) if len(told) == len(parts) else None
