"""The boxes of an MP4 or QuickTime file, and which of their bytes are served."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from kizashi_study.rating.silent_clip import damaged

_LARGEST_TABLE = 8 * 1024 * 1024
"""Bytes of one box that is read whole: sample sizes of nineteen hours at 30 frames a second."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where one is: its kind, its start, that of its content, and its end."""

    kind: bytes
    start: int
    content: int
    end: int


@dataclass(slots=True)
class Boxes:
    """Walks through a file's boxes and notes what of it is served; see `Layout` for both lists."""

    file: IO[bytes]
    name: str
    kept: list[tuple[int, int]] = field(default_factory=list)
    written: list[tuple[int, bytes]] = field(default_factory=list)

    def within(self, start: int, end: int) -> Iterator[Box]:
        """Those from `start` to `end`, in turn.

        Raises:
            NotPlayable: they do not fit together.
        """
        while end - start >= 8:  # QuickTime ends some lists with four zeros
            box = self._box(start, end)
            yield box
            start = box.end

    def _box(self, start: int, limit: int) -> Box:
        header = self.read(start, start + 16)
        if len(header) < 8:  # the file ends before
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
        return Box(kind, start, content, start + size)

    def read(self, start: int, end: int) -> bytes:
        """What the file holds there."""
        self.file.seek(start)
        return self.file.read(max(0, end - start))

    def inside(self, box: Box, *path: bytes) -> Box | None:
        """The first box at this path inside of another."""
        for kind in path:
            found = next((e for e in self.within(box.content, box.end) if e.kind == kind), None)
            if found is None:
                return None
            box = found
        return box

    def table(self, box: Box | None) -> bytes:
        """What a box holds."""
        if box is None or box.end - box.content > _LARGEST_TABLE:
            raise damaged(self.name)
        return self.read(box.content, box.end)

    def number(self, box: Box, at: int, size: int) -> int:
        """That of so many bytes in its content; 0 where it ends before."""
        return int.from_bytes(self.read(box.content + at, min(box.content + at + size, box.end)))

    def keep_header(self, box: Box) -> None:
        """Serves its size and its kind."""
        self.kept.append((box.start, box.content))

    def keep(self, box: Box, *parts: tuple[int, int]) -> None:
        """Serves these parts of its content, and zeros for the rest; all of it where none is named."""
        self.keep_header(box)
        size = box.end - box.content
        for start, end in parts or ((0, size),):
            if start < min(end, size):
                self.kept.append((box.content + start, box.content + min(end, size)))

    def put(self, box: Box, at: int, data: bytes) -> None:
        """Serves this instead of what is in its content there, as far as there is room."""
        room = box.end - box.content - at
        self.written.append((box.content + at, data[: max(0, room)]))

    def blank(self, box: Box) -> None:
        """Makes it padding: its size stays, its content is zeros."""
        self.keep_header(box)
        self.written.append((box.start + 4, b"free"))
