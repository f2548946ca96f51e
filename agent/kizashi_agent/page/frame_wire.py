"""One frame as the page's script sends it: a header of 32 bytes, then the planes of a picture.

The script copies a frame in the format that the browser holds it in (WebCodecs, `VideoFrame.copyTo`
with its default layout: planes tightly packed, one after the other), which costs it less than any
conversion of its own; colours are made here. All numbers are little endian:

    0   4 bytes   "KZF1"
    4   uint32    sequence: rises from one message to the next
    8   float64   timestamp: seconds on the camera's own clock; rises likewise
    16  uint16    width, pixels
    18  uint16    height, pixels
    20  uint8     format: see `PixelFormat`
    21  uint8     1 when the full range 0-255 is used, else 0; of I420 and NV12 alone
    22  uint8     matrix: see `Matrix`; of I420 and NV12 alone
    23  uint8     0
    24  uint32    captured: frames that the browser has shown so far; never falls
    28  uint32    bytes that follow
"""

import math
import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from kizashi_agent.errors import InputError
from kizashi_agent.frames import Frame

MAGIC = b"KZF1"
LONGEST_SIDE = 1920  # pixels, either way up
MOST_PIXELS = 1920 * 1080

_HEADER = struct.Struct("<4sIdHHBBBBII")
HEADER_BYTES = _HEADER.size
LARGEST_MESSAGE = HEADER_BYTES + 4 * MOST_PIXELS
"""Bytes; whoever listens need not take a longer message."""

Picture = npt.NDArray[np.uint8]


class PixelFormat(IntEnum):
    """How a picture is laid out, as WebCodecs names it."""

    I420 = 0
    NV12 = 1
    RGBA = 2
    BGRA = 3


class Matrix(IntEnum):
    """How luma and chroma were made of red, green and blue."""

    BT601 = 0
    BT709 = 1


_RED_AND_BLUE = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722)}
"""Their weights in luma: ITU-R BT.601-7, 2.5.1, and BT.709-6, 3.2."""


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """What is said of a picture; see the top of this module for each field's unit."""

    sequence: int
    timestamp: float
    width: int
    height: int
    pixel_format: PixelFormat
    full_range: bool
    matrix: Matrix
    captured: int


def read_header(message: bytes, before: FrameHeader | None) -> FrameHeader:
    """The header of a message that holds a whole picture and comes after another.

    Args:
        message: as received.
        before: of the message before it on the same connection; None for the first.

    Raises:
        InputError: FRAME_MALFORMED, FRAME_TOO_LARGE or FRAMES_OUT_OF_ORDER; it holds nothing of
            the picture.
    """
    if len(message) < HEADER_BYTES:
        raise _malformed("shorter than a header")
    magic, sequence, timestamp, width, height, layout, span, matrix, unused, captured, payload = (
        _HEADER.unpack_from(message)
    )
    if magic != MAGIC or unused != 0:
        raise _malformed("no frame header")
    if layout not in list(PixelFormat) or matrix not in list(Matrix) or span not in {0, 1}:
        raise _malformed("unknown format, range or matrix")
    if not (math.isfinite(timestamp) and timestamp >= 0):
        raise _malformed("its timestamp is no time")
    if width == 0 or height == 0:
        raise _malformed("no pixel")
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise _too_large()
    header = FrameHeader(
        *(sequence, timestamp, width, height, PixelFormat(layout)),
        *(bool(span), Matrix(matrix), captured),
    )
    if not payload == len(message) - HEADER_BYTES == _payload_bytes(header):
        raise _malformed("another length than its format and size need")
    if before is not None and not (
        sequence > before.sequence and timestamp > before.timestamp and captured >= before.captured
    ):
        raise _out_of_order()
    return header


def read_frame(header: FrameHeader, message: bytes) -> Frame:
    """The picture of a message whose header was read from it, in the colours it was shot in.

    The frame's index is the sequence, and its timestamp the camera's.
    """
    payload = np.frombuffer(message, np.uint8, offset=HEADER_BYTES)
    return Frame(header.sequence, header.timestamp, np.asarray(_image(header, payload), np.uint8))


def _image(header: FrameHeader, payload: Picture) -> npt.NDArray[np.generic]:
    match header.pixel_format:
        case PixelFormat.RGBA:
            return cv2.cvtColor(_packed(header, payload), cv2.COLOR_RGBA2BGR)
        case PixelFormat.BGRA:
            return cv2.cvtColor(_packed(header, payload), cv2.COLOR_BGRA2BGR)
        case _:
            return _from_luma_and_chroma(header, payload)


