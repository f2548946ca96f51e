"""The recovery code at the terminal: shown once, and typed so that nobody else reads it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import typer
from kizashi_protocol import Invite

from kizashi_agent.commands.recovery import recover
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.recovery_code import RecoveryCodeMistyped, code_to_show
from kizashi_agent.edge import print_json
from kizashi_agent.show.as_json import recovery_json
from kizashi_agent.show.recovery import show_code, show_recovery
from kizashi_agent.words import say

LONGEST_LINE = 1_000
"""Characters read of a line of standard input; a code has 44 with its dashes."""


def withdraw_by_code(
    world: Surroundings, join: str, receipts: Path | None, *, as_json: bool
) -> None:
    """Asks for the code, takes everything back with it, and prints what came of it.

    Raises:
        AgentError: as `recover`.
        MalformedInvite: the invite cannot be read.
        typer.Exit: something was not asked for; with the exit code of what stopped it.
    """
    invite = Invite.parse(join)
    outcome = recover(typed_code(world, sys.stdin), invite, world, receipts)
    if as_json:
        print_json(recovery_json(outcome))
    else:
        show_recovery(world.console, world.locale, outcome)
    if outcome.fault is not None:
        raise typer.Exit(outcome.fault.exit_code)


@contextmanager
def code_shown_afterwards(world: Surroundings, invite: Invite | None) -> Iterator[None]:
    """Shows the recovery code after the block, if in it the first consent was given.

    However the block ended: a check that failed may have been sent, or wait to be. Without an invite
    nothing is shown, and the code stays to be shown another time.
    """
    try:
        yield
    finally:
        code = None if invite is None else code_to_show(world.state)
        if code is not None and invite is not None:
            show_code(world.console, world.locale, code, invite)


def typed_code(world: Surroundings, source: TextIO) -> str:
    """The code, typed at a terminal unseen, or else the first line of standard input.

    Never a word of the command line: other programs can read that, and the shell remembers it.

    Raises:
        RecoveryCodeMistyped: the line is no text.
    """
    if source.isatty():
        question = say(world.locale, "recovery_question")
        # Standard output is for the receipts.
        given: str = typer.prompt(question, hide_input=True, err=True)
        return given
    try:
        return source.readline(LONGEST_LINE)
    except UnicodeDecodeError:
        raise RecoveryCodeMistyped from None
