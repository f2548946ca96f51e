"""Every command that a person is told of can be typed as it stands, with what it needs."""

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kizashi_agent.cli import app as agent
from kizashi_agent.command_line.witness import app as witness
from kizashi_server.main import app as server
from kizashi_study.cli import study_app
from typer.main import get_command

TOP = Path(__file__).parents[1]


def with_study(command: Any) -> Any:
    """The agent's command with the one that attaches to it, whatever this installation says."""
    command.add_command(get_command(study_app), "study")
    return command


PROGRAMS: dict[str, Any] = {
    "kizashi": with_study(get_command(agent)),
    "kizashi-server": get_command(server),
    "kizashi-witness": get_command(witness),
}
FOLDERS = (
    "agent/kizashi_agent",
    "agent/kizashi_study",
    "server/kizashi_server",
    "protos/kizashi_protocol",
    "models/kizashi_models",
)
GUIDES = {"README.md": (), "agent/README.md": ("kizashi",), "deploy/README.md": ("kizashi-server",)}
"""The guides, each with the programs of which it names every command."""
SHOWN = re.compile(r"^ *(kizashi(?:-server|-witness)? .+)$", re.MULTILINE)
IN_LINE = re.compile(r"`(kizashi(?:-server|-witness)?\s[^`]+)`")
PROSE = frozenset({"is", "again", "keeps", "directory"})
"""What may follow a name where a running program is spoken of, or a kind of file."""
MORE_THAN_ITS_NAME = frozenset({"kizashi withdraw", "kizashi-server init"})
"""Commands that refuse to run without one of several options, which their parser cannot say."""
FILLED_IN = re.compile(r"[A-Z]{2,}|\{\w*\}|trend|cohort|research|番号|コード|名前|ファイル")
"""What stands for a value: capitals, a placeholder, or a scope."""
MENTION = re.compile(r"(?<![\w/-])(kizashi(?:-server|-witness)?)((?:\s+[\w{}-]+)+)")
HELP = "--help"
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


@dataclass(frozen=True, slots=True)
class Said:
    """A text for a person, and where it stands."""

    place: str
    text: str


def texts(folder: str) -> Iterator[Said]:
    """Every string of a package that is no docstring, and its TOML files."""
    for path in sorted((TOP / folder).rglob("*.py")):
        yield from (
            Said(f"{path.name}:{line}", text) for line, text in strings(ast.parse(path.read_text()))
        )
    for path in sorted((TOP / folder).rglob("*.toml")):
        # A line that ends with a backslash goes on; one is a template, which does not parse.
        yield Said(path.name, path.read_text("utf-8").replace("\\\n", ""))


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Strings with their lines; what an f-string fills in becomes `{x}`."""
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            parts.add(id(node.value))  # a docstring
        elif isinstance(node, ast.JoinedStr):
            parts.update(map(id, node.values))
            text = (each.value if isinstance(each, ast.Constant) else "{x}" for each in node.values)
            yield node.lineno, "".join(map(str, text))
        elif id(node) not in parts and isinstance(node, ast.Constant):
            yield node.lineno, str(node.value)


def fault_of(program: str, words: list[str]) -> str | None:
    """What keeps words after a program's name from being a command that can be typed."""
    command, path = PROGRAMS[program], program
    if words[0] not in command.commands:
        return None if words[0] in PROSE else f"{program} has no command {words[0]}"
    while words and words[0] in getattr(command, "commands", {}):
        path = f"{path} {words[0]}"
        command = command.commands[words.pop(0)]
    if words and (words[0] in PROSE or words[0] == HELP):
        return None
    if hasattr(command, "commands") and not command.invoke_without_command:
        return f"{path} does nothing by itself"
    fault = fault_after(command, path in MORE_THAN_ITS_NAME, words)
    return None if fault is None else f"{path} {fault}"


