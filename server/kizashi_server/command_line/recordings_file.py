"""A file of labelled recordings, read once, with the digest of what was read."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from kizashi_models.errors import BadRecordings
from kizashi_models.labelled_recordings import LabelledRecording, read_recordings


@dataclass(frozen=True, slots=True)
class RecordingsFile:
    """What stands in a file.

    Attributes:
        recordings: in the file's order.
        sha256: of its bytes, in lower-case hexadecimal.
    """

    recordings: tuple[LabelledRecording, ...] = field(repr=False)
    sha256: str


def read_recordings_file(path: Path) -> RecordingsFile:
    """Reads a file as `kizashi_models.labelled_recordings` describes it.

    Raises:
        BadRecordings: it is no file, cannot be read, is no text, or has another form.
    """
    if path.exists() and not path.is_file():
        raise BadRecordings(path.name, "it is no file")
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            recordings = read_recordings(_lines(file, digest.update), path.name)
    except OSError as error:
        raise BadRecordings(path.name, f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadRecordings(path.name, "it is not text in UTF-8") from None
    return RecordingsFile(recordings, digest.hexdigest())


def _lines(file: BinaryIO, seen: Callable[[bytes], None]) -> Iterator[str]:
    for line in file:
        seen(line)
        yield line.decode("utf-8")
