"""Commands that other packages add to `kizashi`, by an entry point of the group named here.

The agent imports none of them by itself: one is loaded when it is typed, or named in a list of
commands, so that every other command starts as if it were not there. What cannot be loaded stands
in the list and says so when it is typed; nothing else is touched.
"""

import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from importlib.metadata import EntryPoint, distributions
from io import StringIO
from typing import Any

import typer
from kizashi_protocol.display_text import displayable
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from kizashi_agent.errors import InputError

GROUP = "kizashi.commands"
"""Each entry point of it is a `typer.Typer`, and its name the command's."""


def installed_commands() -> Iterable[EntryPoint]:
    """What the packages installed beside this one add; a package that cannot be read adds nothing."""
    found: dict[str, EntryPoint] = {}
    for package in distributions():
        try:
            added = list(package.entry_points.select(group=GROUP))
        except Exception:  # noqa: BLE001, S112 - it is another package's file
            continue
        for each in added:
            found.setdefault(each.name, each)
    return found.values()


def attaching(find: Callable[[], Iterable[EntryPoint]]) -> type[TyperGroup]:
    """A group of commands that has those besides its own; its own go before any of their name."""

    class Attaching(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            """See `TyperGroup`."""
            own = super().list_commands(ctx)
            return [*own, *sorted({displayable(each.name) for each in find()} - set(own))]

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            """See `TyperGroup`."""
            own = super().get_command(ctx, cmd_name)
            if own is not None:
                return own
            found = next((each for each in find() if displayable(each.name) == cmd_name), None)
            return None if found is None else attached(found)

    return Attaching


def attached(entry: EntryPoint) -> Any:
    """The command of an entry point, or one that says why it cannot be loaded."""
    try:
        # What it prints meanwhile would stand in what a script reads.
        with redirect_stdout(StringIO()):
            command = get_command(_typer_of(entry.load()))
            command.get_short_help_str()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - it is another package's code
        return _broken(entry, type(error).__name__)
    command.name = displayable(entry.name)
    return command


def _typer_of(loaded: object) -> typer.Typer:
    if isinstance(loaded, typer.Typer):
        return loaded
    raise TypeError(f"{type(loaded).__name__} is no typer.Typer")


def _broken(entry: EntryPoint, why: str) -> TyperCommand:
    package = _package(entry)
    said = displayable(
        f"The command {entry.name} of {package} cannot be loaded ({why}). Install {package} anew, "
        "or remove it."
    )

    def tell() -> None:
        print(f"kizashi: {said}", file=sys.stderr)
        raise typer.Exit(InputError.exit_code)

    # Whatever was typed after it, it says the same.
    loose = {"ignore_unknown_options": True, "allow_extra_args": True}
    return TyperCommand(displayable(entry.name), callback=tell, help=said, context_settings=loose)


def _package(entry: EntryPoint) -> str:
    try:
        named = entry.dist.name if entry.dist else None
    except Exception:  # noqa: BLE001 - what it says of itself may be gone
        named = None
    return named or entry.value
