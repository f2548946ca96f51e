"""One clip's table as its profile: each action unit's mean intensity and share of presence.

Beside a table of ours lies who measured it, and where `kizashi study extract` made it, what the
recording gate said of the clip. A table that was made elsewhere, or changed since, has neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from kizashi_agent.extract import read_beside
from kizashi_agent.extract.record import digest_of, read_record
from kizashi_models.labelled_recordings import LabelledRecording, read_recordings
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from kizashi_study.errors import BadTable

INTENSITIES = tuple(f"AU{unit:02d}_r" for unit in INTENSITY_UNITS)
"""Columns of intensity, 0 to 5."""

PRESENCES = tuple(f"AU{unit:02d}_c" for unit in PRESENCE_UNITS)
"""Columns of presence, 0 or 1."""

MEASURES = (*INTENSITIES, *PRESENCES)

LEAST_FRAMES = 30
"""With a face, a second's worth: a mean of fewer says nothing of a recording. Judgement."""

LEAST_VALID = 0.9
"""Of all frames, the share with a face under which the recording gate refuses a clip; it says so of
tables made elsewhere too."""

FACE_MISSING = "a face in fewer than 90 % of the frames"
TOO_FEW_FRAMES = f"fewer than {LEAST_FRAMES} frames with a face"

_MODE = "mode_static"


@dataclass(frozen=True, slots=True)
class Origin:
    """How a table was made; tables of two origins are not compared.

    Attributes:
        extractor: such as "kizashi-gradient-head/1"; None where nothing beside the table says.
        static: whether intensities are absolute; None in a table that does not say, as OpenFace's.
    """

    extractor: str | None
    static: bool | None


UNKNOWN = Origin(None, None)


@dataclass(frozen=True, slots=True)
class ClipProfile:
    """Means over the frames of a clip that have a face.

    Attributes:
        values: by column name, of `MEASURES`: mean intensity 0 to 5, or share of presence 0 to 1;
            empty where there are too few frames for a mean.
        refused: why the clip is not fit to be compared: the recording gate's reason, or
            `FACE_MISSING`, or `TOO_FEW_FRAMES`; None where it is.
        origin: of the table.
        gated: whether the recording gate was asked of the clip.
    """

    values: Mapping[str, float] = field(repr=False, hash=False)
    refused: str | None
    origin: Origin
    gated: bool = False


def read_profile(path: Path) -> ClipProfile:
    """Reads a table in OpenFace's form, of ours or of OpenFace.

    Frames without success are dropped before any mean: their zeros are no measurement.

    Raises:
        BadTable: it cannot be read, lacks a column, or has values that cannot be.
        BadRecordings: what the recording gate said cannot be read.
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
    if not (np.isfinite(values).all() and (values >= 0).all() and (values <= 5).all()):
        raise BadTable(path.name, "an action unit lies outside 0 to 5.")
    origin = Origin(_extractor(path), _mode(table, path.name))
    gated = _gate(path)
    gate = None if gated is None else gated.refused
    if len(values) < LEAST_FRAMES:
        return ClipProfile(MappingProxyType({}), gate or TOO_FEW_FRAMES, origin, gated is not None)
    valid = len(values) / len(figures)
    return ClipProfile(
        MappingProxyType(dict(zip(MEASURES, values.mean(axis=0).tolist(), strict=True))),
        gate or (FACE_MISSING if valid < LEAST_VALID else None),
        origin,
        gated is not None,
    )


def _extractor(path: Path) -> str | None:
    record = read_record(path)
    if record is None or record.table_sha256 != digest_of(path):
        return None
    return record.recipe.extractor_id


def _gate(path: Path) -> LabelledRecording | None:
    """The recording as the gate let it pass or refused it; None where it was not asked."""
    made = read_beside(path)
    return None if made is None else read_recordings([made], path.name)[0]


def _mode(table: pd.DataFrame, name: str) -> bool | None:
    if _MODE not in table.columns:
        return None
    found = set(table[_MODE])
    if len(found) != 1 or not found <= {0, 1}:
        raise BadTable(name, f"its column {_MODE} does not say one thing.")
    return bool(found.pop())
