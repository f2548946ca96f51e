"""An operator's commands, run in this process: with a terminal to answer at, or with none."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kizashi_server.main import app
from typer.testing import CliRunner, Result


class Terminal(io.StringIO):
    """Standard input that calls itself a terminal."""

    def isatty(self) -> bool:
        """As a terminal says."""
        return True


class AtATerminal(CliRunner):
    """Answers what is asked, as the runner does, at what calls itself a terminal."""

    @contextlib.contextmanager
    def isolation(self, *arguments: Any, **named: Any) -> Iterator[Any]:
        """See `CliRunner`, which also puts the standard input of before back."""
        with super().isolation(*arguments, **named) as streams:
            sys.stdin = Terminal()
            yield streams


def run(*words: str | Path, typed: str | None = None, code: int = 0) -> Result:
    """A command that must end with this exit code; `typed` at a terminal, None for none.

    What an operator can put right is told in one line.
    """
    runner = CliRunner() if typed is None else AtATerminal()
    umask = os.umask(0o022)
    try:
        done = runner.invoke(app, [str(word) for word in words], input=typed)
    finally:
        os.umask(umask)
    assert done.exit_code == code, done.output
    if code >= 3:
        one_line(done)
    return done


def one_line(done: Result) -> str:
    """The one line on standard error that a command ended with."""
    last = done.stderr.splitlines()[-1]
    assert last.startswith("kizashi-server: "), done.stderr
    assert done.stderr.count("kizashi-server: ") == 1
    return last


def made_server(folder: Path) -> Path:
    """The configuration of a server with its root on the same machine, in the clear."""
    state = folder / "state"
    words = ("--owner", "Me", "--jurisdiction", "JP")
    run("init", "--root-dir", folder / "root", "--state", state, *words)
    return state / "kizashi-server.toml"
