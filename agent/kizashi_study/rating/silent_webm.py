"""The picture of a WebM or Matroska file, and nothing else of it (RFC 8794, RFC 9559)."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import IO

from kizashi_study.rating.silent_clip import Layout, damaged, joined, other_codec
from kizashi_study.rating.webm_kept import (
    BLOCK,
    CLUSTER,
    CODEC,
    ENCODINGS,
    GROUP,
    HEAD,
    KEPT,
    NUMBER,
    OF_A_GROUP,
    OF_A_TRACK,
    OF_THE_HEAD,
    SEGMENT,
    SIMPLE_BLOCK,
    TIMING,
    TOP,
    TRACK,
    TRACKS,
    TYPE,
    VIDEO,
    VOID,
    Known,
)

PLAYED = (b"V_VP8", b"V_VP9", b"V_AV1")


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
    track: int | None = None
    numbers: set[int] = field(default_factory=set)
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
            if kind == CLUSTER:
                end = max((each.end for each in self.elements(content, limit, TOP)), default=limit)
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
        self.written.append((element.start, bytes([VOID]) + size.to_bytes(width)))

    def filter(self, element: _Element, known: Known) -> None:
        """Keeps of it what is known: up to so many bytes, or those of its elements."""
        size = element.end - element.content
        if not isinstance(known, int):
            self.keep_header(element)
            for each in self.elements(element.content, element.end):
                self.filter(each, known.get(each.kind, 0))
        elif size <= known:
            self.keep(element)
        else:
            self.blank(element)


def silence_webm(file: IO[bytes], size: int, name: str) -> Layout:
    """Which bytes are the picture's; arguments and errors as `silence_mp4`."""
    work = _Silencing(file, name)
    for element in work.elements(0, size):
        if element.kind == HEAD:
            work.filter(element, OF_THE_HEAD)
        elif element.kind == SEGMENT:
            work.keep_header(element)
            _segment(work, element)
        else:
            work.blank(element)
    if work.track is None:
        raise damaged(name)
    return Layout("video/webm", joined(work.kept), sorted(work.written))


def _segment(work: _Silencing, segment: _Element) -> None:
    for element in work.elements(segment.content, segment.end):
        if element.kind == TRACKS:
            work.keep_header(element)
            for each in work.elements(element.content, element.end):
                work.filter(each, OF_A_TRACK if _is_video(work, each) else 0)
        elif element.kind == CLUSTER:
            work.keep_header(element)
            for each in work.elements(element.content, element.end):
                _keep_of_cluster(work, each)
        else:
            work.filter(element, KEPT.get(element.kind, 0))


def _is_video(work: _Silencing, entry: _Element) -> bool:
    """Whether this is the first video track; it is remembered."""
    if entry.kind != TRACK:
        return False
    parts = {each.kind: work.data(each) for each in work.elements(entry.content, entry.end)}
    number = int.from_bytes(parts.get(NUMBER, b""))
    if number in work.numbers:
        raise damaged(work.name)  # whose blocks are whose nobody can tell
    work.numbers.add(number)
    if work.track is not None or parts.get(TYPE, b"").lstrip(b"\0") != VIDEO:
        return False
    codec = parts.get(CODEC, b"").rstrip(b"\0")
    if codec not in PLAYED:
        raise other_codec(work.name, codec.decode("latin-1").removeprefix("V_"))
    if ENCODINGS in parts:
        raise other_codec(work.name, "blocks that are packed once more")
    work.track = number
    return True


def _keep_of_cluster(work: _Silencing, element: _Element) -> None:
    if element.kind == SIMPLE_BLOCK:
        (work.keep if _is_of_video(work, element) else work.blank)(element)
    elif element.kind == GROUP:
        _keep_of_group(work, element)
    else:
        work.filter(element, TIMING.get(element.kind, 0))


def _keep_of_group(work: _Silencing, group: _Element) -> None:
    parts = list(work.elements(group.content, group.end))
    blocks = [each for each in parts if each.kind == BLOCK]
    if len(blocks) != 1 or not _is_of_video(work, blocks[0]):
        work.blank(group)
        return
    work.keep_header(group)
    for each in parts:
        if each is blocks[0]:
            work.keep(each)
        else:
            work.filter(each, OF_A_GROUP.get(each.kind, 0))


def _is_of_video(work: _Silencing, block: _Element) -> bool:
    head = work.data(block, 8)
    length = _length(head)
    if length > len(head):
        raise damaged(work.name)
    return int.from_bytes(head[:length]) & ((1 << 7 * length) - 1) == work.track


def _length(coded: bytes) -> int:
    """How many bytes a number of variable length has; 9 where these begin none."""
    return 9 - coded[0].bit_length() if coded else 9
