"""A table of action units, one row a frame, in the form that OpenFace 2 writes.

The separator is a comma and a space, numbers have OpenFace's decimals, frames count from 1, and
a frame without a face has success 0 and zeros for all action units: whoever reads OpenFace's
tables reads these. Zeros of such frames are no measurement; drop rows without success.
"""

from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from kizashi_agent.measurement import FaceMeasurement, FrameMeasurement

COLUMNS = (
    "frame",
    "face_id",
    "timestamp",
    "confidence",
    "success",
    *(f"AU{unit:02d}_r" for unit in INTENSITY_UNITS),
    *(f"AU{unit:02d}_c" for unit in PRESENCE_UNITS),
)
"""Names of the columns: intensities 0-5 end in _r, presences 0 or 1 in _c."""

_SEPARATOR = ", "
_NO_UNITS = ("0.00",) * (len(INTENSITY_UNITS) + len(PRESENCE_UNITS))


def header() -> str:
    """The first line, with its line end."""
    return _SEPARATOR.join(COLUMNS) + "\n"


def row(measurement: FrameMeasurement) -> str:
    """The line of one frame, with its line end.

    `face_id` is always 0, for one face is followed; `confidence` is the landmark network's own
    belief in its points, 0 to 1, and not OpenFace's.
    """
    face = measurement.face
    values = (
        str(measurement.index + 1),
        "0",
        f"{measurement.timestamp:.3f}",
        f"{face.figures.landmark_score if face else 0.0:.2f}",
        "1" if face else "0",
        *(_units(face) if face else _NO_UNITS),
    )
    return _SEPARATOR.join(values) + "\n"


def _units(face: FaceMeasurement) -> tuple[str, ...]:
    units = face.action_units
    return tuple(
        f"{value:.2f}" for value in (*units.intensities.tolist(), *units.presences.tolist())
    )
