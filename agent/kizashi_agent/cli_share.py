"""`kizashi share`: how its commands are typed."""

from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol import ShareCode
from rich.text import Text

from kizashi_agent.cli_identity import PassphraseFile, ask_passphrase
from kizashi_agent.commands.share import cancel_shares, make_key, open_shared, read_key
from kizashi_agent.edge import one_line_errors, surroundings
from kizashi_agent.show.outcomes import show_withdrawal
from kizashi_agent.show.sharing import show_fetched, show_key
from kizashi_agent.show.words import say

share_app = typer.Typer(
    no_args_is_help=True,
    help="For counsellors: make a key, open what was shared. For you: take a share back. "
    "A feedback is shared from `kizashi check`, right after it was shown.",
)


@share_app.command("open")
def open_command(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="kizashi-share://..., as it was handed over.")],
    key: Annotated[Path, typer.Option(help="Your key, made by make-key.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """For counsellors: fetches a shared feedback, once, and shows it. Nothing of it is kept."""
    with one_line_errors(as_json=False):
        world = surroundings(context.obj, quiet=False)
        parsed = ShareCode.parse(code)
        opened = read_key(key, ask_passphrase(world, passphrase_file, twice=False))
        show_fetched(world.console, world.locale, open_shared(parsed, opened, world))


@share_app.command("make-key")
def make_key_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A new file.")],
    name: Annotated[str, typer.Option(help="Yours, as people are to see it.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """For counsellors: makes a key, encrypted by a passphrase, and a request to be certified."""
    with one_line_errors(as_json=False):
        world = surroundings(context.obj, quiet=False)
        request = file.with_name(f"{file.name}.request")
        passphrase = ask_passphrase(world, passphrase_file, twice=True)
        made = make_key(file, request, name, passphrase, world)
        show_key(world.console, world.locale, made, str(request))


@share_app.command()
def cancel(context: typer.Context) -> None:
    """Takes back what waits for a counsellor, with the whole check it is of."""
    with one_line_errors(as_json=False):
        world = surroundings(context.obj, quiet=False)
        outcome = cancel_shares(world)
        if outcome.withdrawn or outcome.failed:
            show_withdrawal(world.console, world.locale, outcome)
            world.console.print(Text(say(world.locale, "share_past_recall")))
        else:
            world.console.print(Text(say(world.locale, "share_nothing_left")))
        if outcome.failed:
            raise typer.Exit(outcome.failed[0][1].exit_code)
