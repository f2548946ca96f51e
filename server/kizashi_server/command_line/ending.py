"""How a command of the operator ends: one line, its reason at the end, and an exit code for each error."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from kizashi_server import diagnostics
from kizashi_server.errors import ServerError, StartError

STORE_EXIT_CODE = 7


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turns what an operator can put right into one line and an exit code."""
    try:
        yield
    except StartError as error:
        typer.echo(f"kizashi-server: {error.person} [{error.reason}]", err=True)
        raise typer.Exit(error.exit_code) from None
    except ServerError as error:
        typer.echo(
            f"kizashi-server: {error.log}. Check the state directory and its disk. [{error.reason}]",
            err=True,
        )
        raise typer.Exit(STORE_EXIT_CODE) from None
    except Exception as error:  # noqa: BLE001 - an operator gets a line, whatever it is
        place = diagnostics.origin(error)
        typer.echo(
            f"kizashi-server: an unexpected fault ({place}). Please report it. [UNEXPECTED]",
            err=True,
        )
        raise typer.Exit(1) from None
