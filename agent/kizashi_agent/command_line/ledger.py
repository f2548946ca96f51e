"""`kizashi ledger`: how its commands are typed."""

from typing import Annotated

import typer
from rich.text import Text

from kizashi_agent.commands.ledger import (
    ask_to_clear,
    clear_ledger,
    ledger_contents,
    ledger_entry,
)
from kizashi_agent.edge import AsJson, ListsByItself, one_line_errors, print_json, surroundings
from kizashi_agent.errors import StateError
from kizashi_agent.show.ledger import contents_json, entry_json, show_contents, show_entry
from kizashi_agent.words import say

ledger_app = typer.Typer(
    cls=ListsByItself,
    help="Shows the messages this laptop sent and received, or erases them.",
)


@ledger_app.callback(invoke_without_command=True)
def ledger(
    context: typer.Context,
    raw: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="One message: exact bytes and every field.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Lists the messages: time, address, size, kind and the consents each relied on.

    All of them, but for those of commands that keep nothing here, such as check --no-account, and
    looks at a server's directory that were made while the ledger was empty and led to nothing.
    """
    if context.invoked_subcommand is not None:
        return
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        if raw is not None:
            entry = ledger_entry(world, raw)
            show_entry(world.console, world.locale, entry)
            if as_json:
                print_json(entry_json(entry))
            return
        contents = ledger_contents(world)
        show_contents(world.console, world.locale, contents)
        if as_json:
            print_json(contents_json(contents))
        if contents.faults:
            raise typer.Exit(StateError.exit_code)


@ledger_app.command()
def clear(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erases the messages from this laptop; what servers hold is not changed by it."""
    with one_line_errors(as_json=False):
        world = surroundings(context.obj, quiet=False)
        if not yes:
            ask_to_clear(world)
        count = clear_ledger(world)
        world.console.print(Text(say(world.locale, "ledger_cleared", count=count)))
