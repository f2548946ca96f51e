"""One frame from the page: colours as they were shot, and nothing read that is not a frame."""

import traceback
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.errors import InputError
from kizashi_agent.page.frame_wire import (
    HEADER_BYTES,
    LARGEST_MESSAGE,
    FrameHeader,
    Matrix,
    PixelFormat,
    read_frame,
    read_header,
)

from tests.agent.page.frame_messages import (
    BGRA,
    BT601,
    BT709,
    I420,
    NV12,
    RGBA,
    message,
    plain,
    planes,
)

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)  # as blue, green, red

BARS = [
    (BT601, 0, (235, 128, 128), WHITE),
    (BT601, 0, (16, 128, 128), BLACK),
    (BT601, 0, (81, 90, 240), RED),
    (BT601, 0, (145, 54, 34), GREEN),
    (BT601, 0, (41, 240, 110), BLUE),
    (BT709, 0, (63, 102, 240), RED),
    (BT709, 0, (173, 42, 26), GREEN),
    (BT709, 0, (32, 240, 118), BLUE),
    (BT601, 1, (255, 128, 128), WHITE),
    (BT601, 1, (76, 85, 255), RED),
    (BT601, 1, (150, 44, 21), GREEN),
    (BT601, 1, (29, 255, 107), BLUE),
    (BT709, 1, (54, 99, 255), RED),
]
"""Known colours: luma and chroma as the recommendations' formulas give them, and what they are."""


