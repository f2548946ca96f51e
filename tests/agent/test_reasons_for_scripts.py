"""What a script reads of a refusal: its reason, in an object with --json, else at the line's end."""

import json
from pathlib import Path
from typing import Any

import pytest
from kizashi_agent.cli import app
from typer.testing import CliRunner, Result

PASSPHRASE = "seven quiet herons stand"


def ran(folder: Path, *words: str) -> Result:
    """A finished command on an empty laptop, with nobody to ask."""
    (folder / "words").write_text(PASSPHRASE)
    options = ("--state", str(folder / "state"), "--seed", "file")
    given = [each.replace("FOLDER", str(folder)) for each in words]
    return CliRunner().invoke(app, [*options, *given])


REFUSED: dict[str, tuple[str, int]] = {
    "consent give trend --agree --adult": ("NO_PIN", 8),
    "trend": ("NO_PIN", 8),
    "trend --join nowhere": ("INVITE_MALFORMED", 8),
    "share open --key FOLDER/none": ("FILE_MISSING", 3),
    "share make-key FOLDER/words --name Me": ("FILE_EXISTS", 3),
    "identity restore FOLDER/none": ("FILE_MISSING", 3),
    "identity backup FOLDER/words": ("FILE_EXISTS", 3),
    "ledger --raw 9": ("LEDGER_NUMBER_UNKNOWN", 10),
}


@pytest.mark.parametrize("typed", REFUSED)
def test_a_refusal_carries_its_reason(tmp_path: Path, typed: str) -> None:
    """The same one in both forms, with the same exit code."""
    reason, code = REFUSED[typed]
    line = ran(tmp_path, *typed.split())
    assert line.exit_code == code, line.output
    assert line.stderr.startswith("kizashi: ")
    assert line.stderr.endswith(f" [{reason}]\n")
    found = ran(tmp_path, *typed.split(), "--json")
    assert found.exit_code == code, found.output
    error = json.loads(found.stdout)["error"]
    assert (error["reason"], error["exit_code"]) == (reason, code)
    assert line.stderr == f"kizashi: {error['message']} [{reason}]\n"


def made(folder: Path, *words: str) -> dict[str, Any]:
    """The one object that a command prints."""
    done = ran(folder, *words, "--json")
    assert done.exit_code == 0, done.output
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def test_what_was_done_is_an_object_too(tmp_path: Path) -> None:
    """And nothing else is printed beside it."""
    secret = ("--passphrase-file", "FOLDER/words")
    key = made(tmp_path, "share", "make-key", "FOLDER/key", "--name", "Me", *secret)
    assert key["request"] == f"{tmp_path / 'key'}.request"
    assert len(bytes.fromhex(key["fingerprint"])) == 32
    assert made(tmp_path, "consent") == {"consents": []}
    nothing: dict[str, list[object]] = {"taken_back": [], "failed": [], "damaged": []}
    assert made(tmp_path, "share", "cancel") == nothing


@pytest.mark.parametrize(
    ("scope", "instead"),
    [
        ("share", "kizashi share cancel"),
        ("score", "kizashi withdraw --all"),
        ("feedback", "kizashi withdraw --all"),
        ("all", "trend, cohort or research"),
    ],
)
def test_a_scope_that_is_taken_back_otherwise_names_how(
    tmp_path: Path, scope: str, instead: str
) -> None:
    """As a usage fault, and nothing is done."""
    done = ran(tmp_path, "withdraw", "--scope", scope)
    assert done.exit_code == 2
    assert instead in " ".join(done.output.replace("│", " ").split())
    assert not (tmp_path / "state").exists()
