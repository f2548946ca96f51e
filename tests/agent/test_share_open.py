"""How a counsellor's tool asks: key file first, then the code unseen, and no code on a command line."""

import os
from pathlib import Path

import pytest
from kizashi_agent.cli import app
from kizashi_agent.counsellor_key import make_key_file
from kizashi_agent.words import say
from typer.testing import CliRunner

from tests.agent.command_line import Done, kizashi_at_a_terminal

WORDS = "seven quiet herons"
CODE = f"kizashi-share://localhost:1/p#root={'ab' * 32}&secret={'cd' * 32}"
ASKED = say("en", "share_code")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A counsellor's key."""
    file = tmp_path / "key"
    file.write_bytes(make_key_file("Example Counsellor", WORDS, os.urandom)[1])
    return file


def piped(folder: Path, typed: str, *words: str) -> Done:
    """`kizashi share open` without a terminal, with this on its standard input."""
    options = ("--state", str(folder / "state"), "--seed", "file", "share", "open")
    done = CliRunner().invoke(app, [*options, *words], input=typed)
    return Done(done.exit_code, done.output, tuple(map(str, folder.glob("state/*"))))


def refused(done: Done, code: int, *words: str) -> None:
    """Asserts one line that says why, and that the code is nowhere in it."""
    assert done.code == code, done.output
    (line,) = [line for line in done.output.splitlines() if line.startswith("kizashi: ")]
    assert all(word in line for word in words), line
    assert "cdcd" not in done.output


@pytest.mark.parametrize("typed", ["", "\n", CODE[:-1], CODE.upper(), "\xe9" * 9000])
def test_a_mistyped_code_is_a_usage_fault(tmp_path: Path, key: Path, typed: str) -> None:
    """Before a passphrase is asked, and nobody is called."""
    done = piped(tmp_path, typed, "--key", str(key))
    refused(done, 2, "share code", "Nothing was fetched")
    assert done.left == ()


def test_a_code_from_standard_input_is_read(tmp_path: Path, key: Path) -> None:
    """One line of it; what comes next is the passphrase, which is never there."""
    refused(piped(tmp_path, f"{CODE}\nmore\n", "--key", str(key)), 10, "--passphrase-file")


def test_a_code_is_not_shown_as_it_is_entered(tmp_path: Path, key: Path) -> None:
    """Nor after; the passphrase is asked next, and a wrong one ends it."""
    file = tmp_path / "words"
    file.write_text("another passphrase")
    words = ("share", "open", "--key", str(key), "--passphrase-file", str(file))
    done = kizashi_at_a_terminal(tmp_path / "home", [CODE], *words, question=f"{ASKED}: ".encode())
    assert ASKED in done.output
    refused(done, 3, "passphrase")


def test_no_code_is_taken_from_a_command_line(tmp_path: Path, key: Path) -> None:
    """It would stand in the shell's history."""
    done = piped(tmp_path, "", CODE, "--key", str(key))
    assert done.code == 2, done.output
    assert "Usage" in done.output


@pytest.mark.parametrize("content", [None, b"no key"], ids=["missing", "no key"])
def test_the_key_file_is_looked_at_before_anything_is_asked(
    tmp_path: Path, content: bytes | None
) -> None:
    """Nobody types a code and a passphrase for a file that is not there."""
    file = tmp_path / "nothing-here"
    if content is not None:
        file.write_bytes(content)
    refused(piped(tmp_path, "neither a code nor a passphrase", "--key", str(file)), 3)
