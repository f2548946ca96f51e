"""What a second job brings to `kizashi extract`, as a ratio of one run; asserts nothing.

usage: python -m tests.bench.extract [VIDEO ...]

The archive is the videos given, or twelve copies of the bundled clip. Each round runs the command
as a person types it, with one job and with two, into new folders; start-up is part of the time.
Beside it stands the ceiling that the machine itself sets at the same minute: what two processes
get done that only measure frames held in memory, over what one gets done. Two cores that share a
cache, a clock or an owner are seldom worth two. On a machine that does other work meanwhile, both
ratios are low.

Processor time a frame shows what the jobs cost each other without the other work on the machine.
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
    """Seconds on the clock and seconds of processors."""

    clock: float
    processor: float


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
        print(f"--jobs {jobs}   {clock:6.2f} ms a frame, {processor:6.2f} ms of processors")
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
    begun, before = time.perf_counter(), os.times()
    subprocess.run(
        [*command, "--out", str(out), "--jobs", str(jobs)], check=True, stderr=subprocess.DEVNULL
    )
    after = os.times()
    used = after.children_user + after.children_system
    return Spent(time.perf_counter() - begun, used - before.children_user - before.children_system)


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
