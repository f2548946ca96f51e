"""Finds pictures in bytes: raw, encoded as an image, and either of them as text or compressed.

Raw bytes are known again by fingerprints: of all runs of eight bytes, those whose hash falls in one
of 64 classes are kept, on both sides alike, so that a piece of some hundred bytes of any picture is
found wherever it was cut (Schleimer, Wilkerson and Aiken, "Winnowing", SIGMOD 2003, call this
sampling modulo p). Coded pictures are found by decoding from every place where one may start.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Fingerprints = npt.NDArray[np.uint64]
"""Sorted, each once."""

_RUN = 8
_CLASS_BITS = np.uint64(6)
_MULTIPLIER = np.uint64(
    0x9E3779B97F4A7C15
)  # odd, with its bits well mixed: 2**64 over the golden ratio
_LEAST_VARIETY = 6
"""Different values in a run; a flat patch of wall would turn up anywhere."""

_LEAST_HITS = 3

# Most places where a picture may start are none, and it would say so of each.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_SMALLEST_PICTURE = 8
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{64,}={0,2}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){32,}")
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A picture in some bytes: where, and how it was told."""

    offset: int
    how: str


def fingerprints(data: bytes) -> Fingerprints:
    """The fingerprints of all varied runs in the data."""
    if len(data) < _RUN:
        return np.empty(0, np.uint64)
    # Every run of eight bytes as one number, without a copy.
    runs = np.ndarray(len(data) - _RUN + 1, np.uint64, data, strides=(1,))
    kept = np.unique(runs[(runs * _MULTIPLIER) >> (np.uint64(64) - _CLASS_BITS) == 0])
    pieces = np.sort(kept.view(np.uint8).reshape(-1, _RUN), axis=1)
    variety = 1 + np.count_nonzero(np.diff(pieces, axis=1), axis=1)
    varied: Fingerprints = kept[variety >= _LEAST_VARIETY]
    return varied


def find(data: bytes, known: Fingerprints, depth: int = 0) -> Iterator[Found]:
    """Every trace of a picture in the data.

    Args:
        data: what is searched.
        known: fingerprints of the pictures that must not be there.
        depth: how often the data has been unwrapped already.
    """
    hits = int(np.isin(fingerprints(data), known, assume_unique=True).sum())
    if hits >= _LEAST_HITS:
        yield Found(0, f"raw, {hits} fingerprints")
    for place in _pictures(data):
        yield Found(place, "encoded")
    if depth < _DEEPEST:
        for place, how, inner in _unwrapped(data):
            for found in find(inner, known, depth + 1):
                yield Found(place, f"{how} > {found.how}")


def _pictures(data: bytes) -> Iterator[int]:
    for start in _STARTS:
        for match in re.finditer(re.escape(start), data):
            piece = np.frombuffer(data, np.uint8, offset=match.start())
            try:
                decoded = cv2.imdecode(piece, cv2.IMREAD_UNCHANGED)
            except cv2.error:
                continue
            if decoded is not None and min(decoded.shape[:2]) >= _SMALLEST_PICTURE:
                yield match.start()


def _unwrapped(data: bytes) -> Iterator[tuple[int, str, bytes]]:
    for match in _BASE64.finditer(data):
        # The text may start anywhere within a group of four.
        text = match[0].rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        for shift in range(4):
            piece = text[shift:]
            piece = piece[: len(piece) // 4 * 4]
            try:
                yield match.start(), "base64", base64.b64decode(piece)
            except binascii.Error:
                continue
    for match in _HEX.finditer(data):
        yield match.start(), "hex", bytes.fromhex(match[0].decode())
    for start in (b"\x78\x01", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b\x08"):
        for match in re.finditer(re.escape(start), data):
            unpacker = zlib.decompressobj(wbits=47)
            try:
                inner = unpacker.decompress(data[match.start() :], 1 << 24)
            except zlib.error:
                continue
            if len(inner) >= _RUN:
                yield match.start(), "zlib", inner
