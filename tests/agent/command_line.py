"""Runs `kizashi` as a person or a script does: a process of its own, with a home of its own."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.forked import finished, started

AGREED = ("--consent", "score,feedback", "--adult")
"""Yes, in words, to a check with its feedback."""

_LIMIT = 120.0
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended.

    Attributes:
        code: exit code.
        output: standard output, then standard error; or what the terminal showed, without colours.
        left: every file in its home, relative to it.
    """

    code: int
    output: str
    left: tuple[str, ...]


def environment(home: Path) -> dict[str, str]:
    """A clean environment: nothing of the account that runs the tests."""
    for folder in (home, home / "temporary"):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "HOME": str(home),
        "TMPDIR": str(home / "temporary"),
        "PATH": os.environ["PATH"],
        "KIZASHI_STATE": str(home / "state"),
        "KIZASHI_SEED": "file",  # never the keyring of whoever runs the tests
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
    }


def kizashi(home: Path, *words: str, typed: str = "") -> Done:
    """Runs a command with no terminal; what is `typed` is on its standard input."""
    done = finished("kizashi", words, environment=environment(home), folder=Path.cwd(), typed=typed)
    return Done(done.returncode, done.stdout + done.stderr, _left(home))


def kizashi_beside(packages: Path, home: Path, *words: str) -> Done:
    """Runs a command with no terminal where packages in a folder go before the installed ones."""
    done = subprocess.run(
        [sys.executable, "-m", "kizashi_agent.cli", *words],
        env=environment(home) | {"PYTHONPATH": os.pathsep.join([str(packages), *sys.path])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    return Done(done.returncode, done.stdout, _left(home))


def kizashi_at_a_terminal(
    home: Path,
    answers: Sequence[str],
    *words: str,
    question: bytes = b"[y/N]:",
    ahead: bytes = b"",
) -> Done:
    """Runs a command at a terminal and answers in order what ends like a question.

    What is in `ahead` is typed before anything is asked.
    """
    ours, theirs = pty.openpty()
    os.write(ours, ahead)
    process = started(
        "kizashi",
        words,
        environment=environment(home),
        folder=Path.cwd(),
        streams=[Path(os.ttyname(theirs))] * 3,
    )
    shown, waiting, deadline = b"", list(answers), time.monotonic() + _LIMIT
    asked = 0
    while time.monotonic() < deadline:
        ready = select.select([ours, process.sentinel], [], [], 1.0)[0]
        if ours in ready:
            shown += os.read(ours, 65536)
        elif ready:  # the command has ended, and all that it wrote is read
            break
        if shown.count(question) > asked and waiting:
            asked += 1
            os.write(ours, waiting.pop(0).encode() + b"\n")
    process.join(10)
    code = process.exitcode
    os.close(theirs)
    os.close(ours)
    assert code is not None, "the command has not ended"
    return Done(code, _COLOURS.sub("", shown.decode("utf-8", "replace")), _left(home))


def _left(home: Path) -> tuple[str, ...]:
    return tuple(sorted(str(p.relative_to(home)) for p in home.rglob("*") if p.is_file()))
