"""A table of action units, one row a frame, in the form that OpenFace 2 writes.

The separator is a comma and a space, numbers have OpenFace's decimals, frames count from 1, and
a frame without a face has success 0 and zeros for all that is measured: whoever reads OpenFace's
tables reads these, and every cell is a number. Zeros of such frames are no measurement; drop rows
without success.

After OpenFace's columns for action units come:

- `pose_Rx`, `pose_Ry`, `pose_Rz`: how the head is turned, in radians, named as OpenFace names
  them. Rx is above 0 when the face looks down, Ry when it is turned to the person's right (left in
  a picture that is not mirrored), Rz when it is tilted towards the person's left shoulder
  (clockwise in the picture): signs run as in OpenFace's tables, but zero and the order of the
  turns are ours (`landmarks.head_pose`: the head rolls, then nods, then turns; relative to the
  line of sight), so that values differ from OpenFace's by an offset and a few per cent.
- `face_width`: ear to ear, in pixels of the frame as recorded.
- `mode_static`: 1 where intensities are absolute, 0 where they are not. The same in every row.
- `AU01_above_neutral` and so on, only where a neutral part was named: the intensity of the same
  row less its mean over the frames of that part that have a face, both as the table has them.
  Below 0 where the face shows less than at rest.
"""

import math
from collections.abc import Sequence

from kizashi_protocol.summary import INTENSITY_UNITS, MODE_STATIC, PRESENCE_UNITS

from kizashi_agent.measurement import FaceMeasurement, FrameMeasurement

COLUMNS = (
    "frame",
    "face_id",
    "timestamp",
    "confidence",
    "success",
    *(f"AU{unit:02d}_r" for unit in INTENSITY_UNITS),
    *(f"AU{unit:02d}_c" for unit in PRESENCE_UNITS),
    "pose_Rx",
    "pose_Ry",
    "pose_Rz",
    "face_width",
    "mode_static",
)
"""Names of the columns in every table: intensities 0-5 end in _r, presences 0 or 1 in _c."""

ABOVE_NEUTRAL_COLUMNS = tuple(f"AU{unit:02d}_above_neutral" for unit in INTENSITY_UNITS)
"""Names of the columns that a table with a neutral part has after all others."""

_SEPARATOR = ", "
_SUCCESS = COLUMNS.index("success")
_INTENSITIES = slice(_SUCCESS + 1, _SUCCESS + 1 + len(INTENSITY_UNITS))
_NO_FACE = ("0.00",) * (len(INTENSITY_UNITS) + len(PRESENCE_UNITS)) + ("0.000",) * 3 + ("0.0",)


def header(*, above_neutral: bool) -> str:
    """The first line, with its line end."""
    return line((*COLUMNS, *(ABOVE_NEUTRAL_COLUMNS if above_neutral else ())))


def line(cells: Sequence[str]) -> str:
    """Cells as a line, with its line end."""
    return _SEPARATOR.join(cells) + "\n"


def cells_of(text: str) -> tuple[str, ...]:
    """The cells of a line that `line` made."""
    return tuple(text.rstrip("\n").split(_SEPARATOR))


def row(measurement: FrameMeasurement, mode: str) -> tuple[str, ...]:
    """The cells of one frame, in the order of `COLUMNS`.

    `face_id` is always 0, for one face is followed; `confidence` is the landmark network's own
    belief in its points, 0 to 1, and not OpenFace's.
    """
    face = measurement.face
    return (
        str(measurement.index + 1),
        "0",
        f"{measurement.timestamp:.3f}",
        f"{face.figures.landmark_score if face else 0.0:.2f}",
        "1" if face else "0",
        *(_measured(face) if face else _NO_FACE),
        "1" if mode == MODE_STATIC else "0",
    )


def intensities(cells: Sequence[str]) -> tuple[float, ...] | None:
    """The intensities of a row, in the order of `INTENSITY_UNITS`; None without a face."""
    if cells[_SUCCESS] == "0":
        return None
    return tuple(map(float, cells[_INTENSITIES]))


def above_neutral(cells: Sequence[str], at_rest: Sequence[float]) -> tuple[str, ...]:
    """The cells of `ABOVE_NEUTRAL_COLUMNS` for a row, given intensities at rest."""
    found = intensities(cells)
    if found is None:
        return ("0.00",) * len(ABOVE_NEUTRAL_COLUMNS)
    return tuple(f"{value - rest:.2f}" for value, rest in zip(found, at_rest, strict=True))


def _measured(face: FaceMeasurement) -> tuple[str, ...]:
    units, pose = face.action_units, face.head_pose
    turns = (-pose.pitch, -pose.yaw, pose.roll)
    return (
        *(f"{value:.2f}" for value in (*units.intensities.tolist(), *units.presences.tolist())),
        *(f"{math.radians(degrees):.3f}" for degrees in turns),
        f"{face.figures.face_width:.1f}",
    )
