"""Which clips a browser can be shown, and what of each."""

from pathlib import Path

from kizashi_study.errors import NotPlayable
from kizashi_study.rating.silent_clip import CONVERT, SilentClip
from kizashi_study.rating.silent_mp4 import silence_mp4
from kizashi_study.rating.silent_webm import silence_webm

_MATROSKA = b"\x1a\x45\xdf\xa3"
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def silent_clip(path: Path) -> SilentClip:
    """The clip as it is served; see `silent_clip`.

    Raises:
        NotPlayable: no browser plays it, or its sound cannot be told from its picture.
    """
    try:
        state = path.stat()
        size, modified = state.st_size, state.st_mtime_ns
        with path.open("rb") as file:
            first = file.read(8)
            if first.startswith(_MATROSKA):
                return SilentClip(path, size, modified, silence_webm(file, size, path.name))
            if first[4:] in _FIRST_BOXES:
                return SilentClip(path, size, modified, silence_mp4(file, size, path.name))
    except OSError as error:
        raise NotPlayable(path.name, f"it cannot be read ({error.strerror}).") from None
    raise NotPlayable(
        path.name, f"browsers play MP4, MOV and WebM, and this is none of them. {CONVERT}"
    )
