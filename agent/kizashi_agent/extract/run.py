"""Many videos, in this process or in several."""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import cv2

from kizashi_agent.errors import InputError
from kizashi_agent.extract.clip import Measurer, extract_clip
from kizashi_agent.extract.outcome import ClipOutcome, ExtractOutcome, Progress, Status
from kizashi_agent.extract.plan import Job, plan
from kizashi_agent.extract.record import discard_abandoned
from kizashi_agent.extractor import open_extractor

Report = Callable[[Progress], None]

_LISTEN = 0.2
"""Seconds between two looks at what the processes report."""


def run_extract(videos: Sequence[Path], out: Path, jobs: int, report: Report) -> ExtractOutcome:
    """`extract` with the packaged extractor, after clearing away what killed runs left."""
    discard_abandoned(out, time.time())
    return extract(videos, out, jobs, report, open_extractor)


def extract(
    videos: Sequence[Path],
    out: Path,
    jobs: int,
    report: Report,
    open_measurer: Callable[[], Measurer],
) -> ExtractOutcome:
    """Writes one OpenFace-shaped table a video; goes on after a video that fails.

    Tables that are there already, made of the same video by the same extractor, stay; so a run
    that was interrupted goes on where it stopped.

    Args:
        videos: files; a video's table is named after its stem.
        out: folder of the tables, made if need be.
        jobs: processes to use, 1 or more.
        report: hears how each clip comes on, in this process.
        open_measurer: opens an extractor; a function of a module when jobs is above 1, for each
            process calls it.

    Raises:
        InputError: OUT_NOT_WRITABLE.
        ModelError: a model is missing, damaged, or cannot be used.
    """
    _make_folder(out)
    work, ends = plan(videos, out)
    # Opened here even when other processes measure: a damaged model is one error, not one a clip.
    measurer = open_measurer()

    def end(outcome: ClipOutcome) -> None:
        ends.append(outcome)
        report(Progress(outcome.video, outcome.frames, outcome.frames, outcome))

    for refused in tuple(ends):
        report(Progress(refused.video, 0, None, refused))
    if jobs > 1 and len(work) > 1:
        _in_processes(work, jobs, open_measurer, report, end)
    else:
        for job in work:
            end(extract_clip(job, measurer, report))
    places = {video.resolve(): place for place, video in reversed(list(enumerate(videos)))}
    ends.sort(key=lambda outcome: places[outcome.video.resolve()])
    return ExtractOutcome(tuple(ends), measurer.extractor_id, measurer.mode)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"output folder cannot be used: {error.strerror}",
            f"The folder {out} cannot be used ({error.strerror}). Give another --out.",
            reason="OUT_NOT_WRITABLE",
        ) from None


def _in_processes(
    work: Sequence[Job],
    jobs: int,
    open_measurer: Callable[[], Measurer],
    report: Report,
    end: Callable[[ClipOutcome], None],
) -> None:
    # Spawned, not forked: onnxruntime's and OpenCV's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    messages: Queue[Progress] = context.Queue()
    stop = context.Event()
    start = (open_measurer, messages, stop)
    with ProcessPoolExecutor(min(jobs, len(work)), context, _start, start) as pool:
        waiting = {pool.submit(_work, job): job for job in work}
        try:
            while waiting:
                done, _ = wait(waiting, timeout=_LISTEN, return_when=FIRST_COMPLETED)
                with contextlib.suppress(queue.Empty):
                    while True:
                        report(messages.get_nowait())
                for future in done:
                    end(_outcome(future, waiting.pop(future)))
        finally:
            # Only after an error or Ctrl-C is anything left to stop.
            stop.set()
            pool.shutdown(cancel_futures=True)


def _outcome(future: Future[ClipOutcome], job: Job) -> ClipOutcome:
    try:
        return future.result()
    except BrokenProcessPool:
        person = f"{job.video} gets no table: the process at it ended. Try again with --jobs 1."
        return ClipOutcome(
            job.video, job.table, Status.FAILED, reason="PROCESS_ENDED", person=person
        )


class _Stopped(Exception):
    """The run is over, and this clip with it."""


class _Worker:
    """What a process keeps between clips."""

    measurer: Measurer
    messages: Queue[Progress]
    stop: Event

    def report(self, progress: Progress) -> None:
        if self.stop.is_set():
            raise _Stopped
        self.messages.put(progress)


_worker = _Worker()


def _start(open_measurer: Callable[[], Measurer], messages: Queue[Progress], stop: Event) -> None:
    # Ctrl-C reaches all processes; the first one tells the others by `stop`.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    messages.cancel_join_thread()
    cv2.setNumThreads(1)
    _worker.measurer, _worker.messages, _worker.stop = open_measurer(), messages, stop


def _work(job: Job) -> ClipOutcome:
    return extract_clip(job, _worker.measurer, _worker.report)
