"""Videos to tables: one and many, made-up ones and real ones."""

from pathlib import Path

import numpy as np
import pytest
from kizashi_agent.extract import ClipOutcome, Extraction, Progress, Status, extract, run_extract
from kizashi_agent.extract.plan import Job, longest_first
from kizashi_agent.show.progress import Done

from tests.agent.extracting import (
    BRIGHT,
    BrightnessMeasurer,
    extract_here,
    ignore,
    open_brightness,
    read_table,
    statuses,
)
from tests.agent.generated_video import write_video
from tests.training.scripts import training_module


def test_each_frame_has_a_row(tmp_path: Path) -> None:
    """Frames are numbered and timed, and the black one has no face."""
    video = write_video(tmp_path / "clip.mp4", BRIGHT)
    outcome = extract_here([video], tmp_path / "out")
    rows = read_table(tmp_path / "out" / "clip.csv")
    assert [each["frame"] for each in rows] == [1, 2, 3, 4, 5]
    assert [each["success"] for each in rows] == [1, 1, 0, 1, 1]
    assert [each["timestamp"] for each in rows] == pytest.approx(
        [0, 1 / 30, 2 / 30, 3 / 30, 4 / 30], abs=1e-3
    )
    assert rows[0]["AU01_r"] == pytest.approx(1.0, abs=0.1)
    assert (outcome.clips[0].frames, outcome.clips[0].frames_with_face) == (5, 4)
    assert outcome.exit_code == 0


def test_a_video_without_a_face_has_no_success(tmp_path: Path) -> None:
    """The packaged extractor sees no face in plain frames, and says so in every row."""
    video = write_video(tmp_path / "plain.mp4", [90] * 4)
    outcome = run_extract(Extraction([video], tmp_path / "out"), ignore)
    rows = read_table(tmp_path / "out" / "plain.csv")
    assert statuses(outcome) == ["extracted"]
    assert len(rows) == 4
    assert all(each["success"] == 0 and sum(each.values()) < 11 for each in rows)


def test_each_recording_starts_anew(tmp_path: Path) -> None:
    """The face of one clip is not looked for in the next."""
    videos = [write_video(tmp_path / f"{name}.mp4", BRIGHT) for name in "abc"]
    measurer = BrightnessMeasurer()
    extract_here(videos, tmp_path / "out", measurer)
    assert measurer.restarts == 3


def test_several_processes_write_what_one_writes(tmp_path: Path) -> None:
    """Tables of two processes are those of one, and progress reaches the one who asked."""
    videos = [write_video(tmp_path / f"{name}.mp4", BRIGHT * 10) for name in "abc"]
    heard: list[Progress] = []
    alone = extract_here(videos, tmp_path / "alone")
    together = extract(Extraction(videos, tmp_path / "together", 2), heard.append, open_brightness)
    assert statuses(alone) == statuses(together) == ["extracted"] * 3
    for name in "abc":
        one, other = (tmp_path / folder / f"{name}.csv" for folder in ("alone", "together"))
        assert one.read_bytes() == other.read_bytes()
    assert {each.video for each in heard if each.outcome} == set(videos)


def test_long_recordings_begin_first(tmp_path: Path) -> None:
    """The larger file goes first, and one that is missing last."""
    small, missing, large = (Job(tmp_path / name, tmp_path / "t") for name in "abc")
    small.video.write_bytes(b"1")
    large.video.write_bytes(b"12")
    assert longest_first([small, missing, large]) == [large, small, missing]


def test_progress_moves_with_the_frames(tmp_path: Path) -> None:
    """Half of one recording counts a half; it counts one at its end, and no more than one."""
    first, second = tmp_path / "a.mp4", tmp_path / "b.mp4"
    ended = ClipOutcome(first, tmp_path / "a.csv", Status.EXTRACTED, 100, 100)
    done = Done()
    told = [
        Progress(first, 50, 100),
        Progress(second, 30, None),
        Progress(first, 120, 100),
        Progress(first, 100, 100, ended),
        Progress(second, 30, 40),
    ]
    assert [done.follow(each) for each in told] == [0.5, 0.5, 1, 1, 1.75]


SUFFIXES = (".mp4", ".avi", ".mov", ".wmv", ".mpg")
UNITS_SEEN = ("AU06_r", "AU12_r", "AU25_r", "AU45_r")


@pytest.mark.proof
@pytest.mark.clips
def test_frames_and_units_stand_beside_openface(clips: Path, tmp_path: Path) -> None:
    """Rows are as many as OpenFace's, its faces are found, and what shows most agrees.

    The shortest clip of each kind of file, of persons the head was fitted on: this is a test of
    frame numbers and columns, not of the head.
    """
    split, agreement = training_module("split"), training_module("agreement")
    listed = split.usable(split.read_manifest(clips / "MANIFEST.tsv"))
    shortest = [
        min((clip for clip in listed if clip.file.endswith(suffix)), key=lambda each: each.frames)
        for suffix in SUFFIXES
    ]
    asked = Extraction([clips / clip.file for clip in shortest], tmp_path)
    outcome = run_extract(asked, ignore)
    ours, theirs = [], []
    for clip in outcome.clips:
        found = read_table(clip.table)
        wanted = read_table(clips.parent / "reference" / "openface_static" / clip.table.name)
        assert [each["frame"] for each in found] == [each["frame"] for each in wanted]
        assert found[-1]["timestamp"] == pytest.approx(wanted[-1]["timestamp"], abs=0.1)
        pairs = zip(found, wanted, strict=True)
        sure = [pair for pair in pairs if pair[1]["success"] and pair[1]["confidence"] >= 0.8]
        both = [pair for pair in sure if pair[0]["success"]]
        assert len(both) >= 0.97 * len(sure)
        ours += [[each[unit] for unit in UNITS_SEEN] for each, _ in both]
        theirs += [[each[unit] for unit in UNITS_SEEN] for _, each in both]
    for column, unit in enumerate(UNITS_SEEN):
        assert agreement.pearson(np.array(ours)[:, column], np.array(theirs)[:, column]) > 0.6, unit
