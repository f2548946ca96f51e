"""One video to its table."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kizashi_agent.capture import VideoFile
from kizashi_agent.errors import AgentError
from kizashi_agent.extract.beside import Observe, Observer, read_beside, write_beside
from kizashi_agent.extract.lines import lines_with_neutral, static_lines
from kizashi_agent.extract.outcome import ClipOutcome, Progress, Status
from kizashi_agent.extract.plan import Job, Verdict, judge, name_taken
from kizashi_agent.extract.record import (
    Recipe,
    Record,
    digest_of,
    read_record,
    replacing,
    source_of,
    write_record,
)
from kizashi_agent.frames import Frame
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.segments import Neutral

REPORT_EVERY = 30
"""Frames between two reports: a few a second."""

Report = Callable[[Progress], None]


class Measurer(Protocol):
    """What `Extractor` is, to whoever only hands it frames."""

    extractor_id: str
    mode: str

    def restart(self) -> None:
        """Forgets the recording."""

    def measure(self, frame: Frame) -> FrameMeasurement:
        """What is measured of the next frame."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How each clip is measured.

    Attributes:
        neutral: where in each the face is at rest, if columns above neutral are asked for.
        observe: begins what else is made in the same pass; None if nothing is.
    """

    neutral: Neutral
    observe: Observe | None = None


def extract_clip(job: Job, measurer: Measurer, manner: Manner, report: Report) -> ClipOutcome:
    """Writes the table of one video unless it is there already; a failure is an outcome.

    The table appears in one step when it is whole, after what is made beside it.
    """
    try:
        with VideoFile(job.video) as video:
            return _extract(job, video, measurer, manner, report)
    except AgentError as error:
        return _failed(job, error.reason, error.person)
    except OSError as error:
        fault = error.strerror or type(error).__name__
        person = f"No table: {fault}. Check the disk and who may write to {job.table.parent}."
        return _failed(job, "NOT_WRITTEN", person)


def _extract(
    job: Job, video: VideoFile, measurer: Measurer, manner: Manner, report: Report
) -> ClipOutcome:
    source = source_of(job.video)
    recipe = Recipe(measurer.extractor_id, measurer.mode, manner.neutral)
    present = digest_of(job.table)
    verdict = judge(source, recipe, read_record(job.table), present)
    whole = manner.observe is None or read_beside(job.table) is not None
    if verdict is Verdict.UNCHANGED and whole:
        return ClipOutcome(job.video, job.table, Status.UNCHANGED)
    if verdict is Verdict.TAKEN:
        return name_taken(job.video, job.table, "there already and not this program's from it")
    observer = None if manner.observe is None else manner.observe(recipe)
    measured = _Measured(job.video, video.announced_frames, measurer, report, observer)
    digest = hashlib.sha256()
    with (
        replacing(job.table) as file,
        _lines(measured.of(video), recipe, job.table.parent) as lines,
    ):
        for line in lines:
            file.write(line)
            digest.update(line.encode())
        if observer is not None:
            write_beside(job.table, digest.hexdigest(), observer.made())
        # Before the table takes its place: a table without a record would be taken for somebody
        # else's, while a record without its table is no harm.
        write_record(job.table, Record(source, recipe, digest.hexdigest(), present))
    return ClipOutcome(
        job.video, job.table, Status.EXTRACTED, measured.frames, measured.frames_with_face
    )


@contextmanager
def _lines(
    measurements: Iterable[FrameMeasurement], recipe: Recipe, folder: Path
) -> Iterator[Iterator[str]]:
    """The lines of a table; a file without a name in the folder holds those that must wait."""
    if recipe.neutral is None:
        yield static_lines(measurements, recipe.mode)
        return
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=folder) as waiting:
        yield lines_with_neutral(measurements, recipe.mode, recipe.neutral, waiting)


@dataclass(slots=True)
class _Measured:
    """Measures a video's frames, counts and reports them, and lets the observer hear."""

    video: Path
    announced: int | None
    measurer: Measurer
    report: Report
    observer: Observer | None
    frames: int = 0
    frames_with_face: int = 0

    def of(self, frames: Iterable[Frame]) -> Iterator[FrameMeasurement]:
        """The measurement of each frame in turn."""
        self.measurer.restart()
        for frame in frames:
            measurement = self.measurer.measure(frame)
            self.frames += 1
            self.frames_with_face += measurement.face is not None
            if self.frames % REPORT_EVERY == 0:
                self.report(Progress(self.video, self.frames, self.announced))
            if self.observer is not None:
                self.observer.hear(measurement)
            yield measurement


def _failed(job: Job, reason: str, person: str) -> ClipOutcome:
    return ClipOutcome(job.video, job.table, Status.FAILED, reason=reason, person=person)
