"""Which clips a browser can be shown, and what of each."""

import os
from collections.abc import Mapping
from pathlib import Path

from kizashi_study.errors import NotPlayable
from kizashi_study.rating.silent_clip import FileState, SilentClip
from kizashi_study.rating.silent_mp4 import silence_mp4
from kizashi_study.rating.silent_webm import silence_webm

_MATROSKA = b"\x1a\x45\xdf\xa3"
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def silent_clip(path: Path) -> SilentClip:
    """The clip as it is served; see the module `silent_clip`.

    Raises:
        NotPlayable: no browser plays it, or its sound cannot be told from its picture.
    """
    try:
        with path.open("rb") as file:
            state = FileState.of(os.fstat(file.fileno()))
            first = file.read(8)
            if first.startswith(_MATROSKA):
                return SilentClip(path, state, silence_webm(file, state.size, path.name))
            if first[4:] in _FIRST_BOXES:
                return SilentClip(path, state, silence_mp4(file, state.size, path.name))
    except OSError as error:
        raise NotPlayable({path.name: f"it cannot be read ({error.strerror})"}) from None
    raise NotPlayable({path.name: "browsers play MP4, MOV and WebM, and this is none of them"})


def silent_clips(paths: Mapping[str, Path]) -> tuple[dict[str, SilentClip], dict[str, str]]:
    """The clips as they are served, by the same names; and why others are not, by file name."""
    clips: dict[str, SilentClip] = {}
    reasons: dict[str, str] = {}
    for name, path in paths.items():
        try:
            clips[name] = silent_clip(path)
        except NotPlayable as error:
            reasons |= error.reasons
    return clips, reasons
