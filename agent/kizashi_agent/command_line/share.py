"""`kizashi share`: how its commands are typed."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol import MalformedShareCode, ShareCode

from kizashi_agent.command_line.identity import PassphraseFile, ask_passphrase
from kizashi_agent.commands.cancel_shares import cancel_shares
from kizashi_agent.commands.share import make_key, open_shared, read_key
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.counsellor_key import open_key
from kizashi_agent.edge import AsJson, one_line_errors, print_json, surroundings
from kizashi_agent.errors import AgentError
from kizashi_agent.new_file import require_new
from kizashi_agent.show.as_json import cancelled_json, fetched_json
from kizashi_agent.show.sharing import show_cancelled, show_fetched, show_key, show_origin
from kizashi_agent.words import say

_LONGEST_LINE = 4_096
"""Bytes. A code takes at most 550."""

share_app = typer.Typer(
    no_args_is_help=True,
    help="For counsellors: make a key, open what was shared. For you: take a share back. "
    "A feedback is shared from `kizashi check` or `send`, right after it was shown.",
)


@share_app.command("open")
def open_command(
    context: typer.Context,
    key: Annotated[Path, typer.Option(help="Your key, made by make-key.")],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """For counsellors: fetches a shared feedback, once, and shows it. Nothing of it is kept.

    The code is asked at the terminal and not shown; without one it is read from standard input, one
    line. On a command line it would stand in the shell's history and in the list of processes.
    Where it leads is shown before the passphrase is asked and before anybody is called.
    """
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        locked = read_key(key)
        code = _ask_code(world)
        show_origin(world.console, world.locale, code.invite)
        opened = open_key(locked, ask_passphrase(world, passphrase_file, twice=False))
        feedback = open_shared(code, opened, world)
        show_fetched(world.console, world.locale, feedback)
        if as_json:
            print_json(fetched_json(feedback, code.invite))


@share_app.command("make-key")
def make_key_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A new file.")],
    name: Annotated[str, typer.Option(help="Yours, as people are to see it.")],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """For counsellors: makes a key, encrypted by a passphrase, and a request to be certified."""
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        request = file.with_name(f"{file.name}.request")
        for path in (file, request):
            require_new(path)
        passphrase = ask_passphrase(world, passphrase_file, twice=True)
        made = make_key(file, request, name, passphrase, world)
        show_key(world.console, world.locale, made, str(request))
        if as_json:
            print_json({"fingerprint": made.request.fingerprint.hex(), "request": str(request)})


@share_app.command()
def cancel(context: typer.Context, as_json: AsJson = False) -> None:
    """Takes back what waits for a counsellor; the check stays (kizashi withdraw --all erases it)."""
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        outcome = cancel_shares(world)
        show_cancelled(world.console, world.locale, outcome)
        if as_json:
            print_json(cancelled_json(outcome))
        if outcome.fault is not None:
            raise typer.Exit(outcome.fault.exit_code)


class ShareCodeMistyped(AgentError):
    """A share code that cannot have been shown."""

    exit_code = 2

    def __init__(self, error: MalformedShareCode) -> None:
        super().__init__(error.log, f"{error.person} Nothing was fetched.", reason=error.reason)


def _ask_code(world: Surroundings) -> ShareCode:
    if sys.stdin.isatty():
        text: str = typer.prompt(say(world.locale, "share_code"), hide_input=True, err=True)
    else:
        text = sys.stdin.buffer.readline(_LONGEST_LINE).decode("utf-8", "replace")
    try:
        return ShareCode.parse(text)
    except MalformedShareCode as error:
        raise ShareCodeMistyped(error) from None
