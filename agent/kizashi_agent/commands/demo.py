"""A real server process on this machine, for the length of a demonstration."""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kizashi_protocol import Invite

from kizashi_agent.errors import ServerUnreachable

START_LIMIT = 30.0
"""Seconds a server may take to start; it takes about two."""

_STEP = 0.1
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class DemoServer:
    """A server process that is ready.

    Attributes:
        invite: leads to it.
        folder: temporary; holds everything of server and agent, and goes with them.
    """

    invite: Invite
    folder: Path


@contextlib.contextmanager
def demo_server(sleep: Callable[[float], None] = time.sleep) -> Iterator[DemoServer]:
    """Runs `kizashi-server` in a temporary folder on a free loopback port; all of it goes at exit.

    Raises:
        ServerUnreachable: the server is not installed or did not start.
    """
    with tempfile.TemporaryDirectory(prefix="kizashi-demo-") as temporary:
        folder = Path(temporary)
        state, ready = folder / "server", folder / "ready.json"
        _initialise(state, folder / "root")
        words = ("serve", "--config", str(state / "kizashi-server.toml"), "--ready-file")
        with (
            (folder / "server.log").open("wb") as log,
            subprocess.Popen(_command(*words, str(ready)), stdout=log, stderr=log) as process,
        ):
            try:
                yield DemoServer(_invite_of(process, ready, sleep), folder)
            finally:
                process.terminate()


def _initialise(state: Path, root: Path) -> None:
    command = _command("init", "--state", str(state), "--root-dir", str(root))
    command += ["--listen", f"{_LOOPBACK}:0", "--host", _LOOPBACK]
    # A personal server: its owner scores for themselves, so any jurisdiction will do.
    command += ["--owner", "Kizashi demonstration", "--jurisdiction", "JP"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise _not_started(done.stderr)


def _invite_of(
    process: "subprocess.Popen[bytes]", ready: Path, sleep: Callable[[float], None]
) -> Invite:
    for _ in range(int(START_LIMIT / _STEP)):
        if ready.exists():
            return Invite.parse(json.loads(ready.read_bytes())["invites"][0])
        if process.poll() is not None:
            break
        sleep(_STEP)
    raise _not_started((ready.parent / "server.log").read_text("utf-8", "replace"))


def _command(*words: str) -> list[str]:
    # -P: a folder of that name where the person happens to be is not the server.
    return [sys.executable, "-P", "-m", "kizashi_server", *words]


def _not_started(output: str) -> ServerUnreachable:
    last = next(iter(output.strip().splitlines()[-1:]), "it said nothing")
    return ServerUnreachable(
        f"the demo's server did not start: {last}",
        f"The demo's server did not start: {last} "
        "(If it is not installed: pip install '.[agent,server]' in the project's folder)",
        reason="DEMO_SERVER",
    )
