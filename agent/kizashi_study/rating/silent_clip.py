"""A clip as a browser gets it: as long as the file on disk, and with nothing in it but its picture.

How it is ensured that nobody hears a clip, or reads who is in it: what is served is zeros, save for
what is known to belong to the first video track. Of the container only what a player needs for that
track stays; every other track and all metadata (titles, places, names of devices) become padding
that players skip, and the bytes of their samples are zeros. Within the track the same holds: fields
and tables that a player reads, and no names, times or notes (`mp4_track`, `webm_kept`). As it is
stays the coded picture alone, with whatever its encoder wrote into it. So no sound reaches the
browser, whatever its volume is set to. Because not one byte moves, a part of the file can be read from disk as it is
asked for, and nothing is written: no copy of a clip is made.
"""

from __future__ import annotations

import errno
import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from kizashi_study.errors import NotPlayable

_PIECE = 256 * 1024
"""Bytes read at once."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which bytes of a file are served, in order of their place; all others are zeros.

    Attributes:
        media_type: of what is served.
        kept: start and end of what is served as it is on disk.
        written: start, and what stands there instead.
    """

    media_type: str
    kept: Sequence[tuple[int, int]] = field(repr=False)
    written: Sequence[tuple[int, bytes]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells a file from another at its place, and from itself before it was written to."""

    device: int
    number: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, state: os.stat_result) -> FileState:
        """As the operating system tells it; times in nanoseconds."""
        return cls(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class SilentClip:
    """A clip without its sound.

    Attributes:
        path: on disk.
        state: of the file when it was looked through.
        layout: what of it is served.
    """

    path: Path
    state: FileState
    layout: Layout

    @property
    def size(self) -> int:
        """Bytes of the file, and of what is served."""
        return self.state.size

    def is_as_it_was(self) -> bool:
        """Whether the file is still the one that was looked through."""
        try:
            return FileState.of(self.path.stat()) == self.state
        except OSError:
            return False

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """What is served from `start` up to `end`, piece by piece.

        Raises:
            OSError: the file cannot be read, or is no longer the one that was looked through.
        """
        with self.path.open("rb") as file:
            for at in range(start, end, _PIECE):
                piece = self._piece(file, at, min(at + _PIECE, end))
                # Where the sound of another file would be nobody has looked.
                if FileState.of(os.fstat(file.fileno())) != self.state:
                    raise OSError(errno.ESTALE, "the clip was changed", str(self.path))
                yield piece

    def _piece(self, file: IO[bytes], start: int, end: int) -> bytes:
        piece = bytearray(end - start)
        kept, written = self.layout.kept, self.layout.written
        first = max(0, bisect_right(kept, start, key=lambda each: each[0]) - 1)
        for since, until in kept[first : bisect_left(kept, end, key=lambda each: each[0])]:
            low, high = max(since, start), min(until, end)
            if low < high:
                file.seek(low)
                found = file.read(high - low)
                piece[low - start : low - start + len(found)] = found
        first = max(0, bisect_right(written, start, key=lambda each: each[0]) - 1)
        for at, data in written[first : bisect_left(written, end, key=lambda each: each[0])]:
            low, high = max(at, start), min(at + len(data), end)
            if low < high:
                piece[low - start : high - start] = data[low - at : high - at]
        return bytes(piece)


def joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same bytes in as few spans as hold them, in order."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def damaged(name: str) -> NotPlayable:
    """The error for a file whose parts do not fit together."""
    return NotPlayable({name: "it seems to be damaged, or still copying"})


def other_codec(name: str, codec: str) -> NotPlayable:
    """The error for a picture that not every browser decodes."""
    return NotPlayable({name: f"its picture is in {codec}, which browsers may not play"})
