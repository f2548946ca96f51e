"""`kizashi identity`: how its commands are typed."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from kizashi_agent.commands.identity import back_up, restore
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.edge import AsJson, one_line_errors, print_json, surroundings
from kizashi_agent.errors import StateError
from kizashi_agent.new_file import require_new
from kizashi_agent.words import say

identity_app = typer.Typer(
    no_args_is_help=True, help="Backs up your keys, encrypted by a passphrase, and restores them."
)

PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="For scripts: its first line is the passphrase.", show_default="asked"),
]


@identity_app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A new file.")],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Writes your keys, and what withdrawing your checks takes, to an encrypted file."""
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        require_new(file)
        identity = back_up(world, file, ask_passphrase(world, passphrase_file, twice=True))
        words = say(world.locale, "backup_made", path=file, checks=len(identity.checks))
        world.console.print(Text(words))
        if as_json:
            print_json({"file": str(file), "checks": len(identity.checks)})


@identity_app.command("restore")
def restore_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that backup wrote.")],
    passphrase_file: PassphraseFile = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Erase other keys on this laptop, their records and ledger."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Puts the keys and records of a backup on this laptop."""
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        file.stat()  # a wrong name is told before a passphrase is asked for
        passphrase = ask_passphrase(world, passphrase_file, twice=False)
        identity = restore(world, file, passphrase, replace=replace)
        words = say(world.locale, "backup_restored", checks=len(identity.checks))
        world.console.print(Text(words))
        if as_json:
            print_json({"checks": len(identity.checks)})


def ask_passphrase(world: Surroundings, file: Path | None, *, twice: bool) -> str:
    """The passphrase in a file, or asked at the terminal, `twice` when it is being chosen.

    Raises:
        StateError: nobody can be asked, or the file is no text.
    """
    if file is not None:
        return _first_line(file)
    if not sys.stdin.isatty():
        raise StateError(
            "nobody can be asked for a passphrase",
            "The passphrase is asked at a terminal, and this is none. For scripts, add "
            "--passphrase-file FILE.",
            reason="NOBODY_TO_ASK",
        )
    again = say(world.locale, "passphrase_again") if twice else False
    given: str = typer.prompt(
        say(world.locale, "passphrase"), hide_input=True, confirmation_prompt=again, err=True
    )
    return given


def _first_line(file: Path) -> str:
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise StateError(
            "a passphrase file is no text",
            f"{file} is no text in UTF-8, so it holds no passphrase.",
            reason="PASSPHRASE_UNREADABLE",
        ) from None
    return text.split("\n", 1)[0].removesuffix("\r")
