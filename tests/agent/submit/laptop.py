"""An agent's side of an exchange, connected to a server in memory."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from kizashi_agent.device.device_state import DeviceState, SentCheck
from kizashi_agent.errors import AgentError
from kizashi_agent.ledger.recording import LedgerRecorder
from kizashi_agent.ledger.store import ledger_of
from kizashi_agent.submit.checking import Submitted, submit_check
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.trust import Connection, fetch_directory
from kizashi_protocol import Invite

from tests.agent.submit.fake_server import FakeServer
from tests.protocol.values import NOW, PROGRAMME, summary

AGREEMENT = Agreement(NEEDED, "en", "interactive", adult=True)


@dataclass(frozen=True)
class Laptop:
    """A server, the laptop's own state, and the exchanger between the two."""

    server: FakeServer
    state: DeviceState
    exchanger: Exchanger

    def submit(self) -> Submitted:
        """Sends the check of a test."""
        return submit_check(summary(), AGREEMENT, self.exchanger)

    def error(self) -> AgentError:
        """The error that submitting a check ends with."""
        with pytest.raises(AgentError) as caught:
            self.submit()
        return caught.value

    def sent(self) -> SentCheck:
        """The one check on record."""
        (check,) = self.state.checks()
        return check

    def contents(self) -> list[type]:
        """What kinds of report the server opened, in order."""
        return [type(report.content) for _, report in self.server.reports]


def connected_laptop(folder: Path) -> Laptop:
    """A laptop with an empty state in a folder, connected to an honest server."""
    server = FakeServer()
    state = DeviceState(folder, os.urandom)
    offered = server.directory
    invite = Invite("localhost", 8443, PROGRAMME.programme_id, offered.root_fingerprint)
    recorder = LedgerRecorder(ledger_of(state, os.urandom), lambda: NOW)
    fetched = fetch_directory(server, invite, state, lambda: NOW, NotRecorded())
    connection = Connection(server, invite, *fetched)
    exchanger = Exchanger(connection, state, os.urandom, lambda: NOW, recorder)
    return Laptop(server, state, exchanger)