def fault_after(command: Any, more: bool, words: list[str]) -> str | None:
    """What is wrong with options and arguments; `more` where the name alone is not enough."""
    options = {name: each for each in command.params for name in each.opts}
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    given = []
    while words and (words[0].startswith("--") or (arguments and FILLED_IN.fullmatch(words[0]))):
        word = words.pop(0)
        option = options.get(word)
        if option is None and word.startswith("--"):
            return f"has no {word}"
        given.append(arguments.pop(0) if option is None else option)
        if option and not option.is_flag and not (words and FILLED_IN.fullmatch(words.pop(0))):
            return f"{word} lacks its value"
    missing = [each.opts[0] for each in command.params if each.required and each not in given]
    if more and not given:
        missing.append("an option")
    return f"lacks {', '.join(missing)}" if missing else None


def mentions(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each program named in a text, with the words that follow it up to the next sign."""
    for found in MENTION.finditer(text):
        yield found[1], found[2].split()


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_named_command_can_be_typed(folder: str) -> None:
    """It exists, with the options named, their values and all that it cannot go without."""
    faults = [
        f"{said.place}: {fault}"
        for said in texts(folder)
        for program, words in mentions(said.text)
        if (fault := fault_of(program, words)) is not None
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("folder", "programs"),
    [
        ("agent/kizashi_agent", ("kizashi", "kizashi-witness")),
        ("server/kizashi_server", ("kizashi-server",)),
    ],
)
def test_every_named_option_exists(folder: str, programs: tuple[str, ...]) -> None:
    """Also where a text names an option alone; those of a named command are judged with it."""
    known = {HELP} | {name for each in programs for name in every_option(PROGRAMS[each])}
    unknown = [
        f"{said.place}: {name}"
        for said in texts(folder)
        for name in OPTION.findall(MENTION.sub("", said.text))
        if name not in known and name != said.text  # alone it is handed to a program
    ]
    assert unknown == []


@pytest.mark.parametrize("name", GUIDES)
def test_every_command_of_a_guide_can_be_typed(name: str) -> None:
    """A line that shows one has all that the command needs; one within a sentence may have less."""
    text = (TOP / name).read_text("utf-8").replace("\\\n", " ")
    shown = {command_path(line, whole=True) for line in SHOWN.findall(text)}
    assert shown
    named = shown | {command_path(line, whole=False) for line in IN_LINE.findall(text)}
    there_are = {(each, below) for each in GUIDES[name] for below in PROGRAMS[each].commands}
    assert there_are - named == set()


def command_path(line: str, *, whole: bool) -> tuple[str, ...]:
    """Program and command of a line; click's own error where it could not be typed."""
    program, *words = shlex.split(re.sub(r"[\[\]]", " ", line), comments=True)
    command, path = PROGRAMS[program], [program]
    while words and words[0] in getattr(command, "commands", {}):
        path.append(words[0])
        command = command.commands[words.pop(0)]
    assert not (words and hasattr(command, "commands") and words[0][0] != "-"), line
    context = command.context_class(command)
    given, *_ = command.make_parser(context).parse_args(words)
    missing = [each.name for each in command.params if each.required and not given.get(each.name)]
    assert not (whole and missing), line
    return tuple(path[:2])


def every_option(command: Any) -> Iterator[str]:
    """The options of a command and of all below it."""
    for each in command.params:
        yield from each.opts
    for below in getattr(command, "commands", {}).values():
        yield from every_option(below)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Run kizashi withdrw --all", "kizashi has no command withdrw"),
        ("Run kizashi withdraw now", "kizashi withdraw lacks an option"),
        ("Run kizashi withdraw --scop trend", "kizashi withdraw has no --scop"),
        ("Run kizashi withdraw --scope, then", "kizashi withdraw --scope lacks its value"),
        ("Run kizashi share", "kizashi share does nothing by itself"),
        ("Run kizashi consent give", "kizashi consent give lacks scope"),
        ("kizashi-server keys list.", "kizashi-server keys list lacks --config"),
        ("kizashi-server keys list --config {x}", None),
        ("`kizashi consent give trend` or (kizashi ledger --raw 番号 で", None),
        ("kizashi is at work", None),
    ],
)
def test_a_command_that_cannot_be_typed_is_found(text: str, fault: str | None) -> None:
    """What these tests look for, they find."""
    assert next(fault_of(*mention) for mention in mentions(text)) == fault
