"""Withdrawing everything: what is forgotten, what is kept for the next try, and on whose word."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from kizashi_agent.commands.ledger import clear_ledger
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.ledger.fields import kind_of
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
        recorder=exchanger.recorder,
        account=True,
        connection=exchanger.connection,
    )


def test_a_signed_erasure_ends_a_check(laptop: Laptop) -> None:
    """The check, the ledger when asked, and with the last of them the seed go; the receipt stays."""
    outcome = withdraw_all(surroundings(laptop), ledger=True)
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


def test_the_ledger_stays_unless_asked(laptop: Laptop) -> None:
    """It shows that the withdrawal was sent and answered, and needs the seed to be read."""
    outcome = withdraw_all(surroundings(laptop))
    assert outcome.ledger
    assert [kind_of(each.message) for each in surroundings(laptop).ledger().read().entries][
        -2:
    ] == [
        "withdrawal",
        "erasure",
    ]
    assert clear_ledger(surroundings(laptop)) == 6
    assert not (laptop.state.folder / "seed").exists()


def test_the_ledger_is_kept_while_a_withdrawal_is_to_be_tried_again(laptop: Laptop) -> None:
    """What the next try needs is not erased with the ledger."""
    laptop.server.faults.append(refused("RATE_LIMITED"))
    outcome = withdraw_all(surroundings(laptop), ledger=True)
    assert outcome.failed
    assert outcome.ledger
    assert (laptop.state.folder / "seed").exists()


def test_one_damaged_record_does_not_stop_the_others(laptop: Laptop) -> None:
    """It is reported with its file, the others are withdrawn, and the exit code is its own."""
    damaged = laptop.state.folder / "checks" / f"{bytes(16).hex()}.json"
    damaged.write_text("{")
    outcome = withdraw_all(surroundings(laptop))
    assert len(outcome.withdrawn) == 1
    assert [each.path for each in outcome.damaged] == [damaged]
    assert outcome.fault is not None
    assert outcome.fault.exit_code == 10
    assert damaged.exists()
    assert (laptop.state.folder / "seed").exists(), "a record that is repaired can be withdrawn"
