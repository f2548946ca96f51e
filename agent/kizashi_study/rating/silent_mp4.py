"""The picture of an MP4 or QuickTime file, and nothing else of it (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO

from kizashi_study.errors import NotPlayable
from kizashi_study.rating.silent_clip import CONVERT, Layout, damaged, joined, other_codec

PLAYED = (b"avc1", b"avc3", b"vp08", b"vp09", b"av01")
"""Sample entries of the codecs that today's browsers decode on every system."""

_OF_A_TRACK = (b"tkhd", b"edts", b"mdia")
"""Boxes of a track that a player needs; others hold names and links to other tracks."""

_LARGEST_TABLE = 64 * 1024 * 1024
"""Bytes of one box that is read whole: sample sizes of a hundred hours."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    content: int
    end: int


@dataclass(slots=True)
class _Silencing:
    file: IO[bytes]
    name: str
    kept: list[tuple[int, int]] = field(default_factory=list)
    written: list[tuple[int, bytes]] = field(default_factory=list)

    def boxes(self, start: int, end: int) -> Iterator[_Box]:
        while start < end:
            box = self._box(start, end)
            yield box
            start = box.end

    def _box(self, start: int, limit: int) -> _Box:
        self.file.seek(start)
        header = self.file.read(16)
        if len(header) < 8:
            raise damaged(self.name)
        size, kind = struct.unpack_from(">I4s", header)
        content = start + 8
        if size == 1 and len(header) == 16:
            (size,) = struct.unpack_from(">Q", header, 8)
            content = start + 16
        elif size == 0:
            size = limit - start
        if start + size < content or start + size > limit:
            raise damaged(self.name)
        return _Box(kind, start, content, start + size)

    def inside(self, box: _Box, *path: bytes) -> _Box | None:
        """The first box at this path inside of another."""
        for kind in path:
            found = next((e for e in self.boxes(box.content, box.end) if e.kind == kind), None)
            if found is None:
                return None
            box = found
        return box

    def table(self, box: _Box | None) -> bytes:
        """What a box holds."""
        if box is None or box.end - box.content > _LARGEST_TABLE:
            raise damaged(self.name)
        self.file.seek(box.content)
        return self.file.read(box.end - box.content)

    def keep(self, box: _Box) -> None:
        self.kept.append((box.start, box.end))

    def keep_header(self, box: _Box) -> None:
        self.kept.append((box.start, box.content))

    def blank(self, box: _Box) -> None:
        """Makes it padding: its size stays, its content is zeros."""
        self.keep_header(box)
        self.written.append((box.start + 4, b"free"))


def silence_mp4(file: IO[bytes], size: int, name: str) -> Layout:
    """Which bytes are the picture's.

    Args:
        file: open for reading, whole.
        size: bytes of it.
        name: of the clip, for errors.

    Raises:
        NotPlayable: it is damaged or in fragments, or browsers do not play its codec.
    """
    work = _Silencing(file, name)
    video: _Box | None = None
    data = []
    for box in work.boxes(0, size):
        if box.kind == b"ftyp":
            work.keep(box)
        elif box.kind == b"moov" and video is None:
            video = _movie(work, box)
        elif box.kind == b"moof":
            raise NotPlayable(name, f"it is an MP4 in fragments, which is not shown. {CONVERT}")
        elif box.kind == b"mdat":
            work.keep_header(box)
            data.append((box.content, box.end))
        else:
            work.blank(box)
    if video is None:
        raise damaged(name)
    for start, end in _samples(work, video):
        if not any(low <= start <= end <= high for low, high in data):
            raise damaged(name)
        work.kept.append((start, end))
    return Layout("video/mp4", joined(work.kept), work.written)


def _movie(work: _Silencing, movie: _Box) -> _Box | None:
    """Keeps the head of the film and its first video track, which is returned."""
    video: _Box | None = None
    work.keep_header(movie)
    for box in work.boxes(movie.content, movie.end):
        if box.kind == b"mvhd":
            work.keep(box)
        elif box.kind == b"trak" and video is None and _is_video(work, box):
            video = box
            work.keep_header(box)
            for part in work.boxes(box.content, box.end):
                (work.keep if part.kind in _OF_A_TRACK else work.blank)(part)
        else:
            work.blank(box)
    return video


def _is_video(work: _Silencing, track: _Box) -> bool:
    # Version, flags and a word before the handler's type.
    return work.table(work.inside(track, b"mdia", b"hdlr"))[8:12] == b"vide"


def _samples(work: _Silencing, track: _Box) -> Iterator[tuple[int, int]]:
    """Where each chunk of the track's samples is in the file."""
    tables = work.inside(track, b"mdia", b"minf", b"stbl")
    if tables is None:
        raise damaged(work.name)
    codec = work.table(work.inside(tables, b"stsd"))[12:16]
    if codec not in PLAYED:
        raise other_codec(work.name, codec.decode("latin-1").strip())
    try:
        sizes = _sizes(work.table(work.inside(tables, b"stsz")))
        offsets = _offsets(work, tables)
        at = 0
        for offset, count in zip(offsets, _counts(work, tables, len(offsets)), strict=True):
            length = sum(sizes[at : at + count])
            at += count
            yield offset, offset + length
    except (struct.error, ValueError):
        raise damaged(work.name) from None
    if at < len(sizes):
        raise damaged(work.name)


def _sizes(table: bytes) -> list[int]:
    same, count = struct.unpack_from(">II", table, 4)
    if same:
        # So that a count that nothing bears out fills no memory.
        return [same] * min(count, _LARGEST_TABLE)
    return list(struct.unpack_from(f">{count}I", table, 12)) if count * 4 <= len(table) else []


def _offsets(work: _Silencing, tables: _Box) -> list[int]:
    narrow = work.inside(tables, b"stco")
    table = work.table(narrow or work.inside(tables, b"co64"))
    (count,) = struct.unpack_from(">I", table, 4)
    if count * (4 if narrow else 8) > len(table):
        raise damaged(work.name)
    return list(struct.unpack_from(f">{count}{'I' if narrow else 'Q'}", table, 8))


def _counts(work: _Silencing, tables: _Box, chunks: int) -> Iterator[int]:
    """How many samples each chunk has."""
    table = work.table(work.inside(tables, b"stsc"))
    (entries,) = struct.unpack_from(">I", table, 4)
    if entries * 12 > len(table):
        raise damaged(work.name)
    runs = [struct.unpack_from(">II", table, 8 + 12 * each) for each in range(entries)]
    for (first, samples), (following, _) in pairwise([*runs, (chunks + 1, 0)]):
        if not 1 <= first <= following <= chunks + 1:
            raise damaged(work.name)
        yield from [samples] * (following - first)
