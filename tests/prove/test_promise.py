"""The promise, shown on a run of the real agent against a real server under a system-call trace."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_agent.commands.demo import DemoServer, demo_server
from kizashi_agent.demo import demo_clip
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.ledger.store import ledger_of

from tests.prove.evidence import Run, faults, ledger_faults, pictures_of
from tests.prove.system_calls import traced
from tests.prove.watched_agent import LEAKS

LIMIT = 300.0
"""Seconds; a trace slows the agent down several times."""

EXPECTED = {
    "png-file": "a picture in the file",
    "raw-file": "a file outside the agent's own state",
    "sealed-jpeg": "a picture in the message sealed",
    "sealed-base64": "a picture in the message sealed",
    "sealed-landmarks": "a picture in the message sealed",
    "sealed-aligned": "a picture in the message sealed",
    "sealed-features": "a picture in the message sealed",
    "log-hex": "a picture in the output",
    "other-host": "another address was called: 127.0.0.2",
}

pytestmark = [
    pytest.mark.proof,
    pytest.mark.tools,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    """A real server process on loopback."""
    with demo_server() as running:
        yield running


def _run(server: DemoServer, folder: Path, leak: str) -> Run:
    evidence, home = folder / "evidence", folder / "home"
    temporary = home / "temporary"
    for each in (evidence, temporary):
        each.mkdir(parents=True)
    environment = {
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "KIZASHI_SEED": "file",
    }
    invite = str(server.invite)
    with demo_clip() as clip:
        words = ["--state", str(home / "state"), "check", "--video", str(clip), "--join", invite]
        words += ["--consent", "score,feedback", "--adult"]
        module = ["-m", "tests.prove.watched_agent", str(evidence), leak, "kizashi"]
        done, trace = traced(
            [sys.executable, *module, *words],
            environment=environment,
            into=folder / "trace",
            limit=LIMIT,
        )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output.decode()
    host = server.invite.host
    return Run(trace, evidence, home, output, (host, server.invite.port))


def test_nothing_but_the_summary_leaves_the_laptop(server: DemoServer, tmp_path: Path) -> None:
    """A whole check writes its own state alone, calls its server alone, and sends no picture."""
    run = _run(server, tmp_path, "none")
    assert list(faults(run)) == []
    state = DeviceState(run.home / "state", os.urandom)
    contents = ledger_of(state, os.urandom).read()
    assert contents.faults == ()
    assert list(ledger_faults(run, contents.entries)) == []
    assert list(ledger_faults(run, contents.entries[1:])) != [], "a message less is noticed"
    sealed = sorted(run.evidence.glob("sealed-*"))
    sent = sorted(run.evidence.glob("sent-*"))
    files = [path for path in run.home.rglob("*") if path.is_file()]
    print(
        f"\n{run.trace.calls:,} system calls read; {len(pictures_of(run)):,} fingerprints of "
        f"frames, crops, landmarks and features searched for\n"
        f"files left: {len(files)}, all in the agent's state: "
        f"{', '.join(sorted(str(path.relative_to(run.home)) for path in files))}\n"
        f"addresses called: {sorted(run.trace.called)}\n"
        f"plaintexts sealed: {[path.stat().st_size for path in sealed]} bytes; "
        f"messages sent: {[path.stat().st_size for path in sent]} bytes\n"
        f"the ledger holds all of them, byte for byte, among {len(contents.entries)} messages"
    )
    assert len(sealed) == 2, "the check and its acknowledgement"
    assert len(pictures_of(run)) > 100_000
    assert run.trace.calls > 100


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leaking_agent_is_caught(server: DemoServer, tmp_path: Path, leak: str) -> None:
    """An agent with one planted leak is caught by the same checks, for that very reason."""
    found = list(faults(_run(server, tmp_path, leak)))
    print("\n" + "\n".join(found))
    assert any(EXPECTED[leak] in each for each in found), found
