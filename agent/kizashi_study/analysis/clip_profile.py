"""One clip's table as its profile: each action unit's mean intensity and share of presence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from kizashi_study.errors import BadTable

INTENSITIES = tuple(f"AU{unit:02d}_r" for unit in INTENSITY_UNITS)
"""Columns of intensity, 0 to 5."""

PRESENCES = tuple(f"AU{unit:02d}_c" for unit in PRESENCE_UNITS)
"""Columns of presence, 0 or 1."""

MEASURES = (*INTENSITIES, *PRESENCES)

LEAST_FRAMES = 30
"""With a face, a second's worth: a mean of fewer says nothing of a recording. Judgement."""

_MODE = "mode_static"


@dataclass(frozen=True, slots=True)
class ClipProfile:
    """Means over the frames of a clip that have a face.

    Attributes:
        values: by column name, of `MEASURES`: mean intensity 0 to 5, or share of presence 0 to 1.
        frames: with a face.
        valid_fraction: of all frames, 0 to 1.
        static: whether intensities are absolute; None in a table that does not say, as OpenFace's.
    """

    values: Mapping[str, float] = field(repr=False, hash=False)
    frames: int
    valid_fraction: float
    static: bool | None


def read_profile(path: Path) -> ClipProfile:
    """Reads a table in OpenFace's form, of ours or of OpenFace.

    Frames without success are dropped before any mean: their zeros are no measurement.

    Raises:
        BadTable: it cannot be read, lacks a column, has values that cannot be, or too few frames.
    """
    try:
        table = pd.read_csv(path, skipinitialspace=True)
    except (OSError, ValueError, pd.errors.ParserError):
        raise BadTable(path.name, "it cannot be read as a table.") from None
    if missing := [name for name in ("success", *MEASURES) if name not in table.columns]:
        raise BadTable(path.name, f"it has no column {', '.join(missing)}.")
    try:
        figures = table[["success", *MEASURES]].to_numpy(np.float64)
    except ValueError:
        raise BadTable(path.name, "a cell is not a number.") from None
    values = figures[figures[:, 0] == 1, 1:]
    if len(values) < LEAST_FRAMES:
        raise BadTable(
            path.name,
            f"{len(values)} frames with a face are too few: {LEAST_FRAMES} are needed.",
        )
    if not (np.isfinite(values).all() and (values >= 0).all() and (values <= 5).all()):
        raise BadTable(path.name, "an action unit lies outside 0 to 5.")
    means = values.mean(axis=0).tolist()
    return ClipProfile(
        values=MappingProxyType(dict(zip(MEASURES, means, strict=True))),
        frames=len(values),
        valid_fraction=len(values) / len(figures),
        static=_mode(table, path.name),
    )


def _mode(table: pd.DataFrame, name: str) -> bool | None:
    if _MODE not in table.columns:
        return None
    found = set(table[_MODE])
    if len(found) != 1 or not found <= {0, 1}:
        raise BadTable(name, f"its column {_MODE} does not say one thing.")
    return bool(found.pop())
