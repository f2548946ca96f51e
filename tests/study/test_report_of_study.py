"""The report of a small study: what it says in plain words, and what lies beside it."""

import csv
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from kizashi_study.analysis.page import as_page
from kizashi_study.analysis.report import Report
from kizashi_study.analysis.run import Analysis, analyse, in_a_sentence
from kizashi_study.cli import study_app
from kizashi_study.errors import StudyError
from kizashi_study.rating.ratings import ITEMS
from typer.testing import CliRunner

from tests.study.small_study import write_records, write_study

DAY = date(2026, 11, 30)


@dataclass(frozen=True)
class Made:
    """A study's folder, its report, and where that lies."""

    study: Path
    report: Report
    out: Path

    @property
    def page(self) -> str:
        """As a browser shows it, but for its marks."""
        return (self.out / "report.html").read_text("utf-8")

    def table(self, name: str) -> list[dict[str, str]]:
        """The rows of a CSV."""
        with (self.out / name).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))


def asked(study: Path, out: Path, ratings: str = "ratings") -> Analysis:
    """All that the study has."""
    table, tables = study / "participants.csv", study / "tables"
    return Analysis(table, tables, out, None, study / ratings, 1, cohorts=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The small study, analysed."""
    study = write_study(tmp_path_factory.mktemp("small"))
    out = study / "report"
    return Made(study, analyse(asked(study, out), DAY), out)


def test_the_page_says_who_was_left_out_and_what_measured(made: Made) -> None:
    """By reason and group, with extractor, mode and which frames count."""
    subject = made.report.subject
    assert (subject.sizes, subject.extractor) == ((6, 6), "kizashi-gradient-head/1")
    assert "left out, clip refused: TOO_SHORT (group subthreshold): 1." in made.page
    assert "Compared without the recording gate having been asked" in made.page
    assert subject.ungated == 12
    assert "measured by kizashi-gradient-head/1 · intensities as the tool" in made.page
    assert "means over all frames with a face" in made.page
    assert made.table("left_out.csv") == [
        {"reason": "clip refused: TOO_SHORT", "group": "subthreshold", "people": "1"}
    ]


def test_a_measure_that_is_the_same_in_everybody_is_named(made: Made) -> None:
    """Though means over different numbers of frames differ in their last digit."""
    assert made.report.comparisons.constant == ("AU45_r",)


def test_plain_words_speak_of_ratings_too(made: Made) -> None:
    """On the page and in the terminal: who rated, what they found, and whom they rated besides."""
    for text in (made.page, in_a_sentence(made.report)):
        assert "Ratings, by 3 raters:" in text
        assert "fake" in text
    assert in_a_sentence(made.report).startswith("healthy (6) and subthreshold (6). Action units: ")
    assert "1 participant left out." in in_a_sentence(made.report)
    assert "rated more fake" in made.page
    assert "left out of the comparison" in made.page
    assert "in no row of the table of participants, and passed over: 1." in made.page


def test_each_table_of_ratings_says_what_it_takes_for_all_there_is(made: Made) -> None:
    """Raters in one, people in the other; what was not worked out stands below, with its reason."""
    assert "it says nothing of people who were not filmed" in made.page
    assert "where raters differ in how they see a group, it finds too much" in made.page
    assert "Not worked out: stiff, because within a group nobody differs in it." in made.page
    assert "2 raters rated every clip that was rated, and at least 3 are needed." in made.page
    assert "0 told a total, and at least 10 are needed." in made.page
    assert '<th scope="col">Item</th>' in made.page


def test_no_rater_is_named(made: Made) -> None:
    """In no file of the report."""
    for path in made.out.iterdir():
        assert "rater_a" not in path.read_text("utf-8")


def test_tables_are_tidy(made: Made) -> None:
    """A row a group and measure, with its n; and a head above a table without a row."""
    means = made.table("group_means.csv")
    assert [means[0][name] for name in ("measure", "group", "n")] == ["AU01_r", "healthy", "6"]
    assert means[1]["group"] == "subthreshold"
    first = made.table("comparisons.csv")[0]
    assert (first["group"], first["reference"]) == ("subthreshold", "healthy")
    assert float(first["difference"]) == pytest.approx(
        float(means[1]["mean"]) - float(means[0]["mean"])
    )
    assert {row["item"] for row in made.table("ratings.csv")} == set(ITEMS) - {"stiff"}
    assert {row["n"] for row in made.table("rated_means.csv")} == {"6"}
    assert (made.out / "agreement.csv").read_text() == (
        "item,single,single_low,single_high,mean,mean_low,mean_high\n"
    )
    assert all(path.stat().st_size for path in made.out.iterdir())


def test_one_measure_differs(made: Made) -> None:
    """And two differ."""
    assert len(made.report.found) == 2
    assert "2 measures differ" in in_a_sentence(made.report)
    assert made.report.confirmed == ("AU01_r",)


def test_what_is_not_determined_is_said(made: Made) -> None:
    """No interval is drawn or written of what has none."""
    from dataclasses import replace  # noqa: PLC0415

    rows = made.report.comparisons.intensities
    lacking = replace(rows[0], d_low=None, d_high=None)
    comparisons = replace(made.report.comparisons, intensities=(lacking, *rows[1:]))
    page = as_page(replace(made.report, comparisons=comparisons))
    assert page.count("not determined") == made.page.count("not determined") + 1


@pytest.mark.parametrize(
    ("ratings", "words"),
    [("ratingz", "There is no folder of ratings"), ("tables/.kizashi", "has no table of ratings")],
)
def test_a_mistyped_folder_of_ratings_is_told(
    made: Made, tmp_path: Path, ratings: str, words: str
) -> None:
    """No report without the ratings that were asked for."""
    with pytest.raises(StudyError) as caught:
        analyse(asked(made.study, tmp_path / "out", ratings), DAY)
    assert words in caught.value.person
    assert not (tmp_path / "out").exists()


def test_a_second_extractor_is_told(made: Made, tmp_path: Path) -> None:
    """From the record beside one table."""
    study = shutil.copytree(made.study, tmp_path / "study")
    write_records(study / "tables" / "c02.csv", "openface/2.2")
    with pytest.raises(StudyError) as caught:
        analyse(asked(study, tmp_path / "out"), DAY)
    assert "kizashi-gradient-head/1, openface/2.2" in caught.value.person


def test_refused_clips_are_compared_where_that_is_asked_for(made: Made, tmp_path: Path) -> None:
    """And the page says so; the terminal says what was compared."""
    words = [
        "analyse",
        str(made.study / "tables"),
        "--with-refused",
        "--out",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(
        study_app, [*words, "--participants", str(made.study / "participants.csv")]
    )
    assert done.exit_code == 0
    assert "healthy (6) and subthreshold (7)." in done.stdout
    assert "Ratings: There were no ratings." in done.stdout
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "those that the recording gate refused, are compared as well" in page
