"""Tables that a run finds: kept while they are true, made anew, or left to whose they are."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kizashi_agent.segments import NeutralWindow

from tests.agent.extracting import (
    BRIGHT,
    LOCK,
    BrightnessMeasurer,
    extract_here,
    files_below,
    read_table,
    reasons,
    statuses,
)
from tests.agent.generated_video import write_video


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
