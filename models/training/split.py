"""Which persons a head may be fitted on, and which never.

Twelve persons were set aside by seed before anything was fitted. They take no part in fitting,
in choosing between heads, or in the packaged norms; they are scored once, when the head is final.
The other persons make five folds, no person in two of them.

The order of persons comes from SHA-256 over seed and name, so that it depends on no library's
random numbers and on no order of files.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from subjects import read_subjects
from tables import TableError

SET_ASIDE_SEED = 20250815
SET_ASIDE_PERSONS = 12
FOLD_SEED = 1
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Clip:
    """One line of a manifest.

    Attributes:
        file: name of the video.
        person: who is in it; the same name in each clip of one person.
        frames: how many frames the manifest announces.
    """

    file: str
    person: str
    frames: int

    @property
    def stem(self) -> str:
        """The file's name without its suffix: the name of its table."""
        return Path(self.file).stem


def read_manifest(path: Path) -> tuple[Clip, ...]:
    """The clips of a tab-separated manifest with columns `file`, `person` and `frames`.

    Raises:
        TableError: as `read_subjects`, or the frames of a clip are no number.
    """
    subjects = read_subjects(path)
    with path.open(newline="", encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    try:
        return tuple(
            Clip(row["file"], subjects[Path(row["file"]).stem].person, int(row["frames"]))
            for row in rows
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TableError(f"{path}: does not say how many frames each file has") from error


def set_aside(clips: Sequence[Clip], count: int = SET_ASIDE_PERSONS) -> frozenset[str]:
    """The persons no fit may see."""
    return frozenset(_shuffled({clip.person for clip in clips}, SET_ASIDE_SEED)[:count])


def usable(clips: Sequence[Clip], count: int = SET_ASIDE_PERSONS) -> tuple[Clip, ...]:
    """The clips of everybody who is not set aside."""
    excluded = set_aside(clips, count)
    return tuple(clip for clip in clips if clip.person not in excluded)


def folds(clips: Sequence[Clip], count: int = FOLDS, seed: int = FOLD_SEED) -> dict[str, int]:
    """Person to fold, 0 to count - 1: folds have about as many frames each.

    Persons are taken longest first, those within a factor of two of each other in shuffled order,
    and each goes to the fold that has the fewest frames so far.

    Raises:
        TableError: there are fewer persons than folds.
    """
    frames: defaultdict[str, int] = defaultdict(int)
    for clip in clips:
        frames[clip.person] += clip.frames
    if len(frames) < count:
        raise TableError(
            f"the clips to fit on show {len(frames)} persons; {count} are needed, set aside apart"
        )
    shuffled = _shuffled(frames, seed)
    by_length = sorted(shuffled, key=lambda person: -frames[person].bit_length())
    filled = [0] * count
    fold_of: dict[str, int] = {}
    for person in by_length:
        fold = filled.index(min(filled))
        filled[fold] += frames[person]
        fold_of[person] = fold
    return fold_of


def _shuffled(persons: set[str] | Mapping[str, int], seed: int) -> list[str]:
    return sorted(persons, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
