"""Frames as the page's script sends them, made for a test."""

import struct

import numpy as np
import numpy.typing as npt

I420, NV12, RGBA, BGRA = range(4)
BT601, BT709 = range(2)
HEADER = struct.Struct("<4sIdHHBBBBII")


def message(  # one argument a field
    payload: bytes,
    size: tuple[int, int],
    pixel_format: int,
    *,
    sequence: int = 1,
    timestamp: float = 0.5,
    full_range: int = 0,
    matrix: int = BT601,
    captured: int | None = None,
) -> bytes:
    """A message with this payload; the size is width and height."""
    head = HEADER.pack(
        *(b"KZF1", sequence, timestamp, *size, pixel_format, full_range, matrix, 0),
        *(sequence if captured is None else captured, len(payload)),
    )
    return head + payload


def of_image(
    image: npt.NDArray[np.uint8], sequence: int, timestamp: float, captured: int | None = None
) -> bytes:
    """A message that loses nothing of a picture: blue, green, red and a byte that is not looked at.

    The picture is (height, width, 3).
    """
    height, width = image.shape[:2]
    opaque = np.full((height, width, 1), 255, np.uint8)
    payload = np.concatenate([image, opaque], axis=2).tobytes()
    return message(
        payload, (width, height), BGRA, sequence=sequence, timestamp=timestamp, captured=captured
    )


def plain(sequence: int, timestamp: float, captured: int | None = None) -> bytes:
    """A small grey picture."""
    return of_image(np.full((4, 4, 3), 128, np.uint8), sequence, timestamp, captured)


def planes(
    luma: int, blue: int, red: int, size: tuple[int, int], pixel_format: int = I420
) -> bytes:
    """The payload of one colour in I420 or NV12."""
    width, height = size
    samples = ((width + 1) // 2) * ((height + 1) // 2)
    chroma = (
        bytes([blue]) * samples + bytes([red]) * samples
        if pixel_format == I420
        else bytes([blue, red]) * samples
    )
    return bytes([luma]) * (width * height) + chroma
