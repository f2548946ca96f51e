"""Questions to an operator, put only where somebody can answer: at a terminal.

Where nobody can, a command says what to give in place of an answer, and does nothing.
"""

import sys

import typer

from kizashi_server.errors import Declined, NobodyToAsk


def agree(question: str, *, declined: str, instead: str) -> None:
    """Asks a question and returns on a yes; a bare Return is a no.

    Args:
        question: in one sentence.
        declined: what has not been done after a no, as a sentence.
        instead: what a script gives in place of an answer, as "add --yes".

    Raises:
        Declined: the answer was no, or the question was broken off.
        NobodyToAsk: there is no terminal.
    """
    require_terminal("a yes", instead)
    try:
        if typer.confirm(question):
            return
    except typer.Abort:
        pass
    raise Declined(declined)


def ask_passphrase(*, twice: bool, instead: str) -> str:
    """A passphrase, not shown while it is typed; `twice` when it is being chosen.

    Raises:
        Declined: the question was broken off.
        NobodyToAsk: there is no terminal.
    """
    require_terminal("a passphrase", instead)
    try:
        text: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=twice)
    except typer.Abort:
        raise Declined("No passphrase was given, and nothing was done.") from None
    return text


def require_terminal(what: str, instead: str) -> None:
    """Returns where somebody can be asked.

    Raises:
        NobodyToAsk: there is no terminal.
    """
    if not sys.stdin.isatty():
        raise NobodyToAsk(
            f"nobody can be asked for {what}",
            f"This asks for {what} at a terminal, and there is none here, so nothing was done. "
            f"For scripts, {instead}.",
        )
