"""What of a video track's description a player needs, field by field (ISO/IEC 14496-12, 8 and 12).

Everything else in it is served as zeros, and boxes that are not named here as padding: when a clip
was taken (a group may have been recorded in a week of its own), what its handler or encoder is
called, the path it once had, a profile of the camera's colours, notes of any maker.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kizashi_study.rating.mp4_boxes import Box, Boxes

_Keep = Callable[[Boxes, Box], None]
_Parts = tuple[tuple[int, int], ...]

_UNDETERMINED = b"\x55\xc4"
"""The language "und"."""


def keep_movie_header(work: Boxes, box: Box) -> None:
    """Keeps how fast the film's clock goes, how long it lasts and how it is turned."""
    _keep_fields(
        ((0, 4), (12, 26), (36, 72), (96, 100)), ((0, 4), (20, 38), (48, 84), (108, 112)), work, box
    )


def keep_track(work: Boxes, track: Box) -> None:
    """Keeps what a player needs of a video track."""
    _keep_boxes(_OF_A_TRACK, work, track)


def _keep_boxes(known: dict[bytes, _Keep], work: Boxes, box: Box) -> None:
    """Of the boxes in a box, those that are known."""
    work.keep_header(box)
    for each in work.within(box.content, box.end):
        known.get(each.kind, Boxes.blank)(work, each)


def _keep_fields(narrow: _Parts, wide: _Parts, work: Boxes, box: Box) -> None:
    """Version 1 has wider times and durations than 0."""
    work.keep(box, *(wide if work.number(box, 0, 1) == 1 else narrow))


def _keep_media_header(work: Boxes, box: Box) -> None:
    _keep_fields(((0, 4), (12, 20)), ((0, 4), (20, 32)), work, box)
    work.put(box, 32 if work.number(box, 0, 1) == 1 else 20, _UNDETERMINED)


def _keep_handler(work: Boxes, box: Box) -> None:
    # QuickTime says which kind of handler it is; nobody else has anything there.
    known = work.read(box.content + 4, box.content + 8) in {b"mhlr", b"dhlr"}
    work.keep(box, *(((0, 12),) if known else ((0, 4), (8, 12))))


def _keep_rows(size: int, work: Boxes, box: Box) -> None:
    work.keep(box, (0, 8 + size * work.number(box, 4, 4)))


def _keep_edits(work: Boxes, box: Box) -> None:
    _keep_rows(20 if work.number(box, 0, 1) == 1 else 12, work, box)


def _keep_sizes(work: Boxes, box: Box) -> None:
    rows = 0 if work.number(box, 4, 4) else work.number(box, 8, 4)
    work.keep(box, (0, 12 + 4 * rows))


def _keep_place(work: Boxes, box: Box) -> None:
    """Says of each place of data that it is this file; a name of it may lie there."""
    work.keep(box, (0, 8))
    for each in work.within(box.content + 8, box.end):
        work.keep_header(each)
        work.written.append((each.start + 4, b"url "))
        work.put(each, 0, b"\0\0\0\1")


def _keep_sample_entries(work: Boxes, box: Box) -> None:
    work.keep(box, (0, 8))
    for each in work.within(box.content + 8, box.end):
        # Which place of data; width, height and resolution; frames a sample; depth.
        work.keep(each, (6, 8), (24, 36), (40, 42), (74, 78))
        for part in work.within(each.content + 78, each.end):
            _OF_A_SAMPLE_ENTRY.get(part.kind, Boxes.blank)(work, part)


def _keep_colour(work: Boxes, box: Box) -> None:
    if work.read(box.content, box.content + 4) in {b"nclx", b"nclc"}:
        work.keep(box, (0, 11))
    else:
        work.blank(box)  # a profile, which has names in it


_OF_A_SAMPLE_ENTRY: dict[bytes, _Keep] = {
    b"avcC": Boxes.keep,
    b"vpcC": Boxes.keep,
    b"av1C": Boxes.keep,
    b"colr": _keep_colour,
    b"pasp": lambda work, box: work.keep(box, (0, 8)),
    b"clap": lambda work, box: work.keep(box, (0, 32)),
}
_TABLES: dict[bytes, _Keep] = {
    b"stsd": _keep_sample_entries,
    b"stsz": _keep_sizes,
    b"stts": partial(_keep_rows, 8),
    b"ctts": partial(_keep_rows, 8),
    b"cslg": partial(_keep_fields, ((0, 24),), ((0, 44),)),
    b"stss": partial(_keep_rows, 4),
    b"stsc": partial(_keep_rows, 12),
    b"stco": partial(_keep_rows, 4),
    b"co64": partial(_keep_rows, 8),
}
_OF_MEDIA_INFORMATION: dict[bytes, _Keep] = {
    b"vmhd": lambda work, box: work.keep(box, (0, 12)),
    b"hdlr": _keep_handler,  # QuickTime's, of where the data lie
    b"dinf": partial(_keep_boxes, {b"dref": _keep_place}),
    b"stbl": partial(_keep_boxes, _TABLES),
}
_OF_MEDIA: dict[bytes, _Keep] = {
    b"mdhd": _keep_media_header,
    b"hdlr": _keep_handler,
    b"minf": partial(_keep_boxes, _OF_MEDIA_INFORMATION),
}
_OF_A_TRACK: dict[bytes, _Keep] = {
    b"tkhd": partial(
        _keep_fields,
        ((0, 4), (12, 16), (20, 24), (32, 36), (40, 84)),
        ((0, 4), (20, 24), (28, 36), (44, 48), (52, 96)),
    ),
    b"edts": partial(_keep_boxes, {b"elst": _keep_edits}),
    b"mdia": partial(_keep_boxes, _OF_MEDIA),
}
