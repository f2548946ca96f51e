"""`kizashi study analyse` and `simulate`: how they are typed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from kizashi_agent.edge import AsJson, one_line_errors, print_json
from kizashi_protocol.display_text import displayable

from kizashi_study.errors import NothingToCompare
from kizashi_study.extra import from_the_extra

Seed = Annotated[int, typer.Option(min=0, help="Of all random numbers; the same, the same result.")]


def analyse(  # noqa: PLR0913, PLR0917 - the options of a command
    tables: Annotated[
        Path, typer.Argument(help="Folder of the clips' tables, ours or OpenFace's.")
    ],
    participants: Annotated[
        Path,
        typer.Option(help="CSV with a row for each, the one that their clips were extracted with."),
    ],
    out: Annotated[Path, typer.Option(help="New folder for the report and its tables.")],
    groups: Annotated[
        str | None,
        typer.Option(
            help="FIRST,SECOND of the column group, the one expected to move less first.",
            show_default="healthy,subthreshold",
        ),
    ] = None,
    ratings: Annotated[
        Path | None,
        typer.Option(
            help="Folder of raters' files, as the raters' page left them.", show_default="none"
        ),
    ] = None,
    with_refused: Annotated[
        bool, typer.Option("--with-refused", help="Compare clips that the recording gate refused.")
    ] = False,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Compares two groups as the study of 2025 did: a report, and a table of every figure.

    Clips that the recording gate refused, or with a face in fewer than 90 % of their frames, are
    left out and counted. Without a column group, people are grouped by their BDI-II as in that study: 1 to 10, 11 to 20.
    """
    with one_line_errors(as_json=as_json):
        with from_the_extra():
            from kizashi_study.analysis import run  # noqa: PLC0415

        asked = run.Analysis(
            participants, tables, out, _pair(groups), ratings, seed, with_refused=with_refused
        )
        report = run.analyse(asked, datetime.now(UTC).date())
        if as_json:
            print_json({"report": str(out), "found": [each.measure for each in report.found]})
            return
        typer.echo(displayable(run.in_a_sentence(report)))
        typer.echo(displayable(f"Read {out / 'report.html'} before you believe it."))


def simulate(  # noqa: PLR0913, PLR0917 - the options of a command
    out: Annotated[Path, typer.Option(help="New file of labelled recordings of nobody.")],
    people: Annotated[int, typer.Option(min=1, max=100_000)] = 500,
    prevalence: Annotated[float, typer.Option(min=0, max=1, help="Share of cases.")] = 0.15,
    effect: Annotated[
        float, typer.Option(min=0, max=3, help="Cohen's d in each of the study's six figures.")
    ] = 0.25,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Makes up a cohort with a known effect, to try calibration and validation on.

    Its people are nobody, and each line says so: group "simulated" is "yes".
    """
    with one_line_errors(as_json=as_json):
        with from_the_extra():
            from kizashi_study.simulating import write_cohort  # noqa: PLC0415

        cases = write_cohort(out, people, prevalence, effect, seed)
        if as_json:
            print_json({"recordings": str(out), "people": people, "cases": cases})
            return
        typer.echo(f"{out}: {people} simulated people, {cases} of them cases.")


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    names = [each.strip() for each in text.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise NothingToCompare("Two groups are compared: --groups FIRST,SECOND.")
    return names[0], names[1]
