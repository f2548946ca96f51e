"""`kizashi-server validate` as it is typed: reports, refusals, and what people are told afterwards."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from kizashi_models.feedback.compose import compose
from kizashi_models.labelled_recordings import (
    SIMULATED,
    Instrument,
    LabelledRecording,
    QuestionnaireTotal,
)
from kizashi_models.scorer import Score, score
from kizashi_models.scorer_loading import load_scorer
from kizashi_protocol.consent import Locale
from kizashi_protocol.reply import Feedback
from kizashi_server.command_line.validate import validate
from kizashi_server.main import app as server
from typer.main import get_command
from typer.testing import CliRunner, Result

from tests.server.validation.measured import SCORER, line_of, text_of, write_calibrated

Cohort = Sequence[LabelledRecording]

RUNNER = CliRunner()
# The command alone: the program around it closes its process's memory, and would close the tests'.
APP = typer.Typer()
APP.command()(validate)


def typed(*words: str | Path) -> Result:
    """The command's outcome."""
    return RUNNER.invoke(APP, [str(word) for word in words])


def run(text: str, folder: Path, models: Path, *more: str) -> Result:
    """Validates "even/1" on a file of this text, into `folder`/out."""
    path = folder / "people.jsonl"
    path.write_text(text, "utf-8")
    return typed(path, "--scorer", SCORER, "--models", models, "--out", folder / "out", *more)


def test_it_is_a_command_of_the_server() -> None:
    """With the exit code of its refusals told in the help."""
    command = get_command(server)
    assert "validate" in command.commands  # type: ignore[attr-defined]
    assert "11 nothing could be validated" in (command.epilog or "")


