"""What stands in a table: OpenFace's columns, ours after them, and what is above a neutral part."""

import io
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.errors import InputError
from kizashi_agent.extract.lines import lines_with_neutral, static_lines
from kizashi_agent.extract.table import ABOVE_NEUTRAL_COLUMNS, COLUMNS, header, row
from kizashi_agent.landmarks import head_pose
from kizashi_agent.landmarks.head_pose import CANONICAL_FACE
from kizashi_agent.measurement import FrameMeasurement, HeadPose
from kizashi_agent.segments import NeutralWindow
from kizashi_protocol.summary import MODE_STATIC

from tests.agent.extracting import measurement_of

REST = NeutralWindow(1.0, 2.0)
UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)


def cells(measurement: FrameMeasurement, mode: str = MODE_STATIC) -> dict[str, float]:
    """A row as a reader of OpenFace's tables takes it: every cell is a number."""
    return dict(zip(COLUMNS, map(float, row(measurement, mode)), strict=True))


def rows_with_neutral(measurements: list[FrameMeasurement]) -> list[dict[str, float]]:
    """The rows of a table whose neutral part is `REST`."""
    first, *rest = lines_with_neutral(iter(measurements), MODE_STATIC, REST, io.StringIO())
    names = first.strip().split(", ")
    return [dict(zip(names, map(float, each.split(", ")), strict=True)) for each in rest]


def test_the_header_begins_as_openface_writes_it() -> None:
    """Word for word, comma and space between; what is ours comes after."""
    intensities = ", ".join(f"AU{unit:02}_r" for unit in UNITS)
    presences = ", ".join(f"AU{unit:02}_c" for unit in (*UNITS[:-1], 28, 45))
    first = "frame, face_id, timestamp, confidence, success"
    ours = "pose_Rx, pose_Ry, pose_Rz, face_width, mode_static"
    static = f"{first}, {intensities}, {presences}, {ours}"
    assert header(above_neutral=False) == f"{static}\n"
    above = ", ".join(f"AU{unit:02}_above_neutral" for unit in UNITS)
    assert header(above_neutral=True) == f"{static}, {above}\n"


def test_a_frame_without_a_face_has_no_success_and_zeros() -> None:
    """So does OpenFace write it; the mode is there all the same."""
    words = row(measurement_of(7, 1, face=False), MODE_STATIC)
    assert words[:5] == ("8", "0", "0.233", "0.00", "0")
    assert {float(word) for word in words[5:-1]} == {0.0}
    assert words[-1] == "1"


@given(st.integers(0, 10**6), st.floats(0, 5), st.floats(0, 10**4))
def test_a_row_says_what_was_measured(index: int, intensity: float, timestamp: float) -> None:
    """Frames count from 1; two decimals of an intensity survive, three of a second."""
    measurement = measurement_of(index, intensity, timestamp=timestamp)
    values = cells(measurement)
    assert measurement.face is not None
    units = measurement.face.action_units
    assert (values["frame"], values["face_id"], values["success"]) == (index + 1, 0, 1)
    assert values["timestamp"] == pytest.approx(timestamp, abs=5.1e-4)
    assert values["confidence"] == 0.99
    assert values["face_width"] == 200
    found = [value for name, value in values.items() if name.endswith("_r")]
    assert found == pytest.approx(units.intensities.tolist(), abs=5.1e-3)
    assert [value for name, value in values.items() if name.endswith("_c")] == (
        units.presences.tolist()
    )


def test_the_mode_is_a_number() -> None:
    """1 where intensities are static, 0 for any other mode there may be."""
    measurement = measurement_of(0, 1)
    assert cells(measurement)["mode_static"] == 1
    assert cells(measurement, "dynamic")["mode_static"] == 0


