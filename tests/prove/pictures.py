"""Finds pictures in bytes: raw, encoded as an image, and either of them as text or compressed.

A needle is a short run of a picture's own bytes, taken where the picture varies, so that it does
not turn up by chance. Coded pictures are found by decoding from every place where one may start.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

NEEDLE_BYTES = 24
_LEAST_VARIETY = 12
"""Different byte values in a needle; a flat patch of wall would turn up anywhere."""

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


def needles(picture: npt.NDArray[np.generic], count: int, seed: int) -> set[bytes]:
    """Runs of a picture's bytes at places drawn by seed; none where it varies too little."""
    data = np.ascontiguousarray(picture).tobytes()
    if len(data) <= NEEDLE_BYTES:
        return set()
    places = np.random.default_rng(seed).integers(0, len(data) - NEEDLE_BYTES, count)
    runs = (data[place : place + NEEDLE_BYTES] for place in places)
    return {run for run in runs if len(set(run)) >= _LEAST_VARIETY}


def find(data: bytes, known: Iterable[bytes], depth: int = 0) -> Iterator[Found]:
    """Every trace of a picture in the data.

    Args:
        data: what is searched.
        known: needles of the pictures that must not be there.
        depth: how often the data has been unwrapped already.
    """
    runs = list(known)
    for run in runs:
        place = data.find(run)
        if place >= 0:
            yield Found(place, "raw")
            break
    for place in _pictures(data):
        yield Found(place, "encoded")
    if depth < _DEEPEST:
        for place, how, inner in _unwrapped(data):
            for found in find(inner, runs, depth + 1):
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
            if len(inner) >= NEEDLE_BYTES:
                yield match.start(), "zlib", inner
