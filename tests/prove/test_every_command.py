"""The promise for every other command: whom each calls, what each writes, what each seals.

One person's laptop lives through them in order, each under a system-call trace of its own: consent
that outlasts a check, a check with it, a check that had to wait, the trend, the ledger, a receipt
verified, keys backed up, and everything taken back.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from kizashi_agent.commands.demo import DemoServer, demo_server
from kizashi_agent.demo import demo_clip
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import ServerUnreachable
from kizashi_agent.submit.checking import submit_check
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.transport import Published
from kizashi_agent.submit.trust import connect
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import Envelope

from tests.models.scoring import summary_at
from tests.prove.evidence import Run, faults
from tests.prove.system_calls import traced

LIMIT = 300.0
PASSPHRASE = "one for this test alone"

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


@dataclass(frozen=True)
class Laptop:
    """A person's laptop, and the server it knows."""

    folder: Path
    server: DemoServer

    @property
    def home(self) -> Path:
        """All that its programs may write to."""
        return self.folder / "home"

    def run(self, name: str, *words: str) -> Run:
        """A command under a trace; it must succeed."""
        evidence = self.folder / f"evidence-{name}"
        temporary = self.home / "temporary"
        for each in (evidence, temporary):
            each.mkdir(parents=True, exist_ok=True)
        environment = {
            "HOME": str(self.home),
            "TMPDIR": str(temporary),
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "KIZASHI_SEED": "file",
        }
        watched = [sys.executable, "-m", "tests.prove.watched_agent", str(evidence), "none"]
        done, trace = traced(
            [*watched, "--state", str(self.home / "state"), *words],
            environment=environment,
            into=self.folder / f"trace-{name}",
            limit=LIMIT,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, (name, output.decode())
        invite = self.server.invite
        return Run(trace, evidence, self.home, output, (invite.host, invite.port))

    def leave_a_check_waiting(self) -> None:
        """A check of this laptop whose server went away at the moment of sending."""
        state = DeviceState(self.home / "state", os.urandom)
        recorder = NotRecorded()
        reached = connect(self.server.invite, state, _now, recorder)
        away = replace(reached, server=_Away())
        agreement = Agreement(NEEDED, "en", "command_line", adult=True)
        measured = replace(summary_at(1.0), extractor_id=reached.programme.extractor_ids[0])
        with pytest.raises(ServerUnreachable):
            submit_check(measured, agreement, Exchanger(away, state, os.urandom, _now, recorder))
        assert len(waiting_checks(state).paths()) == 1


class _Away:
    """A server that nobody reaches."""

    def get_directory(self, log_size: int) -> Published:
        raise AssertionError(log_size)

    def exchange(self, envelope: Envelope) -> Envelope:
        raise ServerUnreachable("away", "Away.", reason="SERVER_UNREACHABLE")


def _now() -> int:
    return int(time.time())


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    """A laptop that has done nothing yet, and a real server process."""
    with demo_server() as running:
        yield Laptop(tmp_path, running)


def _sealed(run: Run) -> int:
    return len(list(run.evidence.glob("sealed-*")))


def _called(run: Run) -> bool:
    return bool(run.trace.called)


def test_every_command_keeps_the_promise(laptop: Laptop) -> None:
    """None calls anybody but the server, or writes outside its state, or seals another size."""
    invite = str(laptop.server.invite)
    lines: list[tuple[str, Run]] = []

    def run(name: str, *words: str) -> Run:
        done = laptop.run(name, *words)
        lines.append((name, done))
        return done

    with demo_clip() as clip:
        check = ("check", "--video", str(clip), "--consent", "score,feedback", "--adult")
        give = ("consent", "give", "trend", "--join", invite, "--agree", "--adult")
        assert list(faults(run("consent-give", *give))) == []
        assert list(faults(run("check", *check, "--join", invite))) == []
    laptop.leave_a_check_waiting()
    for name, words in _ONLINE.items():
        assert list(faults(run(name, *words))) == [], name
    receipt = next((laptop.home / "state" / "receipts").glob("*.json"))
    for name, words in _offline(receipt).items():
        done = run(name, *words)
        assert list(faults(done)) == [], name
        assert not _called(done), name
    _prove_backup(laptop)
    for name, words in _LAST.items():
        assert list(faults(run(name, *words))) == [], name
    left = [each for each in (laptop.home / "state").rglob("*") if each.is_file()]
    for name, done in lines:
        calls = f"{done.trace.calls:,} system calls"
        print(f"{name:14} {calls:>22}, {_sealed(done)} sealed, called {sorted(done.trace.called)}")
    print("left at the end:", ", ".join(sorted(each.name for each in left)))
    assert _sealed(dict(lines)["check"]) == 2
    assert _sealed(dict(lines)["send"]) == 1, "sent as it was sealed before, then acknowledged"


_ONLINE: dict[str, Sequence[str]] = {
    "send": ("send",),
    "trend": ("trend",),
    "doctor": ("doctor",),
}


def _offline(receipt: Path) -> dict[str, Sequence[str]]:
    return {
        "consent": ("consent",),
        "ledger": ("ledger",),
        "ledger-raw": ("ledger", "--raw", "1"),
        "verify": ("verify", str(receipt)),
    }


_LAST: dict[str, Sequence[str]] = {
    "withdraw-scope": ("withdraw", "--scope", "trend"),
    "share-cancel": ("share", "cancel"),
    "withdraw-all": ("withdraw", "--all"),
    "ledger-clear": ("ledger", "clear", "--yes"),
}


def _prove_backup(laptop: Laptop) -> None:
    """A backup calls nobody, and writes the one file it was asked for besides."""
    passphrase = laptop.folder / "passphrase"
    passphrase.write_text(f"{PASSPHRASE}\n", "utf-8")
    passphrase.chmod(0o600)
    file = laptop.home / "backup.json"
    words = ("identity", "backup", str(file), "--passphrase-file", str(passphrase))
    done = laptop.run("backup", *words)
    assert not _called(done)
    found = [each for each in faults(done) if str(file) not in each]
    assert found == []
    assert PASSPHRASE.encode() not in file.read_bytes() + done.output
