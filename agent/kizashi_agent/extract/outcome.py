"""What came of an extraction, clip by clip."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kizashi_agent.errors import InputError
from kizashi_agent.segments import Neutral


class Status(StrEnum):
    """How one clip ended."""

    EXTRACTED = "extracted"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """How one clip ended.

    Attributes:
        video: as it was given.
        table: where its table is, or would have been.
        status: unchanged means that the table was there already, made of the same video by the
            same extractor with the same neutral part.
        frames: rows of the table; 0 where this run wrote none.
        frames_with_face: of them.
        reason: machine-readable; empty unless it failed.
        person: what happened and what to do next; empty unless it failed.
    """

    video: Path
    table: Path
    status: Status
    frames: int = 0
    frames_with_face: int = 0
    reason: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class ExtractOutcome:
    """How all clips ended, in the order given.

    Attributes:
        clips: one entry for each video; a video given twice has one.
        extractor_id: who measured.
        mode: how intensities relate to the person; see `Extractor`.
        neutral: the part that columns above neutral are relative to; None if there are none.
    """

    clips: tuple[ClipOutcome, ...]
    extractor_id: str
    mode: str
    neutral: Neutral

    def count(self, status: Status) -> int:
        """How many clips ended so."""
        return Counter(clip.status for clip in self.clips)[status]

    @property
    def exit_code(self) -> int:
        """0 where every clip has its table; otherwise that of `InputError`."""
        return InputError.exit_code if self.count(Status.FAILED) else 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a clip stands: told now and then while it is measured, and once at its end.

    Attributes:
        video: as it was given.
        frames: measured so far.
        announced: how many the file announces; None if it does not say.
        outcome: at the end; None before.
    """

    video: Path
    frames: int
    announced: int | None
    outcome: ClipOutcome | None = None
