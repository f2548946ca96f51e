"""A person's laptop whose every command runs under a system-call trace."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from kizashi_agent.commands.demo import DemoServer
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import ServerUnreachable
from kizashi_agent.ledger.entry import Call
from kizashi_agent.submit.checking import submit_check
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.trust import connect
from kizashi_agent.submit.waiting import waiting_checks

from tests.models.scoring import summary_at
from tests.prove.commands import command_of
from tests.prove.evidence import Run, faults
from tests.prove.keyboard import typed
from tests.prove.system_calls import traced

LIMIT = 300.0


@dataclass(frozen=True)
class Laptop:
    """A person's laptop, and the server it knows.

    Attributes:
        runs: every run so far: its name, its command with the options given, and what it left.
    """

    folder: Path
    server: DemoServer
    runs: list[tuple[str, tuple[str, frozenset[str]], Run]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """All that its programs may write to."""
        return self.folder / "home"

    def keeps(
        self,
        name: str,
        *words: str,
        program: str = "kizashi",
        at: AbstractContextManager[int] | None = None,
        asked_for: Sequence[Path] = (),
        exit_code: int = 0,
    ) -> Run:
        """Runs a command, which must end as expected and keep the promise.

        Args:
            name: for the table.
            words: after the program's name.
            program: which.
            at: its standard input; an empty one unless given.
            asked_for: files that the words name; it may write them, and what lies below them.
            exit_code: how it must end.
        """
        run, ended = self._run(name, program, words, at or typed(""))
        assert ended == exit_code, (name, run.output.decode())
        named = tuple(f"{each}" for each in asked_for)
        found = [each for each in faults(run) if not any(path in each for path in named)]
        assert found == [], (name, found)
        self.runs.append((name, command_of(program, words), run))
        return run

    def keeps_silent(self, name: str, *words: str, asked_for: Sequence[Path] = ()) -> Run:
        """The same for a command that calls nobody."""
        run = self.keeps(name, *words, asked_for=asked_for)
        assert not run.trace.called, name
        return run

    def _run(
        self, name: str, program: str, words: Sequence[str], at: AbstractContextManager[int]
    ) -> tuple[Run, int]:
        evidence, temporary = self.folder / f"evidence-{name}", self.home / "temporary"
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
        state = ["--state", str(self.home / "state")] if program == "kizashi" else []
        with at as keyboard:
            done, trace = traced(
                [*watched, program, *state, *words],
                environment=environment,
                into=self.folder / f"trace-{name}",
                limit=LIMIT,
                keyboard=keyboard,
            )
        output = done.stdout + done.stderr
        invite = self.server.invite
        run = Run(trace, evidence, self.home, output, (invite.host, invite.port))
        return run, done.returncode

    def leave_a_check_waiting(self) -> None:
        """A check agreed to at a terminal, whose server went away at the moment of sending."""
        state = DeviceState(self.home / "state", os.urandom)
        recorder = NotRecorded()
        reached = connect(self.server.invite, state, _now, recorder)
        away = replace(reached, server=_Away())
        agreement = Agreement(NEEDED, "en", "interactive", adult=True)
        measured = replace(summary_at(1.0), extractor_id=reached.programme.extractor_ids[0])
        with pytest.raises(ServerUnreachable):
            submit_check(measured, agreement, Exchanger(away, state, os.urandom, _now, recorder))
        assert len(waiting_checks(state).paths()) == 1


class _Away:
    """A server that nobody reaches."""

    def carry(self, call: Call, request: bytes) -> bytes:
        del call, request
        raise ServerUnreachable("away", "Away.", reason="SERVER_UNREACHABLE")


def _now() -> int:
    return int(time.time())
