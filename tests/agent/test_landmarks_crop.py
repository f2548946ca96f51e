"""The way into a crop and back."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_agent.landmarks.crop import (
    Cropper,
    Region,
    region_of_detection,
    region_of_points,
    to_frame,
    whole_frame,
    window_around,
)
from kizashi_agent.landmarks.observations import Box, Detection

regions = st.builds(
    Region,
    x=st.floats(-500, 2500),
    y=st.floats(-500, 2500),
    side=st.floats(20, 2000),
    angle=st.floats(-math.pi, math.pi),
)


@given(regions, st.lists(st.tuples(*[st.floats(-64, 320)] * 3), min_size=1, max_size=20))
def test_points_come_back_from_a_crop(region: Region, rows: list[tuple[float, ...]]) -> None:
    """Mapping to the frame and back by the inverse matrix returns each point."""
    points = np.array(rows, np.float32)
    mapped = to_frame(points, region, 256)
    inverse = cv2.invertAffineTransform(region.to_frame(256))
    back = mapped[:, :2] @ inverse[:, :2].T + inverse[:, 2]
    # Single precision at coordinates of a few thousand, seen through the smallest region.
    assert np.abs(back - points[:, :2]).max() < 4e-3 * 256 / region.side + 1e-3
    assert mapped[:, 2] == pytest.approx(points[:, 2] * region.side / 256, rel=1e-5, abs=1e-5)


@given(regions)
def test_corners_fall_on_corners(region: Region) -> None:
    """The crop's 0 and 256 are the region's edges, without half a pixel between."""
    corners = np.array([[0, 0], [256, 0], [256, 256], [0, 256]], np.float32)
    mapped = to_frame(corners, region, 256).astype(np.float64)
    assert mapped.mean(axis=0) == pytest.approx((region.x, region.y), abs=1e-2)
    sides = np.linalg.norm(mapped - np.roll(mapped, 1, axis=0), axis=1)
    assert sides == pytest.approx(np.full(4, region.side), rel=1e-3, abs=1e-2)


@given(regions, st.floats(0.2, 5), st.floats(-300, 300))
def test_the_region_of_points_moves_with_them(region: Region, scale: float, shift: float) -> None:
    """Enlarging and moving a face enlarges and moves its region alike."""
    rng = np.random.default_rng(1)
    points = to_frame(rng.uniform(0, 256, (468, 3)).astype(np.float32), region, 256)
    one, other = region_of_points(points), region_of_points(points * scale + shift)
    assert other.side == pytest.approx(one.side * scale, rel=1e-3)
    assert other.x == pytest.approx(one.x * scale + shift, abs=0.05 + abs(one.x * scale) * 1e-5)
    assert math.cos(other.angle - one.angle) == pytest.approx(1, abs=1e-3)


def test_a_detection_makes_its_eyes_level() -> None:
    """A face tilted by 30 degrees is cut out upright, 1.5 times its longer side."""
    keypoints = np.zeros((6, 2), np.float32)
    keypoints[1] = (math.cos(math.radians(30)), math.sin(math.radians(30)))
    region = region_of_detection(Detection(Box(10, 20, 50, 40), keypoints, 0.9))
    assert (region.x, region.y, region.side) == (30, 30, 60)
    assert math.degrees(region.angle) == pytest.approx(30, abs=1e-4)


def test_a_letterbox_holds_the_whole_frame() -> None:
    """The frame's longer side is the square's, and its middle the square's."""
    assert whole_frame(640, 360) == Region(320, 180, 640)
    assert whole_frame(360, 640) == Region(180, 320, 640)


def test_a_crop_shows_what_is_there_as_the_network_wants_it() -> None:
    """Colours are red, green, blue and scaled; beyond the frame is the low value."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, :, 0], image[:, :, 2] = 255, 51
    cut = Cropper(32, cv2.BORDER_CONSTANT).cut(image, Region(64, 32, 64))
    assert cut.shape == (1, 32, 32, 3)
    assert cut.dtype == np.float32
    assert cut[0, 16, 4].tolist() == pytest.approx([-0.6, -1, 1])
    assert cut[0, 16, 28].tolist() == [-1, -1, -1]


def test_a_turned_region_is_cut_upright() -> None:
    """A bar drawn along the region's tilt is level in the crop."""
    image = np.zeros((200, 200, 3), np.uint8)
    angle = math.radians(25)
    along = np.array([math.cos(angle), math.sin(angle)]) * 60
    start, end = (np.array([100, 100]) + sign * along for sign in (-1, 1))
    cv2.line(image, start.astype(int).tolist(), end.astype(int).tolist(), (255, 255, 255), 3)
    cropper = Cropper(128, cv2.BORDER_REPLICATE)
    bright = cropper.cut_bytes(image, Region(100, 100, 128, angle))[0, :, :, 0] > 127
    rows, columns = np.nonzero(bright)
    assert np.ptp(rows) <= 8
    assert np.ptp(columns) >= 110


@settings(max_examples=60)
@given(
    st.builds(
        Region,
        x=st.floats(-300, 600),
        y=st.floats(-300, 600),
        side=st.floats(5, 900),
        angle=st.floats(-math.pi, math.pi),
    ),
    st.sampled_from([cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT]),
)
def test_a_crop_from_a_window_is_the_crop_of_the_frame(region: Region, outside: int) -> None:
    """Whether a piece of the frame is warped or all of it, pixels differ by rounding alone."""
    blocks = np.random.default_rng(3).integers(0, 256, (24, 30, 3), np.uint8)
    image = cv2.resize(blocks, (300, 240), interpolation=cv2.INTER_CUBIC)
    cut = Cropper(96, outside).cut_bytes(np.asarray(image, np.uint8), region)
    whole = cv2.warpAffine(
        image,
        region.to_frame(96),
        (96, 96),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=outside,
    )
    difference = np.abs(cut[0].astype(int) - whole[..., ::-1])
    assert difference.max() <= 1
    assert difference.mean() < 0.01


@given(regions, st.integers(1, 2000), st.integers(1, 2000))
def test_a_window_is_a_piece_of_the_frame(region: Region, width: int, height: int) -> None:
    """It has at least one pixel, and none that the frame lacks."""
    window = window_around(region, width, height)
    assert 0 <= window.left < window.right <= width
    assert 0 <= window.top < window.bottom <= height


def test_bytes_and_scaled_values_show_the_same() -> None:
    """What a network is given in bytes is what another is given scaled."""
    image = np.random.default_rng(5).integers(0, 256, (80, 90, 3), np.uint8)
    cropper = Cropper(32, cv2.BORDER_CONSTANT)
    colours = cropper.cut_bytes(image, Region(40, 40, 60, 0.3)).copy()
    assert colours.dtype == np.uint8
    scaled = cropper.cut(image, Region(40, 40, 60, 0.3))
    assert scaled == pytest.approx(colours / 127.5 - 1, abs=1e-6)
