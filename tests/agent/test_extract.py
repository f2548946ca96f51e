"""Videos to tables: one and many, what goes wrong, and what a later run does."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from kizashi_agent.errors import InputError
from kizashi_agent.extract import (
    ClipOutcome,
    Extraction,
    ExtractOutcome,
    Progress,
    Status,
    extract,
    run_extract,
)
from kizashi_agent.extract.plan import Job, longest_first
from kizashi_agent.segments import NO_NEUTRAL, Neutral, NeutralWindow
from kizashi_agent.show.progress import Done

from tests.agent.extracting import (
    BrightnessMeasurer,
    files_below,
    ignore,
    open_brightness,
    open_ending,
    open_ending_in_the_dark,
    read_table,
)
from tests.agent.generated_video import write_video
from tests.training.scripts import training_module

BRIGHT = (200, 120, 0, 240, 80)
LOCK = ".kizashi/lock"


def extract_here(
    videos: list[Path],
    out: Path,
    measurer: BrightnessMeasurer | None = None,
    neutral: Neutral = NO_NEUTRAL,
) -> ExtractOutcome:
    """An extraction in this process."""
    asked = Extraction(videos, out, neutral=neutral)
    return extract(asked, ignore, lambda: measurer or open_brightness())


def statuses(outcome: ExtractOutcome) -> list[str]:
    """Of the clips, in order."""
    return [clip.status.value for clip in outcome.clips]


def reasons(outcome: ExtractOutcome) -> list[str]:
    """Of the clips, in order; empty where one did not fail."""
    return [clip.reason for clip in outcome.clips]


# --- one clip and many


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


# --- faults


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


# --- a later run


def test_a_later_run_does_only_what_is_left(tmp_path: Path) -> None:
    """Finished tables are left as they are, and a clip that is new is measured."""
    first = write_video(tmp_path / "a.mp4", BRIGHT)
    extract_here([first], tmp_path / "out")
    before = (tmp_path / "out" / "a.csv").stat()
    second = write_video(tmp_path / "b.mp4", BRIGHT)
    outcome = extract_here([first, second], tmp_path / "out")
    after = (tmp_path / "out" / "a.csv").stat()
    assert statuses(outcome) == ["unchanged", "extracted"]
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert outcome.exit_code == 0


def replace_source(video: Path, out: Path) -> None:
    """The video is another now."""
    write_video(video, [50] * 9)


def take_table_away(video: Path, out: Path) -> None:
    """The table is gone; its record is not."""
    (out / "clip.csv").unlink()


def age_extractor(video: Path, out: Path) -> None:
    """The table was made by an older extractor."""
    record = out / ".kizashi" / "clip.json"
    value = json.loads(record.read_text())
    value["recipe"]["extractor_id"] = "older/1"
    record.write_text(json.dumps(value))


@pytest.mark.parametrize("change", [replace_source, take_table_away, age_extractor])
def test_a_table_that_is_no_longer_true_is_made_anew(
    tmp_path: Path, change: Callable[[Path, Path], None]
) -> None:
    """Its video, its file or its extractor changed."""
    video = write_video(tmp_path / "clip.mp4", BRIGHT)
    out = tmp_path / "out"
    extract_here([video], out)
    change(video, out)
    outcome = extract_here([video], out)
    assert statuses(outcome) == ["extracted"]
    assert len(read_table(out / "clip.csv")) == outcome.clips[0].frames
    assert statuses(extract_here([video], out)) == ["unchanged"]


def spoil_record(out: Path) -> None:
    """The record is no longer one."""
    (out / ".kizashi" / "clip.json").write_text("[1]")


def drop_record(out: Path) -> None:
    """The table might be anybody's."""
    (out / ".kizashi" / "clip.json").unlink()


def edit_table(out: Path) -> None:
    """Somebody worked on the table."""
    table = out / "clip.csv"
    table.write_text(table.read_text().replace("0.99", "1.00"))


@pytest.mark.parametrize("change", [spoil_record, drop_record, edit_table])
def test_a_table_that_is_not_ours_is_left_alone(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """OpenFace's own tables, or edited ones, are not overwritten."""
    video = write_video(tmp_path / "clip.mp4", BRIGHT)
    out = tmp_path / "out"
    extract_here([video], out)
    change(out)
    before = (out / "clip.csv").read_bytes()
    assert reasons(extract_here([video], out)) == ["NAME_TAKEN"]
    assert (out / "clip.csv").read_bytes() == before


def test_an_interrupted_run_leaves_no_half_table(tmp_path: Path) -> None:
    """Ctrl-C in the middle leaves nothing, and the next run does the clip."""
    video = write_video(tmp_path / "clip.mp4", BRIGHT)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        extract_here([video], out, BrightnessMeasurer(fail_at=3))
    assert files_below(out) == {LOCK}
    assert statuses(extract_here([video], out)) == ["extracted"]


def test_an_interrupted_run_keeps_the_table_of_before(tmp_path: Path) -> None:
    """While a new table is being written, the old one stands."""
    video = write_video(tmp_path / "clip.mp4", BRIGHT)
    out = tmp_path / "out"
    extract_here([video], out)
    before = (out / "clip.csv").read_bytes()
    write_video(video, [50] * 9)
    with pytest.raises(KeyboardInterrupt):
        extract_here([video], out, BrightnessMeasurer(fail_at=3))
    assert (out / "clip.csv").read_bytes() == before
    assert files_below(out) == {"clip.csv", ".kizashi/clip.json", LOCK}


def test_a_table_of_another_neutral_part_is_made_anew(tmp_path: Path) -> None:
    """With one, with another, and with none again; the same twice stays."""
    video = write_video(tmp_path / "clip.mp4", [200] * 30)
    found = [
        statuses(extract_here([video], tmp_path / "out", neutral=neutral))[0]
        for neutral in (None, NeutralWindow(0, 0.5), NeutralWindow(0, 0.6), None, None)
    ]
    assert found == ["extracted"] * 4 + ["unchanged"]


def test_a_run_killed_before_the_new_table_took_its_place_goes_on(tmp_path: Path) -> None:
    """The record speaks of a table that never came; the one of before is still known as ours."""
    video = write_video(tmp_path / "clip.mp4", [200] * 30)
    out = tmp_path / "out"
    extract_here([video], out)
    before = (out / "clip.csv").read_bytes()
    extract_here([video], out, neutral=NeutralWindow(0, 0.5))
    (out / "clip.csv").write_bytes(before)
    assert statuses(extract_here([video], out)) == ["extracted"]
    assert (out / "clip.csv").read_bytes() == before


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    """A half table of ours goes; what another program calls unfinished stays."""
    for name in (f".old.csv.{'0f' * 16}.part", ".film.mp4.part"):
        (tmp_path / name).write_text("half")
    extract_here([], tmp_path)
    assert files_below(tmp_path) == {".film.mp4.part", LOCK}


def test_records_name_no_folder(tmp_path: Path) -> None:
    """Tables can be handed on without telling where the videos were."""
    video = write_video(tmp_path / "clip.mp4", BRIGHT)
    extract_here([video], tmp_path / "out")
    record = (tmp_path / "out" / ".kizashi" / "clip.json").read_text()
    assert "clip.mp4" in record
    assert tmp_path.name not in record


# --- real clips


SUFFIXES = (".mp4", ".avi", ".mov", ".wmv", ".mpg")
UNITS_SEEN = ("AU06_r", "AU12_r", "AU25_r", "AU45_r")


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
