"""Commands, each in a process of its own, forked from one that has loaded the programs.

Loading a program takes longer than most commands do. Each still has its own environment, folder,
streams and exit code; what lives on or is killed is started as a person starts it.
"""

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from kizashi_agent.cli import app as agent
from kizashi_server.main import app as server

PROGRAMS = {"kizashi": agent, "kizashi-server": server}

LOADED_WITH = frozenset({"HOME", "PATH", "PYTHONPATH"})
"""All of the environment in which the programs are loaded: a library may read it as it is loaded,
and what is then in it beside these, loading has put there."""


def finished(
    program: str,
    words: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    typed: str = "",
    limit: float = 120,
) -> "subprocess.CompletedProcess[str]":
    """Runs a program of `PROGRAMS` without a terminal, to its end.

    Args:
        program: its name.
        words: what follows the name.
        environment: all of its environment.
        folder: where it runs.
        typed: what is on its standard input.
        limit: how long it may take, in seconds.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    with tempfile.TemporaryDirectory() as temporary:
        streams = [Path(temporary, name) for name in ("in", "out", "err")]
        streams[0].write_text(typed, "utf-8")
        process = started(program, words, environment=environment, folder=folder, streams=streams)
        process.join(limit)
        code = process.exitcode
        if code is None:
            process.kill()
            raise subprocess.TimeoutExpired([program, *words], limit)
        output, errors = (each.read_text("utf-8") for each in streams[1:])
    return subprocess.CompletedProcess([program, *words], code, output, errors)


def started(
    program: str,
    words: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    streams: Sequence[Path],
) -> BaseProcess:
    """Starts a program of `PROGRAMS`.

    Args:
        program: its name.
        words: what follows the name.
        environment: all of its environment.
        folder: where it runs.
        streams: files or terminals that become its standard input, output and error.
    """
    process = _loaded().Process(
        target=_run, args=(program, words, dict(environment), folder, streams)
    )
    process.start()
    return process


@functools.cache
def _loaded() -> ForkServerContext:
    """Starts the process that loads the programs, which ends with this one."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    before = dict(os.environ)
    try:
        for name in before.keys() - LOADED_WITH:
            del os.environ[name]
        forkserver.ensure_running()
    finally:
        os.environ.update(before)
    return context


def _run(
    program: str,
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    streams: Sequence[Path],
) -> None:
    """Turns a forked process into the program's."""
    by_loading = {name: each for name, each in os.environ.items() if name not in LOADED_WITH}
    os.environ.clear()
    os.environ.update(by_loading)
    os.environ.update(environment)
    os.chdir(folder)
    writing = os.O_WRONLY | os.O_CREAT
    for number, (path, flags) in enumerate(zip(streams, (0, writing, writing), strict=True)):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, encoding="utf-8") for number, mode in enumerate("rww")
    )
    sys.argv = [program, *words]
    PROGRAMS[program](prog_name=program)
