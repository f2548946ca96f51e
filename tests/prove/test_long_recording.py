"""Memory does not grow with the length of a recording: an hour, read, written and reported.

The packaged extractor takes too long for an hour of every run; it measures three minutes of the
bundled clip, over and over. The hour is measured by a stand-in, with everything else as it is.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip

pytestmark = pytest.mark.proof

RATE = 30
HOUR = 3600 * RATE
GROWTH = 6.0
"""MB more at the end than after the first minute: what an allocator may do, and far below what
108,000 measurements would take."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run took, in MB."""

    frames: int
    minute: float
    end: float


def extracted(video: Path, out: Path, *words: str) -> Memory:
    """Extracts in a process of its own."""
    command = [sys.executable, "-m", "tests.prove.long_extraction", str(video), str(out), *words]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    memory = Memory(found["frames"], found["minute"] / 1024, found["end"] / 1024)
    print(
        f"\n{' '.join(words)}: {memory.frames} frames, at most {memory.minute:.1f} MB after the "
        f"first minute, {memory.end:.1f} MB at the end"
    )
    return memory


def write_plain(path: Path, frames: int) -> Path:
    """A small recording whose brightness changes slowly; now and then there is no face."""
    size = (64, 48)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), float(RATE), size)
    for at in range(frames):
        writer.write(np.full((size[1], size[0], 3), at // 15 % 240, np.uint8))
    writer.release()
    return path


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour at 30 frames a second."""
    return write_plain(tmp_path_factory.mktemp("hour") / "hour.mp4", HOUR)


# The second's rows all wait for the mean at rest, which is known at the end alone.
@pytest.mark.parametrize("neutral", [(), ("3540-3599",)])
def test_an_hour_takes_no_more_memory_than_a_minute(
    tmp_path: Path, hour: Path, neutral: tuple[str, ...]
) -> None:
    """Every frame has its row, and what is resident stays what it was."""
    memory = extracted(hour, tmp_path, "brightness", *neutral)
    with (tmp_path / "hour.csv").open() as table:
        assert sum(1 for _ in table) == HOUR + 1
    assert memory.minute > 0
    assert memory.end - memory.minute < GROWTH


def test_what_keeps_its_measurements_is_found_out(tmp_path: Path) -> None:
    """A measurer that forgets nothing passes the limit within a quarter of an hour."""
    memory = extracted(write_plain(tmp_path / "quarter.mp4", HOUR // 4), tmp_path, "hoarding")
    assert memory.end - memory.minute > GROWTH


def test_the_packaged_extractor_takes_no_more_for_three_minutes_than_for_one(
    tmp_path: Path,
) -> None:
    """Faces found and followed, lost at each join, and found again."""
    video, size = tmp_path / "repeated.mp4", (320, 240)
    with demo_clip() as clip, VideoFile(clip) as frames:
        pictures = [cv2.resize(frame.image, size) for frame in frames]
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"mp4v"), float(RATE), size)
    for at in range(180 * RATE):
        writer.write(pictures[at % len(pictures)])
    writer.release()
    memory = extracted(video, tmp_path, "packaged", "0-3")
    assert memory.frames == 180 * RATE
    assert memory.minute > 0
    assert memory.end - memory.minute < GROWTH