def _payload_bytes(header: FrameHeader) -> int:
    if header.pixel_format in {PixelFormat.RGBA, PixelFormat.BGRA}:
        return 4 * header.width * header.height
    chroma_width, chroma_height = _chroma_size(header)
    return header.width * header.height + 2 * chroma_width * chroma_height


def _chroma_size(header: FrameHeader) -> tuple[int, int]:
    """Width and height of a chroma plane: half, rounded up."""
    return (header.width + 1) // 2, (header.height + 1) // 2


def _packed(header: FrameHeader, payload: Picture) -> Picture:
    return payload.reshape(header.height, header.width, 4)


def _from_luma_and_chroma(header: FrameHeader, payload: Picture) -> npt.NDArray[np.generic]:
    width, height = header.width, header.height
    even = width % 2 == height % 2 == 0
    if even and header.matrix is Matrix.BT601 and not header.full_range:
        # What OpenCV's own conversion takes for granted; a third of the cost of the one below.
        code = (
            cv2.COLOR_YUV2BGR_I420
            if header.pixel_format is PixelFormat.I420
            else cv2.COLOR_YUV2BGR_NV12
        )
        return cv2.cvtColor(payload.reshape(height * 3 // 2, width), code)
    luma = payload[: width * height].reshape(height, width)
    planes = cv2.merge([luma, *(_grown(each, header) for each in _chroma(header, payload))])
    return cv2.transform(planes, _to_blue_green_red(header.matrix, header.full_range))


def _chroma(header: FrameHeader, payload: Picture) -> tuple[Picture, Picture]:
    """The two chroma planes, blue's first."""
    width, height = _chroma_size(header)
    rest = payload[header.width * header.height :]
    if header.pixel_format is PixelFormat.NV12:
        pairs = rest.reshape(height, width, 2)
        return np.ascontiguousarray(pairs[..., 0]), np.ascontiguousarray(pairs[..., 1])
    blue, red = rest.reshape(2, height, width)
    return blue, red


def _grown(plane: Picture, header: FrameHeader) -> Picture:
    """A chroma plane at the picture's size: each sample stands for four pixels."""
    height, width = plane.shape
    doubled = cv2.resize(plane, (2 * width, 2 * height), interpolation=cv2.INTER_NEAREST)
    return np.ascontiguousarray(doubled[: header.height, : header.width], np.uint8)


@cache
def _to_blue_green_red(matrix: Matrix, full_range: bool) -> npt.NDArray[np.float32]:
    """(3, 4): weights of luma and both chromas in blue, green and red, and what is added.

    The inverse of ITU-R BT.601-7, 2.5 (BT.709-6, 3.3 to 3.5, alike with its own weights).
    """
    red, blue = _RED_AND_BLUE[matrix]
    green = 1 - red - blue
    luma_gain, chroma_gain, black = (1.0, 1.0, 0.0) if full_range else (255 / 219, 255 / 224, 16.0)
    to_blue, to_red = 2 * (1 - blue) * chroma_gain, 2 * (1 - red) * chroma_gain
    weights = np.array(
        [
            [luma_gain, to_blue, 0.0],
            [luma_gain, -to_blue * blue / green, -to_red * red / green],
            [luma_gain, 0.0, to_red],
        ]
    )
    added = -weights @ np.array([black, 128.0, 128.0])
    return np.column_stack([weights, added]).astype(np.float32)


_RELOAD = "Reload the page and record again; if it happens again, use another browser."


def _malformed(what: str) -> InputError:
    return InputError(
        f"a frame from the page cannot be read: {what}",
        f"The browser sent a picture that cannot be read. {_RELOAD}",
        reason="FRAME_MALFORMED",
    )


def _too_large() -> InputError:
    return InputError(
        "a frame from the page is too large",
        f"The camera's picture is larger than {LONGEST_SIDE} by 1080. Choose a lower resolution, or "
        "another camera, then record again.",
        reason="FRAME_TOO_LARGE",
    )


def _out_of_order() -> InputError:
    return InputError(
        "frames from the page are out of order",
        f"The browser sent pictures out of order. {_RELOAD}",
        reason="FRAMES_OUT_OF_ORDER",
    )
