"""Head pose and face width."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.landmarks import face_width, head_pose
from kizashi_agent.landmarks.head_pose import CANONICAL_FACE
from numpy.typing import NDArray

tilts = st.floats(-60, 60)
places = st.tuples(st.floats(0, 2000), st.floats(0, 2000))


def turned(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """Rotation of a head that rolls, then nods, then turns; x left, y up, z to the camera."""
    y, p, r = (math.radians(angle) for angle in (yaw, -pitch, -roll))
    about_y = [[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]]
    about_x = [[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]]
    about_z = [[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]]
    rotation: NDArray[np.float64] = np.array(about_y) @ np.array(about_x) @ np.array(about_z)
    return rotation


def seen(rotation: NDArray[np.float64], scale: float, x: float, y: float) -> NDArray[np.float32]:
    """The canonical face, turned, as landmarks of a frame; all other points are nonsense."""
    points = np.full((468, 3), 1e6, np.float32)
    for index, place in CANONICAL_FACE.items():
        right, up, near = rotation @ np.array(place)
        points[index] = (x + scale * right, y - scale * up, -scale * near)
    return points


@given(tilts, tilts, tilts, st.floats(1, 100), places)
def test_a_known_turn_is_measured(
    yaw: float, pitch: float, roll: float, scale: float, place: tuple[float, float]
) -> None:
    """Any turn of the canonical face comes back, wherever and however large it is."""
    pose = head_pose(seen(turned(yaw, pitch, roll), scale, *place))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=0.1)


def test_signs_are_as_documented() -> None:
    """Turned to the person's left the nose moves right in the picture; up, it moves up."""
    nose, bridge = 4, 168
    left = seen(turned(20, 0, 0), 10, 0, 0)
    assert left[nose, 0] > left[bridge, 0]
    level, up = seen(turned(0, 0, 0), 10, 0, 0), seen(turned(0, 20, 0), 10, 0, 0)
    assert up[nose, 1] - up[bridge, 1] < level[nose, 1] - level[bridge, 1]
    clockwise = seen(turned(0, 0, 20), 10, 0, 0)
    assert clockwise[263, 1] > clockwise[33, 1]


def test_a_mirrored_arrangement_does_not_mirror_the_head() -> None:
    """Noise that flips depth still gives a rotation, never a reflection."""
    points = seen(turned(0, 0, 0), 10, 0, 0)
    points[:, 2] *= -1
    pose = head_pose(points)
    assert all(math.isfinite(angle) for angle in (pose.yaw, pose.pitch, pose.roll))


@given(st.floats(-80, 80))
def test_a_face_keeps_its_width_when_it_turns(yaw: float) -> None:
    """Ear to ear is measured in depth too."""
    points = np.zeros((468, 3), np.float32)
    half = 75 * np.array([math.cos(math.radians(yaw)), 0, math.sin(math.radians(yaw))])
    points[234], points[454] = -half, half
    assert face_width(points) == pytest.approx(150, rel=1e-5)
