"""The picture of an MP4 or QuickTime file, and nothing else of it (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import IO

from kizashi_study.errors import NotPlayable
from kizashi_study.rating.mp4_boxes import Box, Boxes
from kizashi_study.rating.mp4_track import keep_movie_header, keep_track
from kizashi_study.rating.silent_clip import Layout, damaged, joined, other_codec

PLAYED = (b"avc1", b"avc3", b"vp08", b"vp09", b"av01")
"""Sample entries of the codecs that today's browsers decode on every system."""


def silence_mp4(file: IO[bytes], size: int, name: str) -> Layout:
    """Which bytes are the picture's.

    Args:
        file: open for reading, whole.
        size: bytes of it.
        name: of the clip, for errors.

    Raises:
        NotPlayable: it is damaged or in fragments, or browsers do not play its codec.
    """
    work = Boxes(file, name)
    video: Box | None = None
    data = []
    for box in work.within(0, size):
        if box.kind == b"ftyp":
            _keep_brand(work, box)
        elif box.kind == b"moov" and video is None:
            video = _movie(work, box)
        elif box.kind == b"moof":
            raise NotPlayable({name: "it is an MP4 in fragments, which is not shown"})
        elif box.kind == b"mdat":
            work.keep_header(box)
            data.append((box.content, box.end))
        else:
            work.blank(box)
    if video is None:
        raise damaged(name)
    for start, end in _samples(work, video, sum(end - start for start, end in data)):
        place = bisect_right(data, (start, size)) - 1
        if place < 0 or not data[place][0] <= start <= end <= data[place][1]:
            raise damaged(name)
        work.kept.append((start, end))
    return Layout("video/mp4", joined(work.kept), sorted(work.written))


def _keep_brand(work: Boxes, box: Box) -> None:
    # Brands name a file's maker; a player asks for no more than which of the two forms it is.
    work.keep_header(box)
    brand = b"qt  " if work.read(box.content, box.content + 4) == b"qt  " else b"isom"
    work.put(box, 0, brand + bytes(4) + brand)


def _movie(work: Boxes, movie: Box) -> Box | None:
    """Keeps the head of the film and its first video track, which is returned."""
    video: Box | None = None
    work.keep_header(movie)
    for box in work.within(movie.content, movie.end):
        if box.kind == b"mvhd":
            keep_movie_header(work, box)
        elif box.kind == b"trak" and video is None and _is_video(work, box):
            video = box
            keep_track(work, box)
        else:
            work.blank(box)
    return video


def _is_video(work: Boxes, track: Box) -> bool:
    # Version, flags and a word before the handler's type.
    return work.table(work.inside(track, b"mdia", b"hdlr"))[8:12] == b"vide"


def _samples(work: Boxes, track: Box, room: int) -> Iterator[tuple[int, int]]:
    """Where each chunk of the track's samples is in the file, which holds so many bytes of them."""
    tables = work.inside(track, b"mdia", b"minf", b"stbl")
    if tables is None:
        raise damaged(work.name)
    codec = work.table(work.inside(tables, b"stsd"))[12:16]
    if codec not in PLAYED:
        raise other_codec(work.name, codec.decode("latin-1").strip())
    try:
        samples, length = _sizes(work.table(work.inside(tables, b"stsz")), room)
        offsets = _offsets(work, tables)
        at = 0
        for offset, count in zip(offsets, _counts(work, tables, len(offsets)), strict=True):
            yield offset, offset + length(at, at + count)
            at += count
    except (struct.error, ValueError):
        raise damaged(work.name) from None
    if at != samples:
        raise damaged(work.name)


def _sizes(table: bytes, room: int) -> tuple[int, Callable[[int, int], int]]:
    """How many samples there are, and how many bytes those from one to another have."""
    same, count = struct.unpack_from(">II", table, 4)
    if same:
        if same * count > room:
            raise ValueError("more samples than the file has bytes for")
        return count, lambda start, end: same * (end - start)
    sizes = _numbers("I", count, table, 12)
    return count, lambda start, end: sum(sizes[start:end])


def _offsets(work: Boxes, tables: Box) -> array[int]:
    narrow = work.inside(tables, b"stco")
    table = work.table(narrow or work.inside(tables, b"co64"))
    (count,) = struct.unpack_from(">I", table, 4)
    return _numbers("I" if narrow else "Q", count, table, 8)


def _numbers(kind: str, count: int, table: bytes, start: int) -> array[int]:
    size = struct.calcsize(f">{kind}")
    if start + size * count > len(table):
        raise ValueError("more rows than the table has")
    found = array(kind, table[start : start + size * count])
    if sys.byteorder == "little":
        found.byteswap()
    return found


def _counts(work: Boxes, tables: Box, chunks: int) -> Iterator[int]:
    """How many samples each chunk has."""
    table = work.table(work.inside(tables, b"stsc"))
    (entries,) = struct.unpack_from(">I", table, 4)
    if entries * 12 > len(table):
        raise damaged(work.name)
    runs = [struct.unpack_from(">II", table, 8 + 12 * each) for each in range(entries)]
    for (first, samples), (following, _) in pairwise([*runs, (chunks + 1, 0)]):
        if not 1 <= first <= following <= chunks + 1:
            raise damaged(work.name)
        for _ in range(following - first):
            yield samples