def reading(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The picture of a message."""
    return read_frame(read_header(data, None), data).image


@pytest.mark.parametrize("bar", BARS)
@pytest.mark.parametrize("pixel_format", [I420, NV12])
@pytest.mark.parametrize("size", [(8, 6), (7, 5), (1, 1)])
def test_a_known_colour_is_itself(
    bar: tuple[int, int, tuple[int, int, int], tuple[int, int, int]],
    pixel_format: int,
    size: tuple[int, int],
) -> None:
    """Every range and matrix, both layouts and odd sizes give the colour that was encoded."""
    matrix, full_range, sample, colour = bar
    payload = planes(*sample, size, pixel_format)
    data = message(payload, size, pixel_format, full_range=full_range, matrix=matrix)
    image = reading(data)
    assert image.shape == (size[1], size[0], 3)
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - colour).max() <= 3


def test_ranges_and_matrices_differ() -> None:
    """The same bytes are another colour under another range or matrix, so neither is ignored."""
    payload = planes(81, 90, 240, (4, 4))
    seen = {
        tuple(reading(message(payload, (4, 4), I420, full_range=span, matrix=matrix))[0, 0])
        for span in (0, 1)
        for matrix in (BT601, BT709)
    }
    assert len(seen) == 4


def test_both_ways_of_conversion_agree() -> None:
    """An odd size, which OpenCV's own conversion cannot do, differs by rounding alone."""
    rng = np.random.default_rng(5)
    luma, blue, red = (rng.integers(16, 236, shape, np.uint8) for shape in ((8, 8), (4, 4), (4, 4)))
    even = message(luma.tobytes() + blue.tobytes() + red.tobytes(), (8, 8), I420)
    odd = message(luma[:7, :7].tobytes() + blue.tobytes() + red.tobytes(), (7, 7), I420)
    difference = reading(even)[:7, :7].astype(int) - reading(odd)
    assert np.abs(difference).max() <= 2


def test_packed_colours_are_put_in_order() -> None:
    """RGBA and BGRA give blue, green, red, row by row."""
    pixels = np.array([[[1, 2, 3, 255], [4, 5, 6, 255], [7, 8, 9, 255]]], np.uint8)
    assert reading(message(pixels.tobytes(), (3, 1), BGRA)).tolist() == pixels[..., :3].tolist()
    reversed_order = pixels[..., 2::-1].tolist()
    assert reading(message(pixels.tobytes(), (3, 1), RGBA)).tolist() == reversed_order


def test_a_header_is_read_whole() -> None:
    """Every field arrives as sent."""
    data = message(
        planes(1, 2, 3, (5, 3), NV12),
        *((5, 3), NV12),
        sequence=7,
        timestamp=12.25,
        full_range=1,
        matrix=BT709,
        captured=9,
    )
    assert HEADER_BYTES == 32
    header = read_header(data, None)
    assert header == FrameHeader(7, 12.25, 5, 3, PixelFormat.NV12, True, Matrix.BT709, 9)
    frame = read_frame(header, data)
    assert (frame.index, frame.timestamp, frame.width, frame.height) == (7, 12.25, 5, 3)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
def test_the_largest_picture_is_read(size: tuple[int, int]) -> None:
    """Full HD passes, either way up, and is as long as a listener must allow for."""
    data = message(bytes(4 * size[0] * size[1]), size, RGBA)
    assert len(data) == LARGEST_MESSAGE
    assert read_header(data, None).width == size[0]


@pytest.mark.parametrize("size", [(1921, 1), (1, 1921), (1920, 1081), (65535, 65535)])
def test_a_larger_picture_is_refused_by_its_header(size: tuple[int, int]) -> None:
    """Sizes over Full HD are refused before anything is made of the payload."""
    with pytest.raises(InputError) as caught:
        read_header(message(b"", size, I420), None)
    assert caught.value.reason == "FRAME_TOO_LARGE"


GOOD = message(planes(100, 128, 128, (4, 4)), (4, 4), I420)
MALFORMED = {
    "empty": b"",
    "a byte short of a header": GOOD[: HEADER_BYTES - 1],
    "another magic": b"KZF2" + GOOD[4:],
    "a byte short": GOOD[:-1],
    "a byte long": GOOD + b"x",
    "no width": message(b"", (0, 4), RGBA),
    "no height": message(b"", (4, 0), RGBA),
    "unknown format": message(bytes(24), (4, 4), 4),
    "unknown matrix": message(bytes(24), (4, 4), I420, matrix=2),
    "unknown range": message(bytes(24), (4, 4), I420, full_range=2),
    "a byte that must be 0": GOOD[:23] + b"\x01" + GOOD[24:],
    "chroma of an odd size rounded down": message(bytes(25 + 8), (5, 5), I420),
    "the payload of another format": message(bytes(24), (4, 4), RGBA),
    "no number as a timestamp": message(bytes(24), (4, 4), I420, timestamp=float("nan")),
    "an endless timestamp": message(bytes(24), (4, 4), I420, timestamp=float("inf")),
    "a timestamp before 0": message(bytes(24), (4, 4), I420, timestamp=-0.1),
    "a payload length that lies": GOOD[:28] + b"\x00\x00\x00\x00" + GOOD[32:],
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_message_is_refused(name: str) -> None:
    """What is no whole frame is refused with a sentence that says what to do."""
    with pytest.raises(InputError) as caught:
        read_header(MALFORMED[name], None)
    assert caught.value.reason == "FRAME_MALFORMED"
    assert "again" in caught.value.person


@pytest.mark.parametrize(
    ("sequence", "timestamp", "captured"),
    [(5, 1.1, 6), (4, 1.1, 6), (6, 1.0, 6), (6, 0.9, 6), (6, 1.1, 4)],
)
def test_frames_come_in_order(sequence: int, timestamp: float, captured: int) -> None:
    """Sequence and timestamp rise and the browser's count never falls, or the frame is refused."""
    before = read_header(plain(5, 1.0), None)
    assert read_header(plain(6, 1.1, 5), before).sequence == 6
    with pytest.raises(InputError) as caught:
        read_header(plain(sequence, timestamp, captured), before)
    assert caught.value.reason == "FRAMES_OUT_OF_ORDER"


@given(st.binary(max_size=200), st.integers(0, 32))
def test_any_bytes_are_a_frame_or_refused(tail: bytes, kept: int) -> None:
    """Whatever comes, there is a picture of the size it names or an InputError."""
    data = GOOD[:kept] + tail
    try:
        header = read_header(data, None)
    except InputError:
        return
    assert read_frame(header, data).image.shape == (header.height, header.width, 3)


@given(
    st.tuples(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1)),
    st.integers(0, 255),
    st.floats(allow_nan=True),
    st.integers(0, 60),
)
def test_any_header_is_judged(
    size: tuple[int, int], pixel_format: int, timestamp: float, length: int
) -> None:
    """No combination of fields reads past the payload."""
    data = message(b"\x80" * length, size, pixel_format, timestamp=timestamp)
    try:
        header = read_header(data, None)
    except InputError:
        return
    assert read_frame(header, data).image.shape == (size[1], size[0], 3)


def test_an_error_holds_nothing_of_the_frame() -> None:
    """Neither the error nor its traceback shows a byte of the payload, nor does a frame's repr."""
    payload = b"\xab" * 23
    data = message(payload, (4, 4), I420)
    with pytest.raises(InputError) as caught:
        read_header(data, None)
    text = "".join(traceback.format_exception(caught.value)) + caught.value.person
    assert "\\xab" not in text
    assert "171" not in text
    header = replace(read_header(GOOD, None), timestamp=1.0)
    assert "\\x" not in repr(read_frame(header, GOOD))
