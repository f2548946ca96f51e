"""Runs of `kizashi extract` that are stopped, killed or joined by another: real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest
from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip

from tests.agent.command_line import environment, kizashi
from tests.agent.extracting import files_below

pytestmark = pytest.mark.proof

RECORDINGS = 6
FRAMES = 45
SIZE = (320, 240)
_LIMIT = 120.0


@dataclass(frozen=True, slots=True)
class Archive:
    """Recordings, and what one uninterrupted run makes of them.

    Attributes:
        videos: pieces of the bundled clip.
        wanted: every file of the folder of tables, with its bytes.
    """

    videos: tuple[Path, ...]
    wanted: dict[str, bytes]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Six recordings of a second and a half, and their tables."""
    folder = tmp_path_factory.mktemp("archive")
    videos = tuple(folder / f"{number}.mp4" for number in range(RECORDINGS))
    with demo_clip() as clip, VideoFile(clip) as frames:
        pictures = iter(frames)
        for video in videos:
            writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, SIZE)
            for _ in range(FRAMES):
                writer.write(cv2.resize(next(pictures).image, SIZE))
            writer.release()
    done = kizashi(folder / "home", "extract", *words(videos, folder / "out"))
    assert done.code == 0, done.output
    return Archive(videos, contents(folder / "out"))


def words(videos: tuple[Path, ...], out: Path) -> list[str]:
    """After `kizashi extract`."""
    return [*map(str, videos), "--out", str(out), "--jobs", "2", "--neutral", "0-0.5"]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder and below, hidden ones too."""
    return {name: (folder / name).read_bytes() for name in files_below(folder)}


def until(condition: Callable[[], object], what: str) -> None:
    """Waits; a wait without end is a failure."""
    deadline = time.monotonic() + _LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.01)


def children(process: int) -> list[int]:
    """Processes that a process has started."""
    return [
        int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


def is_at_work(process: int) -> bool:
    """Whether a process is there and not only waiting for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def is_in_the_middle(out: Path) -> bool:
    """Whether a table is finished and another is being written."""
    return any(out.glob("*.csv")) and any(each.stat().st_size for each in out.glob(".*.part"))


@contextmanager
def running(tmp_path: Path, archive: Archive) -> Iterator["subprocess.Popen[str]"]:
    """A run in a group of processes of its own, as a terminal would start it."""
    command = [sys.executable, "-m", "kizashi_agent.cli", "extract"]
    process = subprocess.Popen(
        [*command, *words(archive.videos, tmp_path / "out")],
        env=environment(tmp_path / "home"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def kill_first(process: int) -> None:
    """As when a system has no memory left: the one that was started, and without a word."""
    os.kill(process, signal.SIGKILL)


def interrupt_all(process: int) -> None:
    """As Ctrl-C does at a terminal."""
    os.killpg(process, signal.SIGINT)


@pytest.mark.parametrize("stop", [kill_first, interrupt_all])
def test_a_stopped_run_goes_on_to_the_same_tables(
    tmp_path: Path, archive: Archive, stop: Callable[[int], None]
) -> None:
    """Stopped in the middle of an archive, its processes end; the next run does what is left.

    Every file is then, byte for byte, that of a run that was left alone, and there is no other.
    """
    out = tmp_path / "out"
    with running(tmp_path, archive) as process:
        until(lambda: is_in_the_middle(out), "a table, and another under way")
        started = children(process.pid)
        stop(process.pid)
        assert process.wait(_LIMIT) != 0
        until(lambda: not any(map(is_at_work, started)), "the end of every process")
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()
    finished = len(list(out.glob("*.csv")))
    assert 0 < finished < RECORDINGS
    assert started
    done = kizashi(tmp_path / "home", "extract", *words(archive.videos, out), "--json")
    assert done.code == 0
    statuses = [each["status"] for each in json.loads(done.output)["recordings"]]
    assert statuses.count("unchanged") == finished
    assert contents(out) == archive.wanted


def test_a_second_run_is_turned_away_and_the_first_is_none_the_worse(
    tmp_path: Path, archive: Archive
) -> None:
    """While one is at work on a folder, another says so and touches nothing."""
    out = tmp_path / "out"
    with running(tmp_path, archive) as process:
        until(lambda: is_in_the_middle(out), "a table, and another under way")
        os.killpg(process.pid, signal.SIGSTOP)  # so that it cannot end meanwhile
        before = contents(out)
        second = kizashi(tmp_path / "home", "extract", *words(archive.videos, out))
        assert contents(out) == before
        os.killpg(process.pid, signal.SIGCONT)
        assert process.wait(_LIMIT) == 0
    assert second.code == 3
    assert "Another kizashi extract is writing" in second.output
    assert contents(out) == archive.wanted
