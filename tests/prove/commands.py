"""Every command and option of the programs on a person's laptop, and which of them no run traces."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kizashi_agent.cli import app as agent
from kizashi_agent.command_line.witness import app as witness
from typer.main import get_command

PROGRAMS: Mapping[str, Any] = {
    "kizashi": get_command(agent),
    "kizashi-witness": get_command(witness),
}

TRACED: Mapping[str, frozenset[str]] = {
    "kizashi": frozenset({"--state"}),
    "kizashi check": frozenset(
        {"--video", "--join", "--local", "--consent", "--adult", "--no-account"}
    ),
    "kizashi consent": frozenset(),
    "kizashi consent give": frozenset({"--join", "--agree", "--adult"}),
    "kizashi doctor": frozenset(),
    "kizashi extract": frozenset({"--out"}),
    "kizashi history": frozenset(),
    "kizashi history clear": frozenset({"--yes"}),
    "kizashi history off": frozenset(),
    "kizashi history on": frozenset(),
    "kizashi identity backup": frozenset({"--passphrase-file"}),
    "kizashi identity restore": frozenset({"--passphrase-file"}),
    "kizashi ledger": frozenset({"--raw"}),
    "kizashi ledger clear": frozenset({"--yes"}),
    "kizashi research open": frozenset({"--key", "--out", "--passphrase-file"}),
    "kizashi send": frozenset(),
    "kizashi share cancel": frozenset(),
    "kizashi share make-key": frozenset({"--name", "--passphrase-file"}),
    "kizashi share open": frozenset({"--key", "--passphrase-file"}),
    "kizashi take-out": frozenset(),
    "kizashi trend": frozenset(),
    "kizashi verify": frozenset({"--online", "--witnessed", "--witness-key"}),
    "kizashi withdraw": frozenset({"--all", "--scope", "--recovery", "--join", "--receipts"}),
    "kizashi-witness init": frozenset({"--key"}),
    "kizashi-witness run": frozenset({"--invite", "--state", "--key"}),
}
"""Command -> the options that some traced run of it is given."""

UNTRACED: Mapping[str, str] = {
    "kizashi demo": "starts a server of its own besides; its check and its withdrawal are traced",
    "kizashi page": "a browser drives it; what it keeps and sends goes through the same functions",
}
"""Command -> why none is traced."""

UNTRACED_OPTIONS: Mapping[str, str] = {
    "--jobs": "the same work by several processes",
    "--json": "another form of what is printed",
    "--language": "other words",
    "--seed": "no keyring here; the environment says file",
    "--camera": "no camera here; its frames take the way of a recording's",
    "--neutral": "which of the frames are looked at",
    "--no-neutral": "which of the frames are looked at",
    "--replace": "erases on this laptop alone",
    "--ledger": "erases on this laptop alone, as ledger clear",
    "--root": "what is compared with",
    "trend --join": "as check --join: all four connect alike",
    "kizashi-witness run --out": "another file than the one in --state",
}
"""Option, with a command before it where another's is traced or none is -> why it is not."""


def every_command() -> Iterator[tuple[str, frozenset[str]]]:
    """Each command that can be typed, and the options it has besides --help."""
    for name, command in PROGRAMS.items():
        yield from _below(name, command)


def command_of(program: str, words: Sequence[str]) -> tuple[str, frozenset[str]]:
    """The command that these words are, and the options among them."""
    command, path = PROGRAMS[program], program
    for word in words:
        if word in getattr(command, "commands", {}):
            command, path = command.commands[word], f"{path} {word}"
    return path, frozenset(each for each in words if each in _options(command))


def _below(path: str, command: Any) -> Iterator[tuple[str, frozenset[str]]]:
    commands = getattr(command, "commands", {})
    if not commands or command.invoke_without_command or _options(command):
        yield path, _options(command)
    for name, each in commands.items():
        yield from _below(f"{path} {name}", each)


def _options(command: Any) -> frozenset[str]:
    named = (each for each in command.params if each.param_type_name == "option")
    return frozenset(option for each in named for option in each.opts) - {"--help"}
