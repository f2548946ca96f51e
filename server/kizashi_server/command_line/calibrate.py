"""`kizashi-server calibrate`: a scorer of a site's own, of its consenting people."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from kizashi_models.labelled_recordings import (
    CASE_FROM,
    HIGHEST_TOTAL,
    Instrument,
    refuse_simulated,
)
from kizashi_models.scorer_loading import OF_SIMULATED, is_scorer_id, load_scorer

from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.extra import models_refused, require_extra, require_folder
from kizashi_server.command_line.recordings_file import read_recordings_file
from kizashi_server.errors import CalibrationRefused

if TYPE_CHECKING:
    from kizashi_server.calibration.calibrating import Calibration

_EXTRA = ("onnx", "scipy", "sklearn", "statsmodels")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was typed."""

    recordings: Path
    scorer_id: str
    out: Path
    scorer: str
    models: Path | None
    instrument: Instrument
    case_from: int
    simulated: bool
    seed: int


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
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            help="Of every division and draw. Decide it before: the best of several is luck.",
        ),
    ] = 1,
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
    asked = _Asked(recordings, scorer_id, out, scorer, models, instrument, least, simulated, seed)
    os.umask(0o077)
    with one_line_errors(), models_refused(CalibrationRefused):
        require_extra(CalibrationRefused, *_EXTRA)
        from kizashi_server.calibration import told  # noqa: PLC0415 - as in _calibrated

        found, files = _calibrated(asked)
        _say(found, files, asked, as_json=as_json)
        refusal = told.refusal_of(found, scorer_id)
        if refusal is not None:
            raise refusal


def _calibrated(asked: _Asked) -> "tuple[Calibration, list[Path]]":
    """What came of it, and the files that were written."""
    # The extra's libraries take seconds to load, and a server at work needs none of them.
    from kizashi_server.calibration import (  # noqa: PLC0415
        begun_from,
        calibrating,
        export,
        nested_folds,
        people,
        scorer_files,
    )

    require_folder(asked.models)
    target = scorer_files.Target(asked.out, asked.scorer_id, asked.simulated)
    base = load_scorer(asked.models, asked.scorer, simulated=asked.simulated)
    begun_from.require_study_figures(base)
    files_of_base = export.read_base(asked.models, asked.scorer)
    scorer_files.require_new(target, files_of_base.norms_id, files_of_base.norms)
    where = asked.recordings.name
    read = read_recordings_file(asked.recordings)
    if not asked.simulated:
        refuse_simulated(read.recordings, where)
    those = people.people_of(read.recordings, base, asked.instrument, asked.case_from, where)
    begun_from.require_unseen(base, files_of_base.card, those.digests)
    calibrating.require_enough(those)
    found = calibrating.calibrate(those, base, nested_folds.Plan(asked.seed))
    if found.fitted is None:
        return found, []
    files = export.files_of(found, found.fitted, files_of_base, read.sha256, target)
    return found, scorer_files.write_scorer(target, files)


def _say(found: "Calibration", files: list[Path], asked: _Asked, *, as_json: bool) -> None:
    from kizashi_server.calibration import told  # noqa: PLC0415 - as in _calibrated

    if as_json:
        said = told.as_json(found, asked.scorer_id, files) | {"simulated": asked.simulated}
        typer.echo(json.dumps(said, allow_nan=False))
        return
    typer.echo(told.as_text(found, asked.scorer_id, files))
    if asked.simulated and files:
        typer.echo(f"{asked.scorer_id} is {OF_SIMULATED}.")
