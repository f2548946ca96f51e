"""Clips measured in several processes at once.

A process that goes down, as at a fault in a decoder, takes its whole pool with it: whatever was in
hand then is measured again, each clip alone, and the one that does it again has failed. When this
process goes, however it goes, the others end too.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event

from kizashi_agent.extract.clip import Manner, Measurer, Report, extract_clip
from kizashi_agent.extract.outcome import ClipOutcome, Progress, Status
from kizashi_agent.extract.plan import Job

_LISTEN = 0.2
"""Seconds between two looks at what the processes report."""

_IN_HAND = 2
"""Clips a process: one being measured and one so that it need not wait for the next."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """How each clip is measured, whichever process does it.

    Attributes:
        open_measurer: opens an extractor; each process calls it.
        manner: with functions of a module, for each process imports them.
    """

    open_measurer: Callable[[], Measurer]
    manner: Manner


def in_processes(
    work: Sequence[Job], processes: int, measuring: Measuring, report: Report
) -> Generator[ClipOutcome, None, None]:
    """How each clip ended, as it ends; they begin in the order given.

    Args:
        work: what is to be measured.
        processes: how many at once, 1 or more; never more than there are clips or cores.
        measuring: with a function of a module, for each process imports it.
        report: hears how each clip comes on, in this process.
    """
    left = deque(work)
    most = min(processes, len(work), _cores())
    while left:
        for job in (yield from _in_pool(left, most, measuring, report)):
            if (yield from _in_pool(deque([job]), 1, measuring, report)):
                yield _ended(job)


def _cores() -> int:
    """How many of the machine's cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _in_pool(
    left: deque[Job], processes: int, measuring: Measuring, report: Report
) -> Generator[ClipOutcome, None, list[Job]]:
    """Takes jobs from those left until none are, or a process goes down.

    Returns:
        the jobs in hand when it went down.
    """
    # Spawned, not forked: onnxruntime's and OpenCV's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    messages: Queue[Progress] = context.Queue()
    stop = context.Event()
    lost: list[Job] = []
    in_hand: dict[Future[ClipOutcome], Job] = {}
    with ProcessPoolExecutor(processes, context, _start, (measuring, messages, stop)) as pool:
        try:
            while in_hand or (left and not lost):
                while left and not lost and len(in_hand) < _IN_HAND * processes:
                    _submit(pool, left.popleft(), in_hand, lost)
                done, _ = wait(in_hand, timeout=_LISTEN, return_when=FIRST_COMPLETED)
                _pass_on(messages, {job.video for job in in_hand.values()}, report)
                for future in done:
                    job = in_hand.pop(future)
                    try:
                        outcome = future.result()
                    except BrokenProcessPool:
                        lost.append(job)
                    else:
                        yield outcome
        finally:
            # Only after an error or Ctrl-C is anything left to stop.
            stop.set()
            pool.shutdown(cancel_futures=True)
    return lost


def _submit(
    pool: ProcessPoolExecutor, job: Job, in_hand: dict[Future[ClipOutcome], Job], lost: list[Job]
) -> None:
    try:
        in_hand[pool.submit(_work, job)] = job
    except BrokenProcessPool:
        lost.append(job)


def _pass_on(messages: Queue[Progress], videos: set[object], report: Report) -> None:
    """Reports what came in, but of clips in hand alone: some comes after a clip's end."""
    with contextlib.suppress(queue.Empty):
        while True:
            progress = messages.get_nowait()
            if progress.video in videos:
                report(progress)


def _ended(job: Job) -> ClipOutcome:
    return ClipOutcome(
        job.video,
        job.table,
        Status.FAILED,
        reason="PROCESS_ENDED",
        person="No table: the process at it ended, twice. There may be too little memory, or the "
        "file is damaged: play it in a video player, or convert it.",
    )


class _Stopped(Exception):
    """The run is over, and this clip with it."""


class _Worker:
    """What a process keeps between clips."""

    measurer: Measurer
    manner: Manner
    messages: Queue[Progress]
    stop: Event

    def report(self, progress: Progress) -> None:
        if self.stop.is_set():
            raise _Stopped
        self.messages.put(progress)


_worker = _Worker()


def _start(measuring: Measuring, messages: Queue[Progress], stop: Event) -> None:
    # Ctrl-C reaches all processes; the first one tells the others by `stop`.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    messages.cancel_join_thread()
    _worker.measurer, _worker.manner = measuring.open_measurer(), measuring.manner
    _worker.messages, _worker.stop = messages, stop


def _end_with_parent() -> None:
    """Ends this process when its parent has: one that was killed can tell nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(job: Job) -> ClipOutcome:
    return extract_clip(job, _worker.measurer, _worker.manner, _worker.report)
