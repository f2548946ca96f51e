"""Every line of deploy/THREATS.md names tests that exist, or says that none covers it."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

TOP = Path(__file__).parents[1]
THREATS = (TOP / "deploy" / "THREATS.md").read_text("utf-8")
COLUMNS = ["what they try", "what stops it", "what is left", "shown by"]
PARTIES = {
    "scoring operator",
    "programme's owner",
    "stolen laptop",
    "network",
    "relay",
    "malicious client",
    "one person apart",
    "coercion",
    "campus it",
    "counsellor",
    "researcher",
    "backups",
    "supplies models",
    "another account",
}
NODE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
UNCOVERED = re.compile(r"not covered(: [a-z][a-z ]+)?")


class Line(NamedTuple):
    """A line of a table, and the heading it stands under."""

    party: str
    cells: tuple[str, ...]


def lines_of(text: str) -> list[Line]:
    """Every line of every table, without headings and rules.

    Raises:
        ValueError: a table has other columns.
    """
    found, party, previous = [], "", ""
    for line in text.splitlines():
        if line.startswith("## "):
            party = line.removeprefix("## ").lower()
        elif line.startswith("|"):
            cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
            if not previous.startswith("|"):
                if list(cells) != COLUMNS:
                    raise ValueError(f"another table: {line}")
            elif set(line) - set("|- "):
                found.append(Line(party, cells))
        previous = line
    return found


def fault_of(line: Line) -> str | None:
    """What is wrong with a line, or None."""
    if len(line.cells) != len(COLUMNS) or not all(line.cells[:2]):
        return "it does not say what is tried and what stops it"
    shown = line.cells[-1]
    if UNCOVERED.fullmatch(shown):
        return None
    named = NODE.findall(shown)
    if not named or NODE.sub("", shown).strip(" ,"):
        return "it is neither shown by tests nor not covered"
    missing = [f"{path}::{name}" for path, name in named if name not in functions_in(path)]
    return f"there is no test {', '.join(missing)}" if missing else None


@cache
def functions_in(path: str) -> frozenset[str]:
    """The test functions of a file; none when there is no such file."""
    file = TOP / path
    if not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef))


LINES = lines_of(THREATS)


@pytest.mark.parametrize("line", LINES, ids=[f"{each.party}: {each.cells[0]}" for each in LINES])
def test_line_is_shown_or_says_that_it_is_not(line: Line) -> None:
    """By tests that are there, or by the words "not covered"."""
    assert fault_of(line) is None


def test_every_party_has_its_lines() -> None:
    """Nobody is left out."""
    assert {each for each in PARTIES if any(each in line.party for line in LINES)} == PARTIES


@pytest.mark.parametrize(
    ("shown", "word"),
    [
        ("", "neither"),
        ("of course", "neither"),
        ("`tests/test_threats.py::test_nobody_wrote`", "no test"),
        ("`tests/no_such_file.py::test_it`", "no test"),
        ("`tests/test_threats.py::test_every_party_has_its_lines` and more", "neither"),
    ],
)
def test_line_that_shows_nothing_is_found(shown: str, word: str) -> None:
    """The check can fail."""
    assert word in str(fault_of(Line("somebody", ("try", "stop", "", shown))))


@pytest.mark.parametrize(
    "words",
    [
        "zeroing|overwritten",
        "swap",
        "core file",
        "traced|tracer",
        "Ed25519",
        "X-Wing",
        "in the clear",
    ],
)
def test_what_cannot_be_promised_is_said(words: str) -> None:
    """Memory, swap, debuggers, classical signatures, and who sees a summary."""
    assert re.search(words, THREATS)