@pytest.mark.parametrize(
    ("column", "turn"),
    [
        # Axes of the picture: x to its right, y down, z away from the camera.
        pytest.param("pose_Rx", lambda c, s: [[1, 0, 0], [0, c, -s], [0, s, c]], id="down"),
        pytest.param("pose_Ry", lambda c, s: [[c, 0, s], [0, 1, 0], [-s, 0, c]], id="right"),
        pytest.param("pose_Rz", lambda c, s: [[c, -s, 0], [s, c, 0], [0, 0, 1]], id="clockwise"),
    ],
)
def test_angles_are_turns_about_the_axes_of_the_picture(
    column: str, turn: Callable[[float, float], list[list[float]]]
) -> None:
    """A head turned by a third of a radian about one axis has that there and 0 elsewhere.

    Down, to the person's right and clockwise are above 0, as the table says.
    """
    points = np.zeros((468, 3), np.float32)
    for index, place in CANONICAL_FACE.items():
        # The canonical face has y up and z towards the camera.
        points[index] = np.array(place) * (1, -1, -1)
    turned = points @ np.array(turn(math.cos(1 / 3), math.sin(1 / 3)), np.float32).T
    values = cells(measurement_of(0, 1, pose=head_pose(turned)))
    expected = dict.fromkeys(("pose_Rx", "pose_Ry", "pose_Rz"), 0.0) | {column: 1 / 3}
    assert {name: values[name] for name in expected} == pytest.approx(expected, abs=1e-3)


def test_a_pose_is_in_radians() -> None:
    """Degrees of the measurement, each in its column."""
    values = cells(measurement_of(0, 1, pose=HeadPose(yaw=30, pitch=-10, roll=20)))
    found = (values["pose_Rx"], values["pose_Ry"], values["pose_Rz"])
    assert found == pytest.approx((math.pi / 18, -math.pi / 6, math.pi / 9), abs=5e-4)


# --- above the neutral part


@given(st.lists(st.tuples(st.floats(0, 5), st.booleans()), min_size=40, max_size=80))
def test_above_neutral_is_the_row_less_the_mean_at_rest(frames: list[tuple[float, bool]]) -> None:
    """Of frames with a face in the neutral part alone, before it and after it alike."""
    # At 20 frames a second frames 20 to 39 are at rest; one of them has a face for certain.
    measurements = [
        measurement_of(at, level, face=face or at == 25, timestamp=at / 20)
        for at, (level, face) in enumerate(frames)
    ]
    found = rows_with_neutral(measurements)
    at_rest = [each for each in found[20:40] if each["success"]]
    assert len(found) == len(frames)
    for unit in UNITS:
        static, above = f"AU{unit:02}_r", f"AU{unit:02}_above_neutral"
        mean = sum(each[static] for each in at_rest) / len(at_rest)
        for each in found:
            wanted = each[static] - mean if each["success"] else 0.0
            assert each[above] == pytest.approx(wanted, abs=5.1e-3)


def test_static_intensities_are_the_same_with_a_neutral_part_and_without() -> None:
    """What is above neutral stands beside them, never in their place."""
    measurements = [measurement_of(at, at / 20, timestamp=at / 20) for at in range(60)]
    static = list(static_lines(measurements, MODE_STATIC))
    neutral = list(lines_with_neutral(measurements, MODE_STATIC, REST, io.StringIO()))
    assert [each.split(", ")[: len(COLUMNS)] for each in neutral] == [
        each.strip().split(", ") for each in static
    ]
    assert min(each["AU01_above_neutral"] for each in rows_with_neutral(measurements)) < -1


def test_a_recording_that_ends_within_its_neutral_part_has_every_row() -> None:
    """The mean is over what there is of it."""
    measurements = [measurement_of(at, 1, timestamp=at / 20) for at in range(30)]
    rows = rows_with_neutral(measurements)
    assert len(rows) == 30
    assert {each[name] for each in rows for name in ABOVE_NEUTRAL_COLUMNS} == {0.0}


def test_a_neutral_part_without_a_face_is_told_when_it_has_ended() -> None:
    """Not only after the rest of a long recording was measured."""
    seen = 0

    def measured() -> Iterator[FrameMeasurement]:
        nonlocal seen
        for at in range(1000):
            seen += 1
            yield measurement_of(at, 1, face=not 20 <= at < 40, timestamp=at / 20)

    with pytest.raises(InputError) as caught:
        list(lines_with_neutral(measured(), MODE_STATIC, REST, io.StringIO()))
    assert caught.value.reason == "NO_NEUTRAL_FACE"
    assert seen == 41
