"""The table of participants: what is read, and how what is wrong is told."""

from pathlib import Path, PurePosixPath

import pytest
from kizashi_models.labelled_recordings import Instrument, QuestionnaireTotal
from kizashi_study.errors import BadParticipants
from kizashi_study.participants import parse_participants, read_participants, require_clips

from tests.study.people import HEADER, ROWS

TABLE = "\n".join((HEADER, *ROWS))


def fault(text: str) -> str:
    """What is told of a table."""
    with pytest.raises(BadParticipants) as caught:
        parse_participants(text, "participants.csv")
    assert "\n" not in caught.value.person
    assert "\x1b" not in caught.value.person
    return caught.value.person


def test_a_row_is_a_participant() -> None:
    """Code, clip, group, total and traits; what was left empty is not there."""
    first, _, third = parse_participants(TABLE, "participants.csv")
    assert (first.row, first.name, first.clip) == (2, "p01", PurePosixPath("fit.mp4"))
    assert first.questionnaire == QuestionnaireTotal(Instrument.BDI_II, 4)
    assert first.groups == {"group": "healthy", "glasses": "yes"}
    assert third.questionnaire is None
    assert third.groups == {"group": "healthy"}


def test_a_group_need_not_be_named() -> None:
    """A study that compares none leaves the column out."""
    (one,) = parse_participants("participant,clip,questionnaire,total\np1,a.mp4,PHQ-9,0", "x")
    assert (one.group, dict(one.groups)) == (None, {})


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode("utf-8-sig"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", ";").replace("\n", "\r\n").encode("utf-8-sig"),
        TABLE.replace(",", " , ").replace("\n", "\n\n ,,,,,\n").encode(),
    ],
    ids=["byte order mark", "semicolons", "a spreadsheet's", "white space"],
)
def test_spreadsheets_save_in_several_ways(tmp_path: Path, data: bytes) -> None:
    """A byte order mark, semicolons, other line ends and empty rows change nothing."""
    path = tmp_path / "participants.csv"
    path.write_bytes(data)
    found = read_participants(path)
    wanted = parse_participants(TABLE, "participants.csv")
    assert [(each.name, each.clip, each.questionnaire, dict(each.groups)) for each in found] == [
        (each.name, each.clip, each.questionnaire, dict(each.groups)) for each in wanted
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "p04,d.mp4,healthy,BDI-II,64,",
            "row 5, column total: 64 is not a whole number from 0 to 63",
        ),
        ("p04,d.mp4,healthy,PHQ-9,28,", "row 5, column total: 28 is not"),
        ("p04,d.mp4,healthy,PHQ-9,-1,", "row 5, column total: -1 is not"),
        ("p04,d.mp4,healthy,PHQ-9,7.5,", "row 5, column total: 7.5 is not"),
        ("p04,d.mp4,healthy,PHQ-9,,", "row 5, column total: it is empty"),
        ("p04,d.mp4,healthy,,7,", "row 5, column questionnaire: there is a total"),
        ("p04,d.mp4,healthy,CES-D,7,", "row 5, column questionnaire: CES-D is not known"),
        (",d.mp4,healthy,PHQ-9,7,", "row 5, column participant: it is empty"),
        ('"p0\n4",d.mp4,healthy,PHQ-9,7,', "row 5, column participant: it holds a line break"),
        ("p04,,healthy,PHQ-9,7,", "row 5, column clip: it is empty"),
        ("=1+1,d.mp4,healthy,PHQ-9,7,", "row 5, column participant: it begins with ="),
        ("@x,d.mp4,healthy,PHQ-9,7,", "row 5, column participant: it begins with @"),
        ("p04,d.mp4,+healthy,PHQ-9,7,", "row 5, column group: it begins with +"),
        ("p04,d.mp4,-healthy,PHQ-9,7,", "row 5, column group: it begins with -"),
        (f"p04,d.mp4,{'g' * 65},PHQ-9,7,", "row 5, column group: it is longer than 64"),
        (f"{'p' * 65},d.mp4,healthy,PHQ-9,7,", "row 5, column participant: it is longer than 64"),
        (f"p04,{'d' * 256},healthy,PHQ-9,7,", "row 5, column clip: it is longer than 255"),
        (f"p04,d.mp4,healthy,PHQ-9,7,{'t' * 65}", "row 5, column trait_glasses: it is longer"),
        ("p04,d.mp4,heal\x1b[2Jthy,PHQ-9,7,", "row 5, column group: it holds a line break"),
        ("p04,d.mp4,healthy,PHQ-9,7,\x9b2J", "row 5, column trait_glasses: it holds a line break"),
        ("p04,\x1b]0;x.mp4,healthy,PHQ-9,7,", "row 5, column clip: it holds a line break"),
        ("p04,d.mp4,healthy,PHQ\u202e,7,", "row 5, column questionnaire: it holds a line break"),
        ("p04,d.mp4,healthy,PHQ-9,\x1b[7m,", "row 5, column total: it holds a line break"),
        ("p01,d.mp4,healthy,PHQ-9,7,", "row 5, column participant: p01 is in row 2 already"),
        ("p04,sub/FIT.webm,healthy,PHQ-9,7,", "row 5, column clip: sub/FIT.webm has the name of"),
        ("p04,../d.mp4,healthy,PHQ-9,7,", "row 5, column clip: ../d.mp4 does not lie inside"),
        ("p04,C:\\d.mp4,healthy,PHQ-9,7,", "row 5, column clip: C:\\d.mp4 does not lie inside"),
        ("p04,/d.mp4,healthy,PHQ-9,7,", "row 5, column clip: /d.mp4 does not lie inside"),
        ("p04,d.mp4,healthy,PHQ-9", "row 5: it has 4 cells for 6 columns"),
        ('p04,"d.mp4,healthy', "it is no CSV"),
    ],
)
def test_a_wrong_row_is_named(row: str, told: str) -> None:
    """With its column, in one sentence; nobody is dropped in silence."""
    assert told in fault(f"{TABLE}\n{row}")


