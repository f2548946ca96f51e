"""What a second job brings to `kizashi extract`, as a ratio of one run; asserts nothing.

usage: python -m tests.bench.extract [VIDEO ...]

The archive is the videos given, or twelve copies of the bundled clip. Each round runs the command
as a person types it, with one job and with two, into new folders; start-up is part of the time.
Beside it stands the ceiling that the machine itself sets at the same minute: what two processes
get done that only measure frames held in memory, over what one gets done. Two cores that share a
cache, a clock or an owner are seldom worth two. How much of the processors other work had in a
round is printed: a ratio from a machine that was busy says nothing.

Processor time a frame shows what the jobs cost each other.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip
from kizashi_agent.extractor import open_extractor

ROUNDS = 3
COPIES = 12
TARGET = 1.8
HELD_FRAMES = 150
"""For the ceiling: held in memory, measured again and again."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run took.

    Attributes:
        clock: seconds.
        processor: seconds of all processors.
        others: share of all processors that went to other work meanwhile, 0-1.
    """

    clock: float
    processor: float
    others: float


def main(given: list[Path]) -> None:
    """Prints every figure."""
    with tempfile.TemporaryDirectory() as name, demo_clip() as bundled:
        folder = Path(name)
        videos = given or [
            Path(shutil.copy(bundled, folder / f"copy-{number:02}{bundled.suffix}"))
            for number in range(COPIES)
        ]
        frames = sum(_frames(video) for video in videos)
        print(f"{len(videos)} recordings, {frames} frames; median of {ROUNDS} rounds")
        rounds = [_round(videos, folder / str(number)) for number in range(ROUNDS)]
        ceiling = statistics.median(_ceiling(bundled) for _ in range(ROUNDS))
    for jobs, column in ((1, 0), (2, 1)):
        spent = [each[column] for each in rounds]
        clock = statistics.median(each.clock for each in spent) / frames * 1000
        processor = statistics.median(each.processor for each in spent) / frames * 1000
        others = max(each.others for each in spent)
        print(
            f"--jobs {jobs}   {clock:6.2f} ms a frame, {processor:6.2f} ms of processors; other work "
            f"had at most {others:.0%} of them"
        )
    faster = statistics.median(one.clock / two.clock for one, two in rounds)
    print(f"--jobs 2 is {faster:.2f} times as fast (target: {TARGET} or more)")
    print(f"two processes that only measure get {ceiling:.2f} times as much done as one")


def _frames(video: Path) -> int:
    with VideoFile(video) as frames:
        return sum(1 for _ in frames)


def _round(videos: list[Path], folder: Path) -> tuple[Spent, Spent]:
    one, two = (_spent(videos, folder / str(jobs), jobs) for jobs in (1, 2))
    return one, two


def _spent(videos: list[Path], out: Path, jobs: int) -> Spent:
    command = [sys.executable, "-m", "kizashi_agent.cli", "extract", *map(str, videos)]
    begun, busy, used = time.perf_counter(), _busy(), _used()
    subprocess.run(
        [*command, "--out", str(out), "--jobs", str(jobs)], check=True, stderr=subprocess.DEVNULL
    )
    clock, processor = time.perf_counter() - begun, _used() - used
    others = (_busy() - busy - processor) / (clock * (os.cpu_count() or 1))
    return Spent(clock, processor, max(others, 0.0))


def _used() -> float:
    """Seconds of processors that programs started here have taken and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _busy() -> float:
    """Seconds that all processors were at work since the machine started (Linux, proc(5))."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def _ceiling(clip: Path) -> float:
    """How much more two processes measure than one."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        list(pool.map(_measure, [clip] * 2))  # starts both
        alone = pool.submit(_measure, clip).result()
        together = sum(pool.map(_measure, [clip] * 2))
    return together / alone


def _measure(clip: Path) -> float:
    """Frames a second of an extractor that has its frames in memory."""
    extractor = open_extractor()
    with VideoFile(clip) as video:
        held = [frame for frame, _ in zip(video, range(HELD_FRAMES), strict=False)]
    begun = time.perf_counter()
    for _ in range(3):
        extractor.restart()
        for frame in held:
            extractor.measure(frame)
    return 3 * len(held) / (time.perf_counter() - begun)


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
