"""`kizashi-server norms`: whom people are compared with, estimated anew of a site's own people."""

import os
from pathlib import Path
from typing import Annotated

import typer
from kizashi_models.labelled_recordings import refuse_simulated
from kizashi_models.scorer_loading import OF_SIMULATED, is_scorer_id, load_scorer, read_scorer

from kizashi_server.command_line.calibrate import models_refused, require_extra
from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.recordings_file import read_recordings_file


def norms(  # noqa: PLR0913, PLR0917 - the options of a command
    recordings: Annotated[
        Path, typer.Argument(help="Labelled recordings, one a line; totals are not looked at.")
    ],
    norms_id: Annotated[str, typer.Option("--id", help="Name and version, such as campus/1.")],
    scorer_id: Annotated[
        str,
        typer.Option(help="Name and version of the scorer against them, such as campus-prior/1."),
    ],
    source: Annotated[
        str,
        typer.Option(help="Whose recordings they are, as people are told: students of ..., 2026."),
    ],
    source_ja: Annotated[str, typer.Option(help="The same in Japanese.")],
    out: Annotated[Path, typer.Option(help="Folder of models; made where it is missing.")],
    scorer: Annotated[
        str, typer.Option(help="The scorer whose weights it takes.")
    ] = "research-prior/1",
    models: Annotated[
        Path | None, typer.Option(help="Folder of the site's own models, where --scorer is one.")
    ] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Takes simulated people; nobody can be scored then.")
    ] = False,
) -> None:
    """Estimates norms of a site's own people, and writes them with a scorer that uses them."""
    for text in (norms_id, scorer_id):
        if not is_scorer_id(text):
            raise typer.BadParameter("an id has the form name/version, such as campus/1")
    os.umask(0o077)
    with one_line_errors(), models_refused():
        require_extra("onnx")
        # The extra's libraries take time to load, and a server at work needs none of them.
        from kizashi_server.calibration.calibrating import require_study_figures  # noqa: PLC0415
        from kizashi_server.calibration.export import write_new_files  # noqa: PLC0415
        from kizashi_server.calibration.own_norms import Wanted, own_norms  # noqa: PLC0415

        base = load_scorer(models, scorer, simulated=simulated)
        require_study_figures(base)
        read = read_recordings_file(recordings)
        if not simulated:
            refuse_simulated(read.recordings, recordings.name)
        sources = {"en": source, "ja": source_ja}
        wanted = Wanted(norms_id, scorer_id, sources, read.sha256, simulated)
        card = read_scorer(models, scorer).card
        made = own_norms(read.recordings, wanted, base, card, recordings.name)
        written = write_new_files({out / path: data for path, data in made.files.items()})
        load_scorer(out, scorer_id, simulated=simulated)
    typer.echo(f"{norms_id}: {made.persons} persons, {made.clips} recordings")
    for reason, count in made.left_out.items():
        typer.echo(f"left out, {reason}: {count}")
    for name in made.fitted.left_out:
        typer.echo(f"left out, the same for everybody: {name}")
    typer.echo(f"written: {', '.join(str(path) for path in written)}")
    typer.echo(
        f"{scorer_id} is {OF_SIMULATED}."
        if simulated
        else f"To use them: models_directory and scorer = {scorer_id!r} in the configuration. How well "
        "it works is not established."
    )
