"""`kizashi-server calibrate`: a scorer of a site's own, of its consenting people."""

import importlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from kizashi_models.errors import BadRecordings, ModelError
from kizashi_models.labelled_recordings import (
    CASE_FROM,
    HIGHEST_TOTAL,
    Instrument,
    refuse_simulated,
)
from kizashi_models.scorer_loading import OF_SIMULATED, is_scorer_id, load_scorer

from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.recordings_file import read_recordings_file
from kizashi_server.errors import CalibrationRefused, ModelRefused

_EXTRA = ("onnx", "scipy", "sklearn", "statsmodels")


def calibrate(  # noqa: PLR0913, PLR0917 - the options of a command
    recordings: Annotated[
        Path, typer.Argument(help="Labelled recordings, one a line, everybody once.")
    ],
    scorer_id: Annotated[str, typer.Option("--id", help="Name and version, such as campus-own/1.")],
    out: Annotated[
        Path, typer.Option(help="Folder of models to write it into; made where it is missing.")
    ],
    scorer: Annotated[
        str, typer.Option(help="What it begins from and is compared with.")
    ] = "research-prior/1",
    models: Annotated[
        Path | None, typer.Option(help="Folder of the site's own models, where --scorer is one.")
    ] = None,
    instrument: Annotated[
        Instrument, typer.Option(help="Whose total says who is a case.")
    ] = Instrument.PHQ_9,
    case_from: Annotated[
        int | None,
        typer.Option(
            help="Total from which somebody is a case; 10 of the PHQ-9 and 11 of the BDI-II unless "
            "given."
        ),
    ] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Takes simulated people; nobody can be scored then.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of every division and draw.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for scripts.")
    ] = False,
) -> None:
    """Fits a scorer, and writes it only where it is better than the one it began from."""
    if not is_scorer_id(scorer_id):
        raise typer.BadParameter("an id has the form name/version, such as campus-own/1")
    least = CASE_FROM[instrument] if case_from is None else case_from
    if not 1 <= least <= HIGHEST_TOTAL[instrument]:
        raise typer.BadParameter(
            f"totals of the {instrument} end at {HIGHEST_TOTAL[instrument]}, and a case begins at "
            "1 or more"
        )
    os.umask(0o077)
    with one_line_errors(), models_refused():
        require_extra(*_EXTRA)
        # The extra's libraries take seconds to load, and a server at work needs none of them.
        from kizashi_server.calibration import (  # noqa: PLC0415
            calibrating,
            export,
            nested_folds,
            people,
            told,
        )

        target = export.Target(out, scorer_id, simulated)
        base = load_scorer(models, scorer, simulated=simulated)
        calibrating.require_study_figures(base)
        files_of_base = export.read_base(models, scorer)
        export.require_new(target, files_of_base)
        read = read_recordings_file(recordings)
        if not simulated:
            refuse_simulated(read.recordings, recordings.name)
        those = people.people_of(read.recordings, base.norms, instrument, least, recordings.name)
        calibrating.require_enough(those)
        found = calibrating.calibrate(those, base, nested_folds.Plan(seed))
        files: list[Path] = []
        if found.fitted is not None:
            files = export.export(found, found.fitted, files_of_base, read.sha256, target)
        if as_json:
            typer.echo(json.dumps(told.as_json(found, scorer_id, files) | {"simulated": simulated}))
        else:
            typer.echo(told.as_text(found, scorer_id, files))
            if simulated and files:
                typer.echo(f"{scorer_id} is {OF_SIMULATED}.")
        refusal = told.refusal_of(found, scorer_id)
        if refusal is not None:
            raise refusal


def require_extra(*libraries: str) -> None:
    """Returns where these libraries of the extra are there.

    Raises:
        CalibrationRefused: one is not (EXTRA_MISSING).
    """
    for name in libraries:
        try:
            importlib.import_module(name)
        except ImportError:
            raise CalibrationRefused(
                f"{name} is not installed",
                "The libraries that fit a scorer are not installed. Install them in the project's "
                "folder with: pip install '.[calibration]'",
                reason="EXTRA_MISSING",
            ) from None


@contextmanager
def models_refused() -> Iterator[None]:
    """Turns what a model or a file of recordings lacks into what an operator is told."""
    try:
        yield
    except BadRecordings as error:
        raise CalibrationRefused(error.log, error.person, reason=error.reason) from None
    except ModelError as error:
        raise ModelRefused(error.log, error.person) from None
