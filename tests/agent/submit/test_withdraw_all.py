"""Withdrawing everything: what is forgotten, what is kept for the next try, and on whose word."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.submit.trust import Connection
from kizashi_protocol import Invite, Refusal
from rich.console import Console

from tests.agent.submit.fake_server import refused
from tests.agent.submit.laptop import Laptop, connected_laptop


@dataclass(frozen=True, slots=True)
class InMemory(Surroundings):
    """Surroundings whose every invite leads to one server in memory."""

    connection: Connection

    def connect(self, invite: Invite) -> Connection:
        """The server in memory."""
        assert invite == self.connection.invite
        return self.connection


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """A laptop that has sent one check."""
    connected = connected_laptop(tmp_path)
    connected.submit()
    return connected


def surroundings(laptop: Laptop) -> Surroundings:
    """The laptop's, with nobody at the terminal."""
    exchanger = laptop.exchanger
    return InMemory(
        state=laptop.state,
        now=exchanger.now,
        random_bytes=exchanger.random_bytes,
        console=Console(quiet=True),
        confirm=None,
        locale="en",
        connection=exchanger.connection,
    )


def test_a_signed_erasure_ends_a_check(laptop: Laptop) -> None:
    """The check and, with the last one, the seed go; the receipt stays."""
    outcome = withdraw_all(surroundings(laptop))
    (withdrawn,) = outcome.withdrawn
    assert withdrawn.receipt is not None
    assert withdrawn.receipt.is_file()
    assert laptop.state.checks() == []
    assert not (laptop.state.folder / "seed").exists()


@pytest.mark.parametrize("reason", ["ERASED", "REPORT_UNKNOWN", "RATE_LIMITED"])
def test_a_word_outside_the_envelope_forgets_nothing(laptop: Laptop, reason: str) -> None:
    """Anybody on the way could have said so; the check stays on record for the next try."""
    laptop.server.faults.append(refused(reason))
    outcome = withdraw_all(surroundings(laptop))
    assert outcome.withdrawn == ()
    assert [error.reason for _, error in outcome.failed] == [reason]
    assert len(laptop.state.checks()) == 1
    assert withdraw_all(surroundings(laptop)).failed == ()


def test_a_word_under_seal_ends_a_check_without_a_receipt(laptop: Laptop) -> None:
    """A server that holds nothing of the check says so under seal, and the record goes."""
    laptop.server.answer_with(Refusal("REPORT_UNKNOWN", "Nothing is held."))
    (withdrawn,) = withdraw_all(surroundings(laptop)).withdrawn
    assert withdrawn.receipt is None
    assert laptop.state.checks() == []
