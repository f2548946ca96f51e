"""Neither program leaves a core file, nor lets another program of its account look in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kizashi_protocol import closed_process

from tests.server.conftest import make_server, served

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")

NO_CORE = ["0", "0"]
IS_CLOSED = "__import__('ctypes').CDLL(None).prctl(3, 0, 0, 0, 0) == 0"  # PR_GET_DUMPABLE
TOLD_AT_THE_END = f"""
import atexit, sys
from pathlib import Path
atexit.register(lambda: Path({{path!r}}).write_text(str({IS_CLOSED})))
from {{module}} import app
app()
"""
AGENT = f"""
import sys, time
from pathlib import Path
from kizashi_agent.edge import common
common(Path("state"), "en")
print({IS_CLOSED}, flush=True)
sys.stdin.read()
"""
SOMEBODY = """
import ctypes, encodings.ascii, os, sys
from kizashi_protocol.closed_process import PR_SET_DUMPABLE, close_process
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # a change of account had closed it
"""
"""Becomes a program of an account without rights; root is needed for no more than that."""

WAIT = f"""{SOMEBODY}
close_process() if sys.argv[1] == "closed" else None
print("ready", flush=True)
sys.stdin.read()
"""
LOOK = f"""{SOMEBODY}
open(f"/proc/{{sys.argv[1]}}/mem", "rb").close()
"""


def core_limits(pid: int) -> list[str]:
    """Soft and hard limit of core files, as the kernel tells everybody (proc(5))."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    (line,) = (each for each in lines if each.startswith("Max core file size"))
    return line.split()[4:6]


def test_running_server_is_closed(tmp_path: Path) -> None:
    """Core files are off while it serves, and its memory is closed to its account."""
    make_server(tmp_path)
    told = tmp_path / "told"
    code = TOLD_AT_THE_END.format(path=str(told), module="kizashi_server.main")
    with served(tmp_path, [sys.executable, "-c", code]) as running:
        assert core_limits(running.process.pid) == NO_CORE
        assert running.stop() == 0
    assert told.read_text() == "True"


def test_running_agent_is_closed(tmp_path: Path) -> None:
    """From the first thing that every command does."""
    with subprocess.Popen(
        [sys.executable, "-c", AGENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == "True\n"
        assert core_limits(agent.pid) == NO_CORE


@pytest.mark.skipif(os.geteuid() != 0, reason="starts programs of another account")
@pytest.mark.parametrize(("how", "code"), [("closed", 1), ("open", 0)])
def test_another_program_of_the_account_cannot_look_in(how: str, code: int) -> None:
    """One of the same account, without rights of its own, reads the memory of an open one alone."""
    with subprocess.Popen(
        [sys.executable, "-c", WAIT, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "ready\n"
        look = [sys.executable, "-c", LOOK, str(victim.pid)]
        done = subprocess.run(look, check=False, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        assert ("PermissionError" in done.stderr) is (code == 1)


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_traced_process_stays_open_to_its_tracer(tmp_path: Path) -> None:
    """Or nobody but an administrator could watch what the agent does."""
    code = f"from {closed_process.__name__} import *; close_process(); print({IS_CLOSED})"
    trace = ["strace", "-f", "-qq", "-o", str(tmp_path / "trace")]
    for words, closed in ((trace, "False\n"), ([], "True\n")):
        done = subprocess.run(
            [*words, sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
        assert done.stdout == closed


def test_closing_twice_is_no_error() -> None:
    """In a process that is this test's own."""
    code = f"from {closed_process.__name__} import *; close_process(); close_process()"
    subprocess.run([sys.executable, "-c", code], check=True)
