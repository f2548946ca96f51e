"""Videos without a table: each failure is told, and the rest goes on."""

from pathlib import Path

import pytest
from kizashi_agent.errors import InputError
from kizashi_agent.extract import Extraction, extract
from kizashi_agent.segments import NeutralWindow

from tests.agent.extracting import (
    BRIGHT,
    LOCK,
    extract_here,
    files_below,
    ignore,
    open_ending,
    open_ending_in_the_dark,
    read_table,
    reasons,
    statuses,
)
from tests.agent.generated_video import write_video


def test_a_failure_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    """A file that is no video, and one that is missing, leave the others alone."""
    good = write_video(tmp_path / "good.mp4", BRIGHT)
    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    outcome = extract_here([text, tmp_path / "missing.mp4", good], tmp_path / "out")
    assert statuses(outcome) == ["failed", "failed", "extracted"]
    assert reasons(outcome) == ["NOT_A_VIDEO", "FILE_MISSING", ""]
    assert "notes.mp4" in outcome.clips[0].person
    assert outcome.exit_code == InputError.exit_code
    assert files_below(tmp_path / "out") == {"good.csv", ".kizashi/good.json", LOCK}


def test_a_process_that_ends_is_a_failure_and_not_a_wait(tmp_path: Path) -> None:
    """Clips of a process that went down fail; the command comes back."""
    videos = [write_video(tmp_path / f"{name}.mp4", BRIGHT) for name in "ab"]
    outcome = extract(Extraction(videos, tmp_path / "out", 2), ignore, open_ending)
    assert reasons(outcome) == ["PROCESS_ENDED"] * 2
    assert outcome.exit_code != 0


def test_a_clip_that_ends_its_process_leaves_the_others_alone(tmp_path: Path) -> None:
    """It alone fails, wherever it stands; the rest is measured in new processes."""
    levels = {"a": 200, "b": 200, "c": 20, "d": 200, "e": 200}
    videos = [write_video(tmp_path / f"{name}.mp4", [levels[name]] * 5) for name in levels]
    asked = Extraction(videos, tmp_path / "out", 2)
    outcome = extract(asked, ignore, open_ending_in_the_dark)
    assert reasons(outcome) == ["", "", "PROCESS_ENDED", "", ""]


def test_a_neutral_part_without_a_face_is_a_failure(tmp_path: Path) -> None:
    """That clip has no table, and the person hears which seconds had no face."""
    dark = write_video(tmp_path / "dark.mp4", [0] * 20 + [200] * 20)
    good = write_video(tmp_path / "good.mp4", [200] * 40)
    neutral = NeutralWindow(0, 0.5)
    outcome = extract_here([dark, good], tmp_path / "out", neutral=neutral)
    assert reasons(outcome) == ["NO_NEUTRAL_FACE", ""]
    assert "0-0.5 s" in outcome.clips[0].person
    assert files_below(tmp_path / "out") == {"good.csv", ".kizashi/good.json", LOCK}


@pytest.mark.parametrize("twin", ["other/clip.mp4", "clip.avi", "CLIP.mp4"])
def test_clips_of_one_stem_do_not_overwrite_each_other(tmp_path: Path, twin: str) -> None:
    """The first has the table; the second fails and is told why, then and later."""
    first = write_video(tmp_path / "clip.mp4", BRIGHT)
    (tmp_path / "other").mkdir()
    codec = "MJPG" if twin.endswith("avi") else "mp4v"
    second = write_video(tmp_path / twin, [50] * 9, codec=codec)
    outcome = extract_here([first, second], tmp_path / "out")
    assert reasons(outcome) == ["", "NAME_TAKEN"]
    assert "--out" in outcome.clips[1].person
    assert len(read_table(tmp_path / "out" / "clip.csv")) == len(BRIGHT)


def test_a_clip_of_the_same_stem_in_a_later_run_does_not_overwrite_either(tmp_path: Path) -> None:
    """What another folder's clip left is not this one's to replace."""
    first = write_video(tmp_path / "clip.mp4", BRIGHT)
    (tmp_path / "other").mkdir()
    second = write_video(tmp_path / "other" / "clip.mp4", [50] * 9)
    extract_here([first], tmp_path / "out")
    assert reasons(extract_here([second], tmp_path / "out")) == ["NAME_TAKEN"]
    assert len(read_table(tmp_path / "out" / "clip.csv")) == len(BRIGHT)


def test_a_video_given_twice_is_one(tmp_path: Path) -> None:
    """However its path is written."""
    video = write_video(tmp_path / "clip.mp4", BRIGHT)
    again = tmp_path / "." / ".." / tmp_path.name / "clip.mp4"
    assert statuses(extract_here([video, again], tmp_path / "out")) == ["extracted"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """Nothing is measured for tables that have no place."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError) as caught:
        extract_here([], tmp_path / "out")
    assert caught.value.reason == "OUT_NOT_WRITABLE"
