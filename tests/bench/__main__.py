"""Costs of the agent, as ratios of one run; prints targets and asserts nothing.

usage: python -m tests.bench [CLIP]

The pipeline's time a frame is set against the time its own networks (its share of the detector, the
face mesh, the head) take inside it, and against the mediapipe package on the same frames, all run
in turn, several rounds: the Face Landmarker task in VIDEO mode, without blendshapes, whose landmark network is
larger than the agent's; and the older FaceMesh solution following the face, whose networks are the
agent's, and which measures no action units. Decoding is timed apart. Milliseconds are those of each
one's fastest round, since whatever else a machine does only adds to them, with the median beside
them; ratios are medians of the rounds' ratios. Resident memory is that of a whole
`kizashi check --local` in a process of its own.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from kizashi_agent.demo import demo_clip
from kizashi_agent.extractor import open_extractor
from kizashi_agent.frames import Frame
from kizashi_models.session import OnnxNetwork

from tests.reference.reference_process import Way, frames_of, is_prepared, run_mediapipe

ROUNDS = 7
WAYS: tuple[Way, ...] = ("task", "following")
Value = TypeVar("Value")
TARGET_MILLISECONDS = 5.0  # 15 % of one core at 30 frames a second
TARGET_MEGABYTES = 250


def main() -> None:
    """Prints every figure."""
    with demo_clip() as bundled, tempfile.TemporaryDirectory() as folder:
        # First, while this process is small: a child's peak is never below its parent's at the fork.
        resident = _resident(bundled)
        clip = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled
        decoding, frames = _timed(lambda: list(frames_of(clip)))
        recording = [Frame(index, index / 30, image) for index, image in enumerate(frames)]
        height, width = frames[0].shape[:2]
        print(
            f"{clip.name}: {len(frames)} frames of {width} x {height}, fastest of {ROUNDS} rounds (median)"
        )
        rounds = [_round(recording, clip, Path(folder)) for _ in range(ROUNDS)]
        pipeline, networks, task, mesh = (
            _milliseconds(each, len(frames)) for each in zip(*rounds, strict=True)
        )
        overhead, to_task, to_mesh = (
            statistics.median(each[0] / each[other] for each in rounds) for other in (1, 2, 3)
        )
        print(f"decoding, apart         {decoding / len(frames) * 1000:6.2f} ms a frame")
        print(f"pipeline                {pipeline}, target: at most {TARGET_MILLISECONDS}")
        print(f"  its networks alone    {networks}")
        print(f"  ratio                 {overhead:6.2f}")
        print(f"mediapipe, VIDEO mode   {task}")
        print(f"  pipeline / mediapipe  {to_task:6.2f}    (target: below 1)")
        print(f"mediapipe's FaceMesh    {mesh}")
        print(f"  pipeline / FaceMesh   {to_mesh:6.2f}")
        print(f"resident, one check     {resident:6.0f} MB (target: below {TARGET_MEGABYTES})")


def _round(recording: list[Frame], clip: Path, folder: Path) -> tuple[float, ...]:
    """Seconds for all frames: pipeline, its networks within it, mediapipe's task, its FaceMesh."""
    extractor = open_extractor()
    within = 0.0
    run = OnnxNetwork.run

    def timed(network: OnnxNetwork, inputs: Mapping[str, Any]) -> list[Any]:
        nonlocal within
        start = time.perf_counter()
        outputs = run(network, inputs)
        within += time.perf_counter() - start
        return outputs

    OnnxNetwork.run = timed  # type: ignore[assignment, method-assign]
    try:
        whole, _ = _timed(lambda: [extractor.measure(frame) for frame in recording])
    finally:
        OnnxNetwork.run = run  # type: ignore[method-assign]
    task, mesh = (run_mediapipe(clip, way, folder) for way in WAYS)
    return whole, within, float(task.seconds.sum()), float(mesh.seconds.sum())


def _milliseconds(seconds: tuple[float, ...], frames: int) -> str:
    fastest, median = (each / frames * 1000 for each in (min(seconds), statistics.median(seconds)))
    return f"{fastest:6.2f} ms a frame ({median:.2f})"


def _timed(work: Callable[[], Value]) -> tuple[float, Value]:
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value


def _resident(clip: Path) -> float:
    """Largest resident memory of a check, in MB."""
    words = ["check", "--video", str(clip), "--local", "--consent", "score", "--adult", "--json"]
    command = [sys.executable, "-m", "kizashi_agent.cli", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"the check failed with exit code {process.returncode}")
    return usage.ru_maxrss / 1024


if __name__ == "__main__":
    if not is_prepared():
        raise SystemExit("run tests/reference/prepare.sh first; make bench does")
    main()
