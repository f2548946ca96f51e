"""Tables of action units, made up and written as files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

COLUMNS = (
    *(f"AU{unit:02d}_r" for unit in INTENSITY_UNITS),
    *(f"AU{unit:02d}_c" for unit in PRESENCE_UNITS),
)

Row = dict[str, float]


def made_up(frames: Sequence[int], random: np.random.Generator) -> list[Row]:
    """A row a frame: intensities with a level for the clip, presences where they are high."""
    level = random.uniform(0, 3, len(INTENSITY_UNITS))
    rows = []
    for frame in frames:
        values = np.round(level + random.uniform(0, 2, len(level)), 3).tolist()
        by_unit = dict(zip(INTENSITY_UNITS, values, strict=True)) | {28: random.uniform(0, 4)}
        presences = [float(by_unit[unit] > 2) for unit in PRESENCE_UNITS]
        cells = dict(zip(COLUMNS, [*values, *presences], strict=True))
        rows.append({"frame": float(frame), "confidence": 0.98, "success": 1.0} | cells)
    return rows


def resembling(rows: Sequence[Row], random: np.random.Generator) -> list[Row]:
    """The rows with noise on the intensities and some presences turned about."""
    return [
        {
            name: round(value + random.normal(0, 0.5), 4)
            if name.endswith("_r")
            else 1 - value
            if name.endswith("_c") and random.uniform() < 0.2
            else value
            for name, value in row.items()
        }
        for row in rows
    ]


def text_of(rows: Sequence[Mapping[str, float | str]], separator: str = ",") -> str:
    """The text of one table, its columns those of the first row."""
    lines = [rows[0].keys(), *([str(cell) for cell in row.values()] for row in rows)]
    return "".join(separator.join(line) + "\n" for line in lines)


def write(path: Path, rows: Sequence[Mapping[str, float | str]], separator: str = ",") -> None:
    """Writes one table, and the folder for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(rows, separator), "utf-8")
