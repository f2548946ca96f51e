"""Tables of what a head made of frames it had not seen, for compare.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from dataset import Samples
from numpy.typing import NDArray
from tables import INTENSITY_COLUMNS, PRESENCE_COLUMNS

COLUMNS = (
    "frame",
    "success",
    *INTENSITY_COLUMNS,
    *PRESENCE_COLUMNS,
    "pose_Ry",
    "face_width",
)


def write_predictions(
    folder: Path,
    samples: Samples,
    intensities: NDArray[np.float32],
    presences: NDArray[np.bool_],
) -> None:
    """One table a clip; tables of an earlier run go.

    Args:
        folder: made if need be.
        samples: whose frames they are.
        intensities: (n, 17), 0-5.
        presences: (n, 18).
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    turns = np.column_stack([samples.yaw, samples.face_width])
    values = np.concatenate([intensities, presences, turns], axis=1)
    for name in np.unique(samples.clips).tolist():
        rows = np.flatnonzero(samples.clips == name)
        body = np.column_stack([samples.frames[rows], np.ones(len(rows)), values[rows]])
        np.savetxt(
            folder / f"{name}.csv",
            body,
            fmt="%.6g",
            delimiter=",",
            header=",".join(COLUMNS),
            comments="",
        )
