"""`kizashi-server norms`: whom people are compared with, estimated anew of a site's own people."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from kizashi_models.labelled_recordings import refuse_simulated
from kizashi_models.refused_words import refused_words
from kizashi_models.scorer_loading import OF_SIMULATED, is_scorer_id, load_scorer, read_scorer

from kizashi_server.command_line.ending import one_line_errors
from kizashi_server.command_line.extra import models_refused, require_extra, require_folder
from kizashi_server.command_line.recordings_file import read_recordings_file
from kizashi_server.errors import CalibrationRefused

if TYPE_CHECKING:
    from kizashi_server.calibration.own_norms import OwnNorms


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was typed."""

    recordings: Path
    norms_id: str
    scorer_id: str
    sources: dict[str, str]
    out: Path
    scorer: str
    models: Path | None
    simulated: bool


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
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for scripts.")
    ] = False,
) -> None:
    """Estimates norms of a site's own people, and writes them with a scorer that uses them."""
    for text in (norms_id, scorer_id):
        if not is_scorer_id(text):
            raise typer.BadParameter("an id has the form name/version, such as campus/1")
    sources = {"en": source, "ja": source_ja}
    for option, text in zip(("--source", "--source-ja"), sources.values(), strict=True):
        _require_words(option, text)
    asked = _Asked(recordings, norms_id, scorer_id, sources, out, scorer, models, simulated)
    os.umask(0o077)
    with one_line_errors(), models_refused(CalibrationRefused):
        require_extra(CalibrationRefused, "onnx")
        made, written = _made(asked)
    if as_json:
        typer.echo(json.dumps(_for_scripts(made, written, asked), allow_nan=False))
    else:
        typer.echo(_for_people(made, written, asked))


def _require_words(option: str, text: str) -> None:
    """People read it with every result, so that it may be neither empty nor a finding about them."""
    if not text.strip():
        raise typer.BadParameter(
            f"{option} is empty, and people are told whose recordings they are"
        )
    if found := refused_words(text):
        raise typer.BadParameter(
            f"{option} has words that nobody may be told with a result: {', '.join(found)}"
        )


def _made(asked: _Asked) -> "tuple[OwnNorms, list[Path]]":
    """The norms, and the files that were written."""
    # The extra's libraries take time to load, and a server at work needs none of them.
    from kizashi_server.calibration import begun_from, own_norms, scorer_files  # noqa: PLC0415

    require_folder(asked.models)
    target = scorer_files.Target(asked.out, asked.scorer_id, asked.simulated)
    scorer_files.require_new(target, asked.norms_id)
    base = load_scorer(asked.models, asked.scorer, simulated=asked.simulated)
    begun_from.require_study_figures(base)
    where = asked.recordings.name
    read = read_recordings_file(asked.recordings)
    if not asked.simulated:
        refuse_simulated(read.recordings, where)
    wanted = own_norms.Wanted(asked.norms_id, target, asked.sources, read.sha256)
    card = read_scorer(asked.models, asked.scorer).card
    made = own_norms.own_norms(read.recordings, wanted, base, card, where)
    return made, scorer_files.write_scorer(target, made.files)


def _for_scripts(made: "OwnNorms", written: list[Path], asked: _Asked) -> dict[str, Any]:
    return {
        "id": asked.norms_id,
        "scorer_id": asked.scorer_id,
        "written": [str(path) for path in written],
        "persons": made.persons,
        "recordings": made.clips,
        "left_out": dict(made.left_out),
        "figures_left_out": list(made.fitted.left_out),
        "simulated": asked.simulated,
    }


def _for_people(made: "OwnNorms", written: list[Path], asked: _Asked) -> str:
    return "\n".join(
        [
            f"{asked.norms_id}: {made.persons} persons, {made.clips} recordings",
            *(f"left out, {reason}: {count}" for reason, count in made.left_out.items()),
            *(f"left out, the same for everybody: {name}" for name in made.fitted.left_out),
            f"written: {', '.join(str(path) for path in written)}",
            f"{asked.scorer_id} is {OF_SIMULATED}."
            if asked.simulated
            else f"To use them: models_directory and scorer = {asked.scorer_id!r} in the "
            "configuration. How well it works is not established.",
        ]
    )
