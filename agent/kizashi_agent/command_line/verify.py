"""`kizashi verify`: how it is typed."""

import re
from pathlib import Path
from typing import Annotated

import typer

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.verify import Witnessed, pinned_root, verify_receipt
from kizashi_agent.edge import AsJson, one_line_errors, print_json, surroundings
from kizashi_agent.errors import TrustBroken
from kizashi_agent.show.receipts import show_verification, verification_json
from kizashi_agent.submit.published_log import PublishedLog


def verify(  # noqa: PLR0913, PLR0917 - the options of a command
    context: typer.Context,
    receipt: Annotated[Path, typer.Argument(help="A receipt file, such as kizashi keeps.")],
    root: Annotated[
        str | None,
        typer.Option(help="The root's fingerprint, in hexadecimal.", show_default="the pinned one"),
    ] = None,
    witnessed: Annotated[
        Path | None, typer.Option(help="A head of the log, as a witness published it.")
    ] = None,
    witness_key: Annotated[
        str | None, typer.Option(help="The witness's public key, in hexadecimal.")
    ] = None,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Ask the server whether the log it publishes now still contains the receipt, and "
            "for the proof a witnessed head may take. It can tell whose receipt that is.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Verifies a receipt against the pinned root, offline unless told otherwise.

    Exit code 0: it holds; 3: no receipt file; 7: the server does not answer; 8: it does not hold,
    or a witnessed head was given, or the server asked, and nothing could be shown about it.
    """
    if (witnessed is None) != (witness_key is None):
        raise typer.BadParameter("--witnessed and --witness-key go together")
    given = None if root is None else _hexadecimal(root, "--root")
    public = None if witness_key is None else _hexadecimal(witness_key, "--witness-key")
    with one_line_errors(as_json=as_json):
        world = surroundings(context.obj, quiet=as_json)
        pin = pinned_root(world.state) if given is None else given
        witness = None
        if witnessed is not None and public is not None:
            token = witnessed.read_text("ascii", "replace").strip()
            witness = Witnessed(token, public)
        connect = (lambda: _published_log(world)) if online else None
        found = verify_receipt(receipt, pin, witness, world.locale, connect)
        if as_json:
            print_json(verification_json(found))
        show_verification(world.console, world.locale, found)
        if not found.is_answered:
            raise typer.Exit(TrustBroken.exit_code)


def _published_log(world: Surroundings) -> PublishedLog:
    return PublishedLog(world.connect(world.invite(None)), world.recorder, world.now())


def _hexadecimal(text: str, option: str) -> bytes:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise typer.BadParameter(f"{option} takes 64 hexadecimal digits")
    return bytes.fromhex(text)
