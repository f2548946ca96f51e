"""The picture of a WebM or Matroska file, and nothing else of it (RFC 8794, RFC 9559)."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import IO

from kizashi_study.rating.silent_clip import Layout, damaged, joined, other_codec

PLAYED = (b"V_VP8", b"V_VP9", b"V_AV1")

_HEAD, _SEGMENT, _VOID = 0x1A45DFA3, 0x18538067, 0xEC
_SEEK_HEAD, _INFO, _TRACKS, _CUES = 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B
_CLUSTER, _CHAPTERS, _ATTACHMENTS, _TAGS = 0x1F43B675, 0x1043A770, 0x1941A469, 0x1254C367
_TIMES = (0x2AD7B1, 0x4489)
"""Of the information about a file: what a moment lasts, and the whole; the rest are names."""
_TRACK, _NUMBER, _TYPE, _CODEC = 0xAE, 0xD7, 0x83, 0x86
_VIDEO = b"\x01"
_TIMING = (0xE7, 0xA7, 0xAB)
"""Of a cluster: its time, its place, how long the one before was."""
_SIMPLE_BLOCK, _GROUP, _BLOCK = 0xA3, 0xA0, 0xA1
_TOP = {_SEEK_HEAD, _INFO, _TRACKS, _CUES, _CLUSTER, _CHAPTERS, _ATTACHMENTS, _TAGS}
"""What ends a cluster that does not say how long it is."""


@dataclass(frozen=True, slots=True)
class _Element:
    kind: int
    start: int
    content: int
    end: int


@dataclass(slots=True)
class _Silencing:
    file: IO[bytes]
    name: str
    track: bytes | None = None
    kept: list[tuple[int, int]] = field(default_factory=list)
    written: list[tuple[int, bytes]] = field(default_factory=list)

    def elements(self, start: int, end: int, until: Container[int] = ()) -> Iterator[_Element]:
        """Elements in turn, up to the first of a kind in `until`."""
        while start < end:
            element = self._element(start, end)
            if element.kind in until:
                return
            yield element
            start = element.end

    def _element(self, start: int, limit: int) -> _Element:
        self.file.seek(start)
        head = self.file.read(12)
        kind_length = _length(head)
        if kind_length > 4 or len(head) <= kind_length:
            raise damaged(self.name)
        size_length = _length(head[kind_length:])
        content = start + kind_length + size_length
        coded = head[kind_length : kind_length + size_length]
        if size_length > 8 or len(coded) < size_length:
            raise damaged(self.name)
        kind = int.from_bytes(head[:kind_length])
        most = (1 << 7 * size_length) - 1
        size = int.from_bytes(coded) & most
        end = content + size
        if size == most:  # unknown: it lasts until what cannot be in it
            end = limit
            if kind == _CLUSTER:
                end = max((each.end for each in self.elements(content, limit, _TOP)), default=limit)
        if end > limit:
            raise damaged(self.name)
        return _Element(kind, start, content, end)

    def data(self, element: _Element, most: int = 64) -> bytes:
        self.file.seek(element.content)
        return self.file.read(min(most, element.end - element.content))

    def keep(self, element: _Element) -> None:
        self.kept.append((element.start, element.end))

    def keep_header(self, element: _Element) -> None:
        self.kept.append((element.start, element.content))

    def blank(self, element: _Element) -> None:
        """Puts an element of the same length in its place that players skip, full of zeros."""
        total = element.end - element.start
        width = 1 if total - 2 < 0x7F else 8
        size = (1 << 7 * width) | (total - 1 - width)
        self.written.append((element.start, bytes([_VOID]) + size.to_bytes(width)))


def silence_webm(file: IO[bytes], size: int, name: str) -> Layout:
    """Which bytes are the picture's; arguments and errors as `silence_mp4`."""
    work = _Silencing(file, name)
    for element in work.elements(0, size):
        if element.kind == _HEAD:
            work.keep(element)
        elif element.kind == _SEGMENT:
            work.keep_header(element)
            _segment(work, element)
        else:
            work.blank(element)
    if work.track is None:
        raise damaged(name)
    return Layout("video/webm", joined(work.kept), work.written)


def _segment(work: _Silencing, segment: _Element) -> None:
    for element in work.elements(segment.content, segment.end):
        if element.kind in {_SEEK_HEAD, _CUES}:
            work.keep(element)
        elif element.kind == _INFO:
            work.keep_header(element)
            for each in work.elements(element.content, element.end):
                (work.keep if each.kind in _TIMES else work.blank)(each)
        elif element.kind == _TRACKS:
            work.keep_header(element)
            for each in work.elements(element.content, element.end):
                (work.keep if _is_video(work, each) else work.blank)(each)
        elif element.kind == _CLUSTER:
            work.keep_header(element)
            for each in work.elements(element.content, element.end):
                is_kept = each.kind in _TIMING or _is_of_video(work, each)
                (work.keep if is_kept else work.blank)(each)
        else:
            work.blank(element)


def _is_video(work: _Silencing, entry: _Element) -> bool:
    """Whether this is the first video track; it is remembered."""
    if entry.kind != _TRACK or work.track is not None:
        return False
    parts = {each.kind: work.data(each) for each in work.elements(entry.content, entry.end)}
    if parts.get(_TYPE, b"").lstrip(b"\0") != _VIDEO:
        return False
    codec = parts.get(_CODEC, b"").rstrip(b"\0")
    if codec not in PLAYED:
        raise other_codec(work.name, codec.decode("latin-1").removeprefix("V_"))
    work.track = parts.get(_NUMBER, b"").lstrip(b"\0")
    return True


def _is_of_video(work: _Silencing, element: _Element) -> bool:
    block: _Element | None = element
    if element.kind == _GROUP:
        inside = work.elements(element.content, element.end)
        block = next((each for each in inside if each.kind == _BLOCK), None)
    elif element.kind != _SIMPLE_BLOCK:
        return False
    if block is None or work.track is None:
        return False
    head = work.data(block, 8)
    length = _length(head)
    if length > len(head):
        raise damaged(work.name)
    number = int.from_bytes(head[:length]) & ((1 << 7 * length) - 1)
    return number == int.from_bytes(work.track)


def _length(coded: bytes) -> int:
    """How many bytes a number of variable length has; 9 where these begin none."""
    return 9 - coded[0].bit_length() if coded else 9
