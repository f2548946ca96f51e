"""`kizashi study analyse`: it finds what was put in, and says of what it cannot use why not."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from kizashi_models.labelled_recordings import read_recordings, simulated
from kizashi_study.analysis.people import People
from kizashi_study.analysis.rating_analysis import analyse_ratings
from kizashi_study.analysis.rating_table import RatingTable
from kizashi_study.analysis.report import Report
from kizashi_study.analysis.run import Analysis, analyse
from kizashi_study.cli import study_app
from kizashi_study.errors import StudyError
from kizashi_study.rating.ratings import ITEMS
from typer.testing import CliRunner

from tests.study.made_up import LOWER_RATED, PEOPLE, RATERS, write_study

DAY = date(2026, 11, 30)


def asked(
    folder: Path,
    out: Path,
    groups: tuple[str, str] | None = None,
    *,
    with_ratings: bool = False,
) -> Analysis:
    """All that a study has, but for the ratings, which take half of the time."""
    return Analysis(
        participants=folder / "participants.csv",
        tables=folder / "tables",
        out=out,
        groups=groups,
        ratings=folder / "ratings" if with_ratings else None,
        seed=1,
        cohorts=2,
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a study with a strong effect."""
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def analysed(study: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """Its report, and where it was written."""
    out = tmp_path_factory.mktemp("out") / "report"
    return analyse(asked(study, out, with_ratings=True), DAY), out


def test_what_was_put_in_is_found(analysed: tuple[Report, Path]) -> None:
    """The study's five intensities, upwards, and nothing of the other units' intensities."""
    report, _ = analysed
    assert set(report.confirmed) == {"AU01_r", "AU05_r", "AU20_r", "AU25_r", "AU26_r"}
    assert {each.measure for each in report.found} == set(report.confirmed)
    assert report.subject.sizes == (PEOPLE // 2, PEOPLE // 2)
    assert (report.subject.first, report.subject.second) == ("healthy", "subthreshold")


def test_raters_saw_what_was_put_in(analysed: tuple[Report, Path]) -> None:
    """The four items that were scored lower, and no other; agreement and mood are worked out."""
    ratings = analysed[0].ratings
    assert ratings is not None
    assert ratings.raters == RATERS
    assert {each.measure for each in ratings.comparisons if each.q < 0.05} == set(LOWER_RATED)
    assert {each.item for each in ratings.effects if each.q < 0.05} == set(LOWER_RATED)
    assert [each.item for each in ratings.agreement] == list(ITEMS)
    assert {each.people for each in ratings.mood} == {RATERS}


def test_the_questionnaire_goes_with_what_was_put_in(analysed: tuple[Report, Path]) -> None:
    """Totals differ between the groups, so the units that do correlate with them."""
    found = {each.measure for each in analysed[0].correlations if each.q < 0.05}
    assert {"AU01_r", "AU05_r"} <= found


def test_page_json_and_tables_say_the_same(analysed: tuple[Report, Path]) -> None:
    """One report; the page fetches nothing and runs nothing; files are closed to others."""
    report, out = analysed
    page = (out / "report.html").read_text()
    table = json.loads((out / "report.json").read_text())
    with (out / "comparisons.csv").open() as file:
        rows = {row["measure"]: row for row in csv.DictReader(file)}
    for each in report.comparisons.intensities:
        assert float(rows[each.measure]["d"]) == each.d
        assert f"{each.d:.2f}" in page
    assert [each["d"] for each in table["comparisons"]["intensities"]] == [
        each.d for each in report.comparisons.intensities
    ]
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|<link|<img|@import|url\(http", page)
    assert page.count("<svg") == 4
    assert "Nobody was measured for this part" in page
    assert {path.stat().st_mode & 0o077 for path in out.iterdir()} == {0}


def test_the_same_study_gives_the_same_report(
    study: Path, analysed: tuple[Report, Path], tmp_path: Path
) -> None:
    """To the byte, whatever the folder is called."""
    _, out = analysed
    analyse(asked(study, tmp_path / "b", with_ratings=True), DAY)
    names = sorted(path.name for path in out.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "b").iterdir())
    for name in names:
        assert (out / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def without_group(folder: Path) -> None:
    """Takes the column of groups away, so that totals tell."""
    rows = [line.split(",") for line in (folder / "participants.csv").read_text().splitlines()]
    text = "\n".join(",".join([*row[:2], *row[3:]]) for row in rows)
    (folder / "participants.csv").write_text(text)


def test_groups_may_come_from_totals(study: Path, tmp_path: Path) -> None:
    """By the study's ranges of the BDI-II, where the table names no groups."""
    folder = shutil.copytree(study, tmp_path / "study")
    without_group(folder)
    report = analyse(asked(folder, tmp_path / "out"), DAY)
    assert (report.subject.first, report.subject.second) == ("healthy", "subthreshold")
    assert report.subject.sizes == (PEOPLE // 2, PEOPLE // 2)


def only(count: int) -> Callable[[Path], None]:
    """Leaves the first people only."""

    def change(folder: Path) -> None:
        path = folder / "participants.csv"
        path.write_text("\n".join(path.read_text().splitlines()[: count + 1]))

    return change


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Changes a file."""

    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


def third_group(folder: Path) -> None:
    """One person is in a group of their own."""
    replaced("participants.csv", "p00,c00.mp4,healthy", "p00,c00.mp4,other")(folder)


def no_tables(folder: Path) -> None:
    """Nothing was measured."""
    for path in (folder / "tables").iterdir():
        path.unlink()


SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "three cases": (only(PEOPLE // 2 + 3), "3 measured people"),
    "one group": (only(PEOPLE // 2), "in one group, healthy"),
    "three groups": (third_group, "--groups"),
    "duplicate person": (replaced("participants.csv", "p01,", "p00,"), "p00"),
    "several questionnaires": (
        replaced("participants.csv", "p02,c02.mp4,healthy,BDI-II", "p02,c02.mp4,healthy,PHQ-9"),
        "several questionnaires",
    ),
    "no tables": (no_tables, "no table"),
    "a table without a unit": (replaced("tables/c03.csv", "AU01_r", "AU03_r"), "AU01_r"),
    "a table of words": (replaced("tables/c03.csv", "0.00", "many"), "c03.csv"),
    "an impossible rating": (replaced("ratings/r03.csv", "p05,stiff,", "p05,stiff,1"), "r03.csv"),
    "an unknown item": (replaced("ratings/r03.csv", "p05,stiff,", "p05,rigid,"), "rigid"),
    "a rater's total in words": (
        replaced("ratings/r03.json", '"total": ', '"total": "x", "t": '),
        "r03.json",
    ),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_cannot_be_used_is_named(study: Path, tmp_path: Path, how: str) -> None:
    """A sentence that says what is wrong, and nothing that looks like a result."""
    folder = shutil.copytree(study, tmp_path / "study")
    change, word = SPOILT[how]
    change(folder)
    with pytest.raises(StudyError) as raised:
        analyse(asked(folder, tmp_path / "out", with_ratings=True), DAY)
    assert word in raised.value.person
    assert not (tmp_path / "out").exists()


def test_mixed_modes_are_refused(study: Path, tmp_path: Path) -> None:
    """A table that says it is static beside others that say nothing."""
    folder = shutil.copytree(study, tmp_path / "study")
    lines = (folder / "tables" / "c00.csv").read_text().splitlines()
    marked = [f"{lines[0]}, mode_static", *(f"{line}, 1" for line in lines[1:])]
    (folder / "tables" / "c00.csv").write_text("\n".join(marked))
    with pytest.raises(StudyError) as raised:
        analyse(asked(folder, tmp_path / "out"), DAY)
    assert "several modes" in raised.value.person


def test_a_unit_in_which_nobody_differs_is_left_out_and_named(study: Path, tmp_path: Path) -> None:
    """A constant column is no comparison, and stops nothing."""
    folder = shutil.copytree(study, tmp_path / "study")
    for path in (folder / "tables").iterdir():
        lines = [line.split(", ") for line in path.read_text().splitlines()]
        column = lines[0].index("AU45_r")
        for line in lines[1:]:
            line[column] = "1.00"
        path.write_text("".join(", ".join(line) + "\n" for line in lines))
    report = analyse(asked(folder, tmp_path / "out"), DAY)
    assert report.comparisons.constant == ("AU45_r",)
    assert "AU45_r" in (tmp_path / "out" / "report.html").read_text()


def test_other_names_of_groups_have_to_be_put_in_order(study: Path, tmp_path: Path) -> None:
    """No order of letters says which group is expected to move more."""
    folder = shutil.copytree(study, tmp_path / "study")
    replaced("participants.csv", "subthreshold", "depressed")(folder)
    with pytest.raises(StudyError) as raised:
        analyse(asked(folder, tmp_path / "out"), DAY)
    assert "--groups" in raised.value.person
    report = analyse(asked(folder, tmp_path / "out", ("healthy", "depressed")), DAY)
    assert report.subject.second == "depressed"
    assert len(report.confirmed) == 5


@pytest.mark.proof
def test_clips_that_differ_are_no_difference_of_groups() -> None:
    """Where people differ and groups do not, the test over people keeps its level.

    The one over raters does not, which is why the report says what it is about.
    """
    random = np.random.default_rng(3)
    names = tuple(f"p{number:02}" for number in range(40))
    in_second = np.arange(40) >= 20
    nobody = np.zeros((40, 0))
    people = People(names, "a", "b", in_second, np.full(40, np.nan), None, nobody, {})
    over_people, over_raters = [], []
    for _ in range(40):
        seen = random.normal(4, 0.7, (40, len(ITEMS)))
        scores = {
            (f"r{rater:02}", name, item): int(np.clip(round(seen[row, column] + noise), 1, 7))
            for rater in range(20)
            for row, name in enumerate(names)
            for column, item in enumerate(ITEMS)
            for noise in (random.normal(0, 1),)
        }
        found = analyse_ratings(RatingTable(scores), people, {})
        over_people += [each.p < 0.05 for each in found.comparisons]
        over_raters += [each.p < 0.05 for each in found.effects]
    assert np.mean(over_people) < 0.1
    assert np.mean(over_raters) > 0.3


def test_two_raters_are_too_few_and_the_rest_stands(study: Path, tmp_path: Path) -> None:
    """The report says that ratings were not worked out, and why."""
    folder = shutil.copytree(study, tmp_path / "study")
    for path in sorted((folder / "ratings").iterdir())[4:]:
        path.unlink()
    report = analyse(asked(folder, tmp_path / "out", with_ratings=True), DAY)
    assert report.ratings is None
    assert "2 raters" in (tmp_path / "out" / "report.html").read_text()


def test_a_report_is_never_overwritten(study: Path, tmp_path: Path) -> None:
    """By the command, whose error is one line and whose exit code is that of a file."""
    (tmp_path / "out").mkdir()
    words = [
        "analyse",
        str(study / "tables"),
        "--participants",
        str(study / "participants.csv"),
        "--out",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(study_app, words)
    assert done.exit_code == 3
    assert "was left as it is" in done.stderr
    assert not list((tmp_path / "out").iterdir())


def test_simulated_people_say_that_they_are_nobody(tmp_path: Path) -> None:
    """A file that calibration and validation read, whose every line says that it is simulated."""
    out = tmp_path / "nobody.jsonl"
    words = ["simulate", "--people", "30", "--effect", "0.5", "--out", str(out), "--json"]
    done = CliRunner().invoke(study_app, words)
    assert done.exit_code == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(lines) == 30
    assert {line["groups"]["simulated"] for line in lines} == {"yes"}
    assert simulated(read_recordings(out.read_text().splitlines(), out.name))
    cases = sum(line["questionnaire"]["total"] >= 10 for line in lines)
    assert json.loads(done.stdout)["cases"] == cases
    assert CliRunner().invoke(study_app, words).exit_code == 3
