"""`kizashi-server validate`: how it is typed, and what it says."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from kizashi_models.card import Card
from kizashi_models.errors import MissingModel
from kizashi_models.labelled_recordings import CASE_FROM, HIGHEST_TOTAL, Instrument
from kizashi_models.scorer import Scorer
from kizashi_models.scorer_loading import load_scorer, read_scorer
from kizashi_models.validation_reports import VALIDATIONS_FOLDER, parse_validation

from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.extra import models_refused, require_extra, require_folder
from kizashi_server.command_line.recordings_file import read_recordings_file
from kizashi_server.errors import ModelRefused, ValidationRefused

if TYPE_CHECKING:
    from kizashi_server.validation.report import Report

_EXTRA = ("scipy", "statsmodels", "sklearn", "matplotlib", "jinja2")


def validate(  # noqa: PLR0913, PLR0917 - the options of a command
    recordings: Annotated[
        Path, typer.Argument(help="File of labelled recordings, everybody once.")
    ],
    scorer: Annotated[str, typer.Option(help="Its id, such as research-prior/1.")],
    out: Annotated[Path, typer.Option(help="Folder for the report: a page, and the same as JSON.")],
    models: Annotated[
        Path | None, typer.Option(help="Your own folder of scorers, norms and validations.")
    ] = None,
    instrument: Annotated[
        Instrument, typer.Option(help="Whose total says who is a case.")
    ] = Instrument.PHQ_9,
    case_from: Annotated[
        int | None,
        typer.Option(help="The total from which on.", show_default="PHQ-9: 10, BDI-II: 11"),
    ] = None,
    prevalence: Annotated[
        float | None,
        typer.Option(
            help="Of cases among those the scorer is for, 0 to 1, where these people are no "
            "sample of them.",
            show_default="as in the recordings",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulated appendix.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for scripts.")
    ] = False,
) -> None:
    """Measures a scorer on labelled recordings, and writes what was and what was not shown."""
    start = CASE_FROM[instrument] if case_from is None else case_from
    if not 1 <= start <= HIGHEST_TOTAL[instrument]:
        highest = HIGHEST_TOTAL[instrument]
        raise typer.BadParameter(f"--case-from is 1 to {highest} for the {instrument}")
    if prevalence is not None and not 0 < prevalence < 1:
        raise typer.BadParameter("--prevalence lies between 0 and 1, such as 0.143")
    os.umask(0o077)
    with one_line_errors(), models_refused(ValidationRefused):
        require_extra(ValidationRefused, *_EXTRA)
        # With these come the libraries of the extra, which no other command loads.
        from kizashi_server.validation.page import as_page  # noqa: PLC0415
        from kizashi_server.validation.people import Question  # noqa: PLC0415
        from kizashi_server.validation.validating import validate_scorer  # noqa: PLC0415
        from kizashi_server.validation.written import as_json as as_text  # noqa: PLC0415

        day = datetime.now(UTC).date()
        stem = f"{scorer.replace('/', '_').replace('-', '_')}-{day.isoformat()}"
        files = [out / f"{stem}.html", out / f"{stem}.json"]
        _refuse_existing(files)
        opened, card = _scorer(models, scorer)
        question = Question(instrument, start, prevalence)
        file = read_recordings_file(recordings)
        report = validate_scorer(
            file.recordings, file.sha256, recordings.name, opened, card, question, day, seed
        )
        text = as_text(report)
        # What is written is what the server can read.
        parse_validation(text, files[1].name, day)
        _write({files[0]: as_page(report), files[1]: text})
        said = _for_scripts(report, files) if as_json else _for_people(report, files)
    typer.echo(said)


def _refuse_existing(files: list[Path]) -> None:
    for each in files:
        if each.exists():
            raise ValidationRefused(
                f"{each} is there",
                f"{each} is there already and was left as it is. Name another folder.",
                reason="ALREADY_THERE",
            )


def _scorer(models: Path | None, scorer_id: str) -> tuple[Scorer, Card]:
    require_folder(models)
    try:
        return load_scorer(models, scorer_id, simulated=True), read_scorer(models, scorer_id).card
    except MissingModel as error:
        folder = "" if models is None else f"in {models} or "
        raise ModelRefused(
            error.log,
            f"There is no scorer {scorer_id!r} with its norms {folder}among those that come with "
            "Kizashi. A scorer is named NAME/VERSION, such as research-prior/1.",
        ) from None


def _write(texts: dict[Path, str]) -> None:
    """Writes all of the files, each new, or none."""
    written: list[Path] = []
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise ValidationRefused(
            f"{error.filename} cannot be written ({error.strerror})",
            f"{error.filename} cannot be written ({error.strerror}), and nothing was. Name another "
            "folder.",
            reason="NOT_WRITTEN",
        ) from None


def _for_scripts(report: "Report", files: list[Path]) -> str:
    verdict = report.verdict
    return json.dumps(
        {
            "page": str(files[0]),
            "json": str(files[1]),
            "established": verdict.carries,
            "shares_established": verdict.carries_shares,
            "lacks": verdict.lacks,
            "people": report.counted.people,
            "cases": report.counted.cases,
            "simulated": report.told.simulated,
        }
    )


def _for_people(report: "Report", files: list[Path]) -> str:
    from kizashi_server.validation.notation import number, rate  # noqa: PLC0415 - as above

    performance, question, verdict = report.performance, report.study.question, report.verdict
    figures: dict[str, Any] = {
        "AUC": number(performance.auc),
        "sensitivity": rate(performance.sensitivity),
        "specificity": rate(performance.specificity),
        "PPV": rate(performance.positive_predictive_value),
        "NPV": rate(performance.negative_predictive_value),
    }
    told = (
        f"Shown: put {files[1].name} into the folder {VALIDATIONS_FOLDER!r} of the server's models "
        "and start it again, and people are told these figures."
        if verdict.carries
        else f"Not established: {'; '.join(verdict.lacks)}. People go on being told so."
    )
    people = (
        f"{report.counted.people} people with a band and a {question.instrument} total, "
        f"{report.counted.cases} of them cases (from {question.case_from} on)"
    )
    return "\n".join(
        [
            people,
            *(f"{name:<12} {figure}" for name, figure in figures.items()),
            told,
            f"The report is {files[0]}, and for programs {files[1].name} beside it.",
        ]
    )