@pytest.mark.parametrize("column", ["participant", "clip", "questionnaire", "total"])
def test_a_missing_column_is_named(column: str) -> None:
    """A misspelt one is missing too."""
    assert f"row 1: there is no column {column}" in fault(TABLE.replace(column, f"{column}s", 1))


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (HEADER.replace("trait_glasses", "glasses"), "begins with trait_"),
        (HEADER.replace("trait_glasses", "trait_"), "is not known"),
        (HEADER.replace("trait_glasses", "trait_\x1b[2J"), "that cannot be seen"),
        (HEADER.replace("trait_glasses", f"trait_{'t' * 60}"), "longer than 64 characters"),
        (HEADER.replace("trait_glasses", "trait_group"), "is not known"),
        (HEADER.replace("trait_glasses", "bdi_item_9"), "is not known"),
        (HEADER.replace("trait_glasses", "total"), "two columns are named 'total'"),
    ],
)
def test_a_column_nobody_knows_is_told(header: str, told: str) -> None:
    """Items of a questionnaire among them: only totals are read."""
    assert told in fault("\n".join((header, *ROWS)))


@pytest.mark.parametrize("text", ["", "\n", HEADER, f"{HEADER}\n,,,,,\n"])
def test_a_table_of_nobody_is_told(text: str) -> None:
    """Empty, or with names of columns alone."""
    assert fault(text)


def test_another_encoding_is_told(tmp_path: Path) -> None:
    """Spreadsheets in Japan save Shift_JIS unless asked for UTF-8."""
    path = tmp_path / "participants.csv"
    path.write_bytes(f"{TABLE}\np04,自己紹介.mp4,,,,".encode("shift_jis"))
    with pytest.raises(BadParticipants, match="cannot be read") as caught:
        read_participants(path)
    assert "UTF-8" in caught.value.person
    with pytest.raises(BadParticipants) as caught:
        read_participants(tmp_path / "nowhere.csv")
    assert "nowhere.csv: it cannot be read" in caught.value.person


def test_a_missing_clip_is_named(tmp_path: Path) -> None:
    """Before anything is measured."""
    people = parse_participants(TABLE, "participants.csv")
    (tmp_path / "fit.mp4").touch()
    with pytest.raises(BadParticipants) as caught:
        require_clips(people, tmp_path, "participants.csv")
    assert "row 3, column clip: there is no file short.mp4" in caught.value.person
    with pytest.raises(BadParticipants) as caught:
        require_clips(people, tmp_path / "nowhere", "participants.csv")
    assert "no such folder" in caught.value.person


def test_no_answer_is_in_a_repr_or_a_log() -> None:
    """Totals and traits are for the study's files alone."""
    people = parse_participants(TABLE, "participants.csv")
    assert "12" not in repr(people)
    assert "subthreshold" not in repr(people)
    with pytest.raises(BadParticipants) as caught:
        parse_participants(f"{TABLE}\np04,d.mp4,healthy,PHQ-9,28,", "participants.csv")
    assert "28" not in caught.value.log
