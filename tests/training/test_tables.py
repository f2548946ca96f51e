"""Reading and pairing tables: which rows count, and what is said of those that cannot be read."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.training.scripts import training_module
from tests.training.written_tables import Row, made_up, text_of, write

tables = training_module("tables")

RANDOM = np.random.default_rng(5)
ROWS = made_up(range(1, 7), RANDOM)


def changed(place: int, **cells: float | str) -> list[dict[str, float | str]]:
    """The rows, with other cells in one of them."""
    rows: list[dict[str, float | str]] = [dict(row) for row in ROWS]
    rows[place] |= cells
    return rows


def without(*names: str) -> list[Row]:
    """The rows without some columns."""
    return [{name: cell for name, cell in row.items() if name not in names} for row in ROWS]


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    """With OpenFace's comma and space or without, values and columns are the same."""
    for separator in (",", ", "):
        write(tmp_path / "clip.csv", ROWS, separator)
        table = tables.read_table(tmp_path / "clip.csv")
        assert table.frames.tolist() == [1, 2, 3, 4, 5, 6]
        assert table.intensities[:, 3].tolist() == [row["AU05_r"] for row in ROWS]
        assert table.presences[:, 16].tolist() == [row["AU28_c"] == 1 for row in ROWS]
        assert table.face_width is None
        assert table.yaw is None


def test_rows_without_success_do_not_count(tmp_path: Path) -> None:
    """Whatever else they hold, be it no finite number; unsure rows count unless asked for."""
    rows = changed(1, success=0, AU01_r="nan")
    rows[3]["confidence"] = 0.79
    rows[4]["confidence"] = 0.8
    write(tmp_path / "clip.csv", rows)
    assert tables.read_table(tmp_path / "clip.csv").frames.tolist() == [1, 3, 4, 5, 6]
    assert tables.read_table(tmp_path / "clip.csv", 0.8).frames.tolist() == [1, 3, 5, 6]


def test_a_table_without_success_and_confidence_counts_in_full(tmp_path: Path) -> None:
    """Neither column is needed."""
    write(tmp_path / "clip.csv", without("success", "confidence"))
    assert len(tables.read_table(tmp_path / "clip.csv", 0.8).frames) == 6


def test_rows_are_paired_by_frame(tmp_path: Path) -> None:
    """In any order; of two rows of one frame the first that counts is taken."""
    ours = [ROWS[5], ROWS[0] | {"success": 0.0}, ROWS[0] | {"AU01_r": 1.5}, ROWS[0], ROWS[2]]
    write(tmp_path / "ours" / "clip.csv", ours)
    write(tmp_path / "theirs" / "clip.csv", ROWS[:4])
    pairs = tables.read_pairs(tmp_path / "ours", tmp_path / "theirs")
    assert pairs.intensities[:, 0].tolist() == [1.5, ROWS[2]["AU01_r"]]
    assert pairs.reference_intensities[:, 0].tolist() == [ROWS[0]["AU01_r"], ROWS[2]["AU01_r"]]
    assert pairs.coverage == 0.5


def test_clips_without_a_pair_are_absent_and_still_wanted(tmp_path: Path) -> None:
    """A missing table and a table of other frames alike; a prediction too many is not opened."""
    for name in ("alone", "both", "elsewhere"):
        write(tmp_path / "theirs" / f"{name}.csv", ROWS)
    write(tmp_path / "ours" / "both.csv", ROWS)
    write(tmp_path / "ours" / "elsewhere.csv", [row | {"frame": 99.0} for row in ROWS])
    (tmp_path / "ours" / "more.csv").write_text("no table")
    pairs = tables.read_pairs(tmp_path / "ours", tmp_path / "theirs")
    assert pairs.absent == ("alone", "elsewhere")
    assert set(pairs.clips.tolist()) == {"both"}
    assert (len(pairs), pairs.wanted) == (6, 18)


def test_face_width_and_yaw_are_told_by_all_or_by_none(tmp_path: Path) -> None:
    """They are the prediction's; with one table that lacks a column, the column is untold."""
    told = [row | {"face_width": 150.0, "pose_Ry": 0.1} for row in ROWS]
    for name in ("one", "other"):
        write(tmp_path / "theirs" / f"{name}.csv", ROWS)
        write(tmp_path / "ours" / f"{name}.csv", told)
    pairs = tables.read_pairs(tmp_path / "ours", tmp_path / "theirs")
    assert pairs.face_width.tolist() == [150.0] * 12
    assert pairs.yaw.tolist() == [0.1] * 12
    write(tmp_path / "ours" / "other.csv", [row | {"face_width": 150.0} for row in ROWS])
    pairs = tables.read_pairs(tmp_path / "ours", tmp_path / "theirs")
    assert pairs.face_width is not None
    assert pairs.yaw is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (text_of(changed(2, AU04_r="high")), "clip.csv, line 4: AU04_r is no number: 'high'"),
        (text_of(changed(2, AU04_r="")), "clip.csv, line 4: AU04_r is no number: ''"),
        (text_of(changed(3, success=math.nan)), "clip.csv, line 5: success is nan"),
        (text_of(changed(3, AU12_c=math.inf)), "clip.csv, line 5: AU12_c is inf"),
        (text_of(changed(1, frame=2.5)), "clip.csv, line 3: frame is no whole number: 2.5"),
        (text_of(ROWS) + "7,1\n", "clip.csv, line 8: 2 cells under 38 names"),
        (text_of(without("AU20_r", "AU28_c")), "clip.csv: no column AU20_r, AU28_c"),
        ("", "clip.csv: no column frame, AU01_r"),
        (text_of(changed(5, frame="\udcff\udcfe")), "clip.csv, line 7: frame is no number"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    """The message names the file, and the line and the column where there is one."""
    (tmp_path / "clip.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(tables.TableError) as caught:
        tables.read_table(tmp_path / "clip.csv")
    assert said in str(caught.value)


def test_a_table_that_is_not_there_is_said(tmp_path: Path) -> None:
    """As a table that cannot be read, not as a traceback of the system's."""
    with pytest.raises(tables.TableError, match=r"clip\.csv: cannot be read"):
        tables.read_table(tmp_path / "clip.csv")


def test_folders_that_cannot_be_compared_are_said(tmp_path: Path) -> None:
    """No folder, a folder without tables, and tables that share nothing are three messages."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    write(theirs / "clip.csv", ROWS)
    with pytest.raises(tables.TableError, match="ours: no such folder"):
        tables.read_pairs(ours, theirs)
    ours.mkdir()
    with pytest.raises(tables.TableError, match="ours: holds no table"):
        tables.read_pairs(ours, theirs)
    write(ours / "another.csv", ROWS)
    with pytest.raises(tables.TableError, match="nothing could be paired"):
        tables.read_pairs(ours, theirs)
