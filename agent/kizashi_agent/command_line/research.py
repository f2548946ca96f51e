"""`kizashi research`: how its commands are typed."""

from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol.display_text import displayable
from rich.text import Text

from kizashi_agent.command_line.identity import PassphraseFile, ask_passphrase
from kizashi_agent.commands.research import OpenedExport, open_export, read_manifest
from kizashi_agent.commands.share import read_key
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.counsellor_key import open_key
from kizashi_agent.edge import one_line_errors, surroundings
from kizashi_agent.errors import InputError
from kizashi_agent.words import say

research_app = typer.Typer(
    no_args_is_help=True,
    help="For researchers: open what people gave for research. A key is made as a counsellor's is: "
    "kizashi share make-key FILE --name NAME",
)


@research_app.command("open")
def open_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="What the server's operator handed over, whole.")],
    key: Annotated[
        Path, typer.Option(help="Your key, made by: kizashi share make-key FILE --name NAME")
    ],
    out: Annotated[Path, typer.Option(help="New file: one summary a line, as JSON.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """For researchers: opens the summaries in an export. Exit code 3 when one did not open."""
    with one_line_errors(as_json=False):
        world = surroundings(context.obj, quiet=False)
        read_manifest(folder)  # a wrong folder is told before a passphrase is asked for
        locked = read_key(key)
        opened = open_key(locked, ask_passphrase(world, passphrase_file, twice=False))
        outcome = open_export(folder, opened, out)
        _show(outcome, out, world)
        if outcome.faults or outcome.missing:
            raise typer.Exit(InputError.exit_code)


def _show(outcome: OpenedExport, out: Path, world: Surroundings) -> None:
    def line(key: str, **values: object) -> None:
        world.console.print(Text(say(world.locale, key, **values)))

    manifest = outcome.manifest
    line(
        "research_opened",
        opened=outcome.opened,
        programme=manifest.programme_id,
        date=manifest.date,
        out=displayable(str(out)),
        answered=outcome.answered,
    )
    for fault in outcome.faults:
        line("research_fault", name=displayable(fault.name), reason=fault.reason)
    if outcome.missing:
        found = manifest.count - outcome.missing
        line("research_count", counted=manifest.count, found=found)
    line("research_replaces")
