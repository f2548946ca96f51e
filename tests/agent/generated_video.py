"""Videos made for a test: frames of plain brightness, with the timestamps and turns asked for."""

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

QUARTER_TURN = (0, 1, 0, -1, 0, 0, 0, 0, 1)
"""The track matrix of a picture to be turned by 90 degrees clockwise (ISO/IEC 14496-12, 8.3.2)."""

_TICKS = 30 * 512
"""Media time units a second that OpenCV's writer uses at 30 frames a second."""


def write_video(
    path: Path,
    brightness: Sequence[int],
    *,
    rate: float = 30.0,
    size: tuple[int, int] = (160, 120),
    codec: str = "mp4v",
) -> Path:
    """A video with one frame for each brightness (0-255); the left half is black."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate, size)
    assert writer.isOpened()
    for level in brightness:
        image = np.zeros((size[1], size[0], 3), np.uint8)
        image[:, size[0] // 2 :] = level
        writer.write(image)
    writer.release()
    return path


def set_steps(path: Path, steps: Sequence[float]) -> None:
    """Gives each frame of an MP4 of `write_video`, at 30 a second, its own length in seconds."""
    entries = [struct.pack(">II", 1, round(step * _TICKS)) for step in steps]
    table = struct.pack(">II", 0, len(entries)) + b"".join(entries)
    _replace_box(path, b"stts", table)


def set_matrix(path: Path, matrix: Sequence[float]) -> None:
    """Gives the picture of an MP4 a transformation for display."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    shifts = (16, 16, 30) * 3
    values = [round(value * (1 << shift)) for value, shift in zip(matrix, shifts, strict=True)]
    data[start : start + 36] = struct.pack(">9i", *values)
    path.write_bytes(data)


def _replace_box(path: Path, kind: bytes, payload: bytes) -> None:
    # The edit list would cut the recording at its old length.
    data = path.read_bytes().replace(b"edts", b"free")
    moov = data.index(b"moov") - 4
    # Offsets of frames stay true only while the boxes that grow lie behind the frames.
    assert moov > data.index(b"mdat")
    path.write_bytes(data[:moov] + _with_box(data[moov:], kind, payload))


def _with_box(boxes: bytes, kind: bytes, payload: bytes) -> bytes:
    result, at = b"", 0
    while at < len(boxes):
        size, name = struct.unpack_from(">I4s", boxes, at)
        body = boxes[at + 8 : at + size]
        if name == kind:
            body = payload
        elif name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            body = _with_box(body, kind, payload)
        result += struct.pack(">I4s", len(body) + 8, name) + body
        at += size
    return result
