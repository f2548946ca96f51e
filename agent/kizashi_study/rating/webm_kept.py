"""What of a WebM or Matroska file a player needs (RFC 8794, RFC 9559), element by element.

Whatever is not named here is served as padding: names of tracks, languages, titles, notes, what was
added to blocks, text in an index. Most of what is named is a number, of at most eight bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

Known = int | Mapping[int, "Known"]
"""How many bytes an element may have, or the elements that may be in it."""

HEAD, SEGMENT, VOID = 0x1A45DFA3, 0x18538067, 0xEC
CLUSTER, TRACKS = 0x1F43B675, 0x1654AE6B
_SEEK_HEAD, _INFO, _CUES = 0x114D9B74, 0x1549A966, 0x1C53BB6B
_CHAPTERS, _ATTACHMENTS, _TAGS = 0x1043A770, 0x1941A469, 0x1254C367
TOP = {_SEEK_HEAD, _INFO, TRACKS, _CUES, CLUSTER, _CHAPTERS, _ATTACHMENTS, _TAGS}
"""What ends a cluster that does not say how long it is."""
TRACK, NUMBER, TYPE, CODEC, ENCODINGS = 0xAE, 0xD7, 0x83, 0x86, 0x6D80
VIDEO = b"\x01"
SIMPLE_BLOCK, GROUP, BLOCK = 0xA3, 0xA0, 0xA1


def _numbers(*kinds: int) -> dict[int, Known]:
    return dict.fromkeys(kinds, 8)


OF_THE_HEAD = _numbers(0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4282, 0x4287, 0x4285)
"""Versions and longest sizes, and the kind of document: "webm" or "matroska"."""

KEPT: Mapping[int, Known] = {
    # What is where; what a moment lasts, and the whole; which cluster has which moment.
    _SEEK_HEAD: {0x4DBB: _numbers(0x53AB, 0x53AC)},
    _INFO: _numbers(0x2AD7B1, 0x4489),
    _CUES: {0xBB: {0xB3: 8, 0xB7: _numbers(0xF7, 0xF1, 0xF0, 0xB2, 0x5378)}},
}
"""Of a segment, besides its tracks and clusters."""

_COLOUR = _numbers(
    0x55B1, 0x55B2, 0x55B3, 0x55B4, 0x55B5, 0x55B6, 0x55B7, 0x55B8, 0x55B9, 0x55BA, 0x55BB, 0x55BC,
    0x55BD,
)  # fmt: skip
_PROJECTION = _numbers(0x7671, 0x7673, 0x7674, 0x7675)
"""How the picture is turned."""
_PICTURE: Mapping[int, Known] = {
    # Interlacing; width and height, cropped and as shown; several eyes.
    **_numbers(
        0x9A, 0x9D, 0x53B8, 0xB0, 0xBA, 0x54AA, 0x54BB, 0x54CC, 0x54DD, 0x54B0, 0x54BA, 0x54B2
    ),
    0x55B0: _COLOUR,
    0x7670: _PROJECTION,
}
OF_A_TRACK: Mapping[int, Known] = {
    # Numbers of it; whether it is on, first, forced, laced; what a frame lasts.
    **_numbers(
        NUMBER, 0x73C5, TYPE, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x23E383, 0x234E7A, 0x23314F
    ),
    CODEC: 8,
    0x63A2: 4096,  # how the codec was set up
    0xE0: _PICTURE,
}
TIMING = _numbers(0xE7, 0xA7, 0xAB)
"""Of a cluster: its time, its place, how long the one before was."""
OF_A_GROUP = _numbers(0x9B, 0xFB, 0xFA)
"""Besides the block: how long it lasts, and on which others it builds."""