@pytest.fixture(scope="module")
def site(cohort: Cohort, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site's folder after a validation that suffices, the report lying where the server reads."""
    folder = tmp_path_factory.mktemp("validated")
    models = folder / "models"
    write_calibrated(models)
    before = os.umask(0)
    try:
        done = run(text_of(cohort), folder, models)
    finally:
        os.umask(before)
    assert done.exit_code == 0, done.output
    assert "Shown: put even_1-" in done.output
    page, written = sorted((folder / "out").iterdir())
    assert (page.suffix, written.suffix) == (".html", ".json")
    (models / "validations").mkdir()
    (models / "validations" / written.name).write_bytes(written.read_bytes())
    return folder


def test_a_report_is_closed_to_other_accounts(site: Path) -> None:
    """Whatever the umask."""
    made = (site / "out", *(site / "out").iterdir())
    assert {each.stat().st_mode & 0o077 for each in made} == {0}


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_people_are_told_what_was_measured(site: Path, cohort: Cohort, locale: Locale) -> None:
    """Counts of the report's people, and of those who came out alike."""
    scorer = load_scorer(site / "models", SCORER)
    assert scorer.validation is not None
    assert cohort[0].summary is not None
    result = score(cohort[0].summary, scorer)
    assert isinstance(result, Score)
    words = "\n".join(compose(result, locale, ()).paragraphs)
    assert f"{scorer.validation.people:,}" in words
    assert "PHQ-9" in words
    assert result.share is not None
    assert str(result.share.people) in words
    assert str(result.share.cases) in words


def test_weak_data_leave_it_not_established(cohort: Cohort, tmp_path: Path) -> None:
    """The report is written and says so; what people are told is as without it."""
    models = tmp_path / "models"
    write_calibrated(models)
    summary = cohort[0].summary
    assert summary is not None

    def told() -> list[Feedback]:
        scorer = load_scorer(models, SCORER)
        return [compose(score(summary, scorer), locale, ()) for locale in ("en", "ja")]

    before = told()
    done = run(text_of(cohort[:150]), tmp_path, models, "--json")
    assert done.exit_code == 0
    said = json.loads(done.output)
    assert not said["established"]
    assert "sensitivity" in said["lacks"][0]
    assert "is not established" in Path(said["page"]).read_text()
    (models / "validations").mkdir()
    (models / "validations" / "weak.json").write_bytes(Path(said["json"]).read_bytes())
    assert told() == before


def test_nobody_is_told_what_was_measured_of_nobody(cohort: Cohort, tmp_path: Path) -> None:
    """Figures that would do of people; one line says that nobody made it, and the page at its top."""
    models = tmp_path / "models"
    write_calibrated(models)
    marked = [*cohort[:-1], replace(cohort[-1], groups=dict([SIMULATED]))]
    done = run(text_of(marked), tmp_path, models, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert said["simulated"]
    assert not said["established"]
    assert not said["shares_established"]
    assert said["lacks"] == ["its people are simulated, and nobody was measured"]
    page = Path(said["page"]).read_text()
    assert "Simulated: nobody was measured." in page[: page.index("</header>")]
    assert "its people are simulated" in page
    (models / "validations").mkdir()
    (models / "validations" / "nobody.json").write_bytes(Path(said["json"]).read_bytes())
    assert load_scorer(models, SCORER).validation is None


def test_a_report_is_never_written_over(site: Path, cohort: Cohort) -> None:
    """A second one of the same day is refused, and the first is as it was."""
    before = {each.name: each.read_bytes() for each in (site / "out").iterdir()}
    done = run(text_of(cohort[:100]), site, site / "models")
    assert done.exit_code == 11
    assert "left as it is" in done.output
    assert {each.name: each.read_bytes() for each in (site / "out").iterdir()} == before


def without_totals(people: Cohort) -> str:
    """Nobody answered."""
    return text_of([replace(each, questionnaire=None) for each in people])


def of_another_instrument(people: Cohort) -> str:
    """All answered the BDI-II."""
    return text_of(
        [replace(each, questionnaire=QuestionnaireTotal(Instrument.BDI_II, 12)) for each in people]
    )


def all_of_one_kind(total: int) -> Callable[[Cohort], str]:
    """Everybody has this total."""
    return lambda people: text_of(
        [
            replace(each, questionnaire=QuestionnaireTotal(Instrument.PHQ_9, total))
            for each in people
        ]
    )


def constant(people: Cohort) -> str:
    """Everybody has the first one's summary."""
    return text_of([replace(each, summary=people[0].summary) for each in people])


def twice(people: Cohort) -> str:
    """Somebody is in it twice."""
    return text_of([*people, replace(people[3], line=99)])


def copied(people: Cohort) -> str:
    """Everybody is in it under two names."""
    return text_of([*people, *(replace(each, person=f"again {each.person}") for each in people)])


def anonymous(people: Cohort) -> str:
    """Nobody knows who is who."""
    return text_of([replace(each, person=None) for each in people])


def mixed(people: Cohort) -> str:
    """One summary is of another extractor."""
    assert people[0].summary is not None
    other = replace(people[0], summary=replace(people[0].summary, extractor_id="other/1"))
    return text_of([other, *people[1:]])


def of_another_extractor(people: Cohort) -> str:
    """All summaries are of an extractor that the scorer has no norms for."""
    lines = [line_of(each) for each in people]
    return "\n".join(line.replace("test-extractor/1", "other-extractor/1") for line in lines)


def three_cases(people: Cohort) -> str:
    """Three cases among many others."""
    totals = [12, 12, 12, *[3] * (len(people) - 3)]
    return text_of(
        [
            replace(each, questionnaire=QuestionnaireTotal(Instrument.PHQ_9, total))
            for each, total in zip(people, totals, strict=True)
        ]
    )


def all_refused(people: Cohort) -> str:
    """The gate let nobody through."""
    return text_of([replace(each, summary=None, refused="light") for each in people])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda _: "", "it has no recording"),
        (lambda _: "\n \n", "it has no recording"),
        (lambda _: "not a recording", "line 1: not JSON"),
        (without_totals, "no recording has a total of the PHQ-9"),
        (of_another_instrument, "no recording has a total of the PHQ-9"),
        (all_of_one_kind(2), "there are 0 cases (from 10 on) and 60 others"),
        (all_of_one_kind(20), "there are 60 cases (from 10 on) and 0 others"),
        (three_cases, "there are 3 cases (from 10 on) and 57 others"),
        (constant, "AU01.mean is the same in all 60 recordings"),
        (twice, "everybody counts once"),
        (copied, "60 recordings are copies of others"),
        (anonymous, "--one-each"),
        (mixed, "it mixes extractors or modes"),
        (of_another_extractor, "compares with norms for test-extractor/1"),
        (all_refused, "every recording was refused"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(
    cohort: Cohort, models: Path, tmp_path: Path, make: Callable[[Cohort], str], says: str
) -> None:
    """Nothing is written, and nothing that looks like a result is said."""
    done = run(make(cohort[:60]), tmp_path, models)
    assert done.exit_code == 11, done.output
    assert says in done.output
    assert done.output.startswith("kizashi-server: ")
    assert done.output.count("\n") == 1
    assert not any(each in done.output for each in ("AUC", "specificity", "%"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [(None, "it cannot be read"), (b"\xff\xfe\x00\x01binary", "it is not text in UTF-8")],
)
def test_a_file_that_is_none_is_refused(
    tmp_path: Path, models: Path, data: bytes | None, says: str
) -> None:
    """Missing, or binary."""
    path = tmp_path / "people.jsonl"
    if data is not None:
        path.write_bytes(data)
    done = typed(path, "--scorer", SCORER, "--models", models, "--out", tmp_path / "out")
    assert (done.exit_code, says in done.output) == (11, True), done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("scorer", ["no-such/1", "even/2", "../../etc/passwd", "even"])
def test_an_unknown_scorer_is_named(tmp_path: Path, models: Path, scorer: str) -> None:
    """With how scorers are named."""
    done = typed("x", "--scorer", scorer, "--models", models, "--out", tmp_path / "out")
    assert done.exit_code == 5, done.output
    assert f"There is no scorer {scorer!r}" in done.output
    assert "NAME/VERSION" in done.output


def test_a_folder_of_models_that_is_none_is_named(tmp_path: Path) -> None:
    """Instead of silently taking the packaged scorers."""
    done = typed("x", "--scorer", SCORER, "--models", tmp_path / "no", "--out", tmp_path / "out")
    assert (done.exit_code, "is no folder" in done.output) == (5, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--case-from", "0"),
        ("--case-from", "28"),
        ("--prevalence", "0"),
        ("--prevalence", "1"),
        ("--prevalence", "nan"),
        ("--seed", "-1"),
        ("--instrument", "MADRS"),
    ],
)
def test_an_option_that_cannot_be_is_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    """As every command's usage is."""
    done = typed("x", "--scorer", SCORER, "--out", tmp_path, *words)
    assert done.exit_code == 2


def test_where_a_report_cannot_be_written_nothing_is_left(
    cohort: Cohort, models: Path, tmp_path: Path
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "out").write_text("mine")
    done = run(text_of(cohort[:100]), tmp_path, models)
    assert (done.exit_code, "cannot be written" in done.output) == (11, True), done.output
    assert (tmp_path / "out").read_text() == "mine"


def test_where_the_second_file_cannot_be_written_the_first_is_taken_back(
    cohort: Cohort, models: Path, tmp_path: Path
) -> None:
    """A link to nowhere has the second one's name: no page without its figures stays."""
    out = tmp_path / "out"
    out.mkdir()
    link = out / f"even_1-{datetime.now(UTC).date()}.json"
    link.symlink_to(tmp_path / "nowhere" / "report.json")
    done = run(text_of(cohort[:100]), tmp_path, models)
    assert done.exit_code == 11, done.output
    assert f"{link} cannot be written" in done.output
    assert list(out.iterdir()) == [link]


def test_a_line_ends_where_the_other_commands_say_it_does(
    cohort: Cohort, models: Path, tmp_path: Path
) -> None:
    """A group's name may have in it what other programs take for the end of a line."""
    named = [replace(each, groups={"room": "a\u2028b\u0085c"}) for each in cohort[:60]]
    done = run(three_cases(named), tmp_path, models)
    assert "there are 3 cases (from 10 on) and 57 others" in done.output


def test_a_report_is_told_only_with_the_norms_it_was_made_with(site: Path, tmp_path: Path) -> None:
    """The same graph against other norms is another scorer, of which nothing was measured."""
    models = tmp_path / "models"
    shutil.copytree(site / "models", models)
    assert load_scorer(models, SCORER).validation is not None
    norms, card = models / "norms" / "made_up_1.json", models / "even_1.json"
    table = json.loads(norms.read_text())
    table["speaking"]["mean"] = 0.51
    norms.write_text(json.dumps(table))
    described = json.loads(card.read_text())
    described["provenance"]["norms"]["sha256"] = hashlib.sha256(norms.read_bytes()).hexdigest()
    card.write_text(json.dumps(described))
    assert load_scorer(models, SCORER).validation is None


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, before anything else."""
    monkeypatch.setattr("kizashi_server.command_line.validate._EXTRA", ("scipy", "no_such_library"))
    done = run("", tmp_path, models)
    assert done.exit_code == 11
    assert "pip install '.[calibration]'" in done.output
