"""One video to its table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Protocol

from kizashi_agent.capture import VideoFile
from kizashi_agent.errors import AgentError
from kizashi_agent.extract import table as openface_table
from kizashi_agent.extract.outcome import ClipOutcome, Progress, Status
from kizashi_agent.extract.plan import Job, Verdict, judge, name_taken
from kizashi_agent.extract.record import (
    Record,
    digest_of,
    read_record,
    replacing,
    source_of,
    write_record,
)
from kizashi_agent.frames import Frame
from kizashi_agent.measurement import FrameMeasurement

REPORT_EVERY = 30
"""Frames between two reports: about three a second."""


class Measurer(Protocol):
    """What `Extractor` is, to whoever only hands it frames."""

    extractor_id: str
    mode: str

    def restart(self) -> None:
        """Forgets the recording."""

    def measure(self, frame: Frame) -> FrameMeasurement:
        """What is measured of the next frame."""


def extract_clip(job: Job, measurer: Measurer, report: Callable[[Progress], None]) -> ClipOutcome:
    """Writes the table of one video unless it is there already; a failure is an outcome.

    The table appears in one step when it is whole.
    """
    try:
        with VideoFile(job.video) as frames:
            return _extract(job, frames, measurer, report)
    except AgentError as error:
        return _failed(job, error.reason, error.person)
    except OSError as error:
        fault = error.strerror or type(error).__name__
        person = f"{job.video} gets no table: {fault}. Check the disk and who may write there."
        return _failed(job, "NOT_WRITTEN", person)


def _extract(
    job: Job, frames: VideoFile, measurer: Measurer, report: Callable[[Progress], None]
) -> ClipOutcome:
    source = source_of(job.video)
    record, present = read_record(job.table), digest_of(job.table)
    verdict = judge(source, record, present, measurer.extractor_id, measurer.mode)
    if verdict is Verdict.UNCHANGED:
        return ClipOutcome(job.video, job.table, Status.UNCHANGED)
    if verdict is Verdict.TAKEN:
        return name_taken(job.video, job.table, "there already and not this program's from it")
    with replacing(job.table) as file:
        written = _write_rows(file, job, frames, measurer, report)
        # Before the table takes its place: a table without a record would be taken for somebody
        # else's, while a record without its table is no harm.
        digest = written.digest.hexdigest()
        write_record(job.table, Record(source, measurer.extractor_id, measurer.mode, digest))
    return ClipOutcome(job.video, job.table, Status.EXTRACTED, written.frames, written.with_face)


@dataclass(slots=True)
class _Written:
    """What went into a table so far."""

    digest: Any
    frames: int = 0
    with_face: int = 0


def _write_rows(
    file: IO[str],
    job: Job,
    frames: VideoFile,
    measurer: Measurer,
    report: Callable[[Progress], None],
) -> _Written:
    written = _Written(hashlib.sha256())

    def write(line: str) -> None:
        file.write(line)
        written.digest.update(line.encode())

    write(openface_table.header())
    measurer.restart()
    for frame in frames:
        measurement = measurer.measure(frame)
        write(openface_table.row(measurement))
        written.frames += 1
        written.with_face += measurement.face is not None
        if written.frames % REPORT_EVERY == 0:
            report(Progress(job.video, written.frames, frames.announced_frames))
    return written


def _failed(job: Job, reason: str, person: str) -> ClipOutcome:
    return ClipOutcome(job.video, job.table, Status.FAILED, reason=reason, person=person)
