"""Which table each video gets, and which are there already: decided before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kizashi_agent.extract.outcome import ClipOutcome, Status
from kizashi_agent.extract.record import Recipe, Record, Source


@dataclass(frozen=True, slots=True)
class Job:
    """A video and the table it gets."""

    video: Path
    table: Path


class Verdict(StrEnum):
    """What is to be done about a job."""

    MEASURE = "measure"
    UNCHANGED = "unchanged"
    TAKEN = "taken"


def plan(videos: Iterable[Path], out: Path) -> tuple[list[Job], list[ClipOutcome]]:
    """Jobs with a table of their own each, and failures of those whose table is another's.

    A table is named after its video's stem. Of several videos with one stem the first gets it;
    the others fail, for a table must not stand for a video that it was not made of. Stems that
    differ only in case count as one, as they are on many file systems.
    """
    jobs: dict[str, Job] = {}
    refused: dict[Path, ClipOutcome] = {}
    for video in videos:
        table = out / f"{video.stem}.csv"
        first = jobs.setdefault(table.name.casefold(), Job(video, table))
        if first.video.resolve() != video.resolve():
            refused[video.resolve()] = name_taken(video, table, f"that of {first.video}")
    return list(jobs.values()), list(refused.values())


def longest_first(jobs: Iterable[Job]) -> list[Job]:
    """Jobs by the size of their videos, the largest first.

    A long recording begun last would keep one process at work while the others have nothing left.
    Size stands for length, for it is known without opening a file.
    """

    def size(job: Job) -> int:
        try:
            return job.video.stat().st_size
        except OSError:
            return 0

    return sorted(jobs, key=size, reverse=True)


def judge(
    source: Source, recipe: Recipe, record: Record | None, table_sha256: str | None
) -> Verdict:
    """What is to be done about a video, given what stands at its table's place.

    A table that was not made here, or that was changed since, is nobody's to overwrite.

    Args:
        source: the video as it is now.
        recipe: how its table would be made.
        record: of the table; None if there is none.
        table_sha256: of the table as it is now; None if there is none.
    """
    if table_sha256 is None:
        return Verdict.MEASURE
    if record is None or table_sha256 not in (record.table_sha256, record.former_sha256):
        return Verdict.TAKEN
    if source.same_content(record.source):
        whole = table_sha256 == record.table_sha256 and recipe == record.recipe
        return Verdict.UNCHANGED if whole else Verdict.MEASURE
    same_place = source.path_sha256 == record.source.path_sha256
    return Verdict.MEASURE if same_place else Verdict.TAKEN


def name_taken(video: Path, table: Path, whose: str) -> ClipOutcome:
    """The failure of a video whose table's name is taken."""
    return ClipOutcome(
        video,
        table,
        Status.FAILED,
        reason="NAME_TAKEN",
        person=f"No table: {table.name} is {whose}. Give it another --out folder.",
    )
