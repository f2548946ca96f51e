"""A check without an answer waits encrypted, is sent again as it was, and can be given up."""

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.commands.ledger import clear_ledger
from kizashi_agent.commands.send import send_waiting
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.device.state_errors import StateUnreadable
from kizashi_agent.device.state_folder import FolderInMemory
from kizashi_agent.errors import ServerUnreachable
from kizashi_agent.show.outcomes import show_withdrawal
from kizashi_agent.submit.waiting import WaitingCheck, WaitingChecks, waiting_checks
from kizashi_protocol import CHECK_VALIDITY, Check, Invite, Programme, Withdrawal
from rich.console import Console

from tests.agent.submit.fake_server import flipped, refused, unchanged
from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.agent.submit.test_withdraw_all import surroundings
from tests.protocol.values import NOW, feedback, summary

INVITE = Invite("localhost", 8443, "spring-check", bytes(32))
GONE = ServerUnreachable("gone", "Gone.", reason="SERVER_UNREACHABLE")


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """A laptop whose first check found nobody there."""
    connected = connected_laptop(tmp_path / "state")
    connected.server.faults.append(GONE)
    error = connected.error()
    assert error.reason == "SERVER_UNREACHABLE"
    assert "kizashi send" in error.person
    return connected


def later(laptop: Laptop, seconds: int) -> Surroundings:
    """The laptop's surroundings after so many seconds."""
    return replace(surroundings(laptop), now=lambda: NOW + seconds)


def only(laptop: Laptop) -> WaitingCheck:
    """The one check that waits."""
    (check,) = waiting_checks(laptop.state)
    return check


def test_a_check_that_found_nobody_is_sent_later(laptop: Laptop) -> None:
    """The feedback comes, its receipts are kept, and nothing waits any more."""
    report_id = only(laptop).report_id
    (sent,) = send_waiting(surroundings(laptop)).sent
    assert sent.feedback == feedback()
    assert laptop.sent().report_id == report_id
    assert len(laptop.sent().receipts) == 2
    assert waiting_checks(laptop.state).paths() == []
    assert send_waiting(surroundings(laptop)).sent == ()


def test_it_is_sent_again_as_the_same_envelope(laptop: Laptop) -> None:
    """A server that had answered it already gives the same answer, and scores nothing twice."""
    send_waiting(surroundings(laptop))
    first, again = laptop.server.envelopes[:2]
    assert first == again


def test_a_reply_changed_on_the_way_can_be_fetched_again(tmp_path: Path) -> None:
    """On another network the same envelope brings the reply that was spoilt here."""
    laptop = connected_laptop(tmp_path)
    laptop.server.on_the_way = flipped
    assert laptop.error().reason == "REPLY_TAMPERED"
    laptop.server.on_the_way = unchanged
    (sent,) = send_waiting(surroundings(laptop)).sent
    assert sent.feedback == feedback()
    assert laptop.server.envelopes[0] == laptop.server.envelopes[1]


def test_a_key_that_is_gone_meanwhile_is_sealed_to_anew(laptop: Laptop) -> None:
    """The same report id, another envelope, and the feedback."""
    laptop.server.faults.append(refused("KEY_OUTDATED"))
    (sent,) = send_waiting(surroundings(laptop)).sent
    assert sent.feedback == feedback()
    first, _, renewed = laptop.server.envelopes[:3]
    assert first.header.report_id == renewed.header.report_id
    assert first != renewed


@pytest.mark.parametrize("reason", ["RATE_LIMITED", "STORE_UNAVAILABLE", "REPORT_IN_PROGRESS"])
def test_what_may_pass_keeps_the_check_waiting(laptop: Laptop, reason: str) -> None:
    """It is told, and the check is there for the next try."""
    laptop.server.faults.append(refused(reason))
    outcome = send_waiting(surroundings(laptop))
    assert [each.reason for each in outcome.failed] == [reason]
    assert send_waiting(surroundings(laptop)).sent[0].feedback == feedback()


@pytest.mark.parametrize("reason", ["ERASED", "REPORT_CONFLICT", "PROGRAMME_UNKNOWN"])
def test_what_will_not_pass_ends_the_waiting(laptop: Laptop, reason: str) -> None:
    """No later try could bring an answer."""
    laptop.server.faults.append(refused(reason))
    assert [each.reason for each in send_waiting(surroundings(laptop)).failed] == [reason]
    assert waiting_checks(laptop.state).paths() == []


def test_a_check_is_not_sent_after_its_consent_has_ended(laptop: Laptop) -> None:
    """It is thrown away unsent, at the very second."""
    before = len(laptop.server.envelopes)
    outcome = send_waiting(later(laptop, CHECK_VALIDITY))
    assert [each.reason for each in outcome.failed] == ["CONSENT_EXPIRED"]
    assert len(laptop.server.envelopes) == before
    assert waiting_checks(laptop.state).paths() == []


def test_a_check_is_sent_until_its_consent_ends(laptop: Laptop) -> None:
    """The second before, it still is."""
    assert send_waiting(later(laptop, CHECK_VALIDITY - 1)).sent


CHANGES: dict[str, Callable[[Programme], Programme]] = {
    "operator": lambda programme: replace(programme, scoring_operator="Another"),
    "owner": lambda programme: replace(programme, owner="Another"),
    "name": lambda programme: replace(programme, display_name="Another"),
    "scorer": lambda programme: replace(programme, scorer_id="another/1"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_check_is_not_sent_to_a_programme_that_changed(
    laptop: Laptop, change: Callable[[Programme], Programme]
) -> None:
    """Somebody or something the person was not told of gets nothing."""
    connection = laptop.exchanger.connection
    (programme,) = connection.directory.programmes
    directory = replace(connection.directory, programmes=(change(programme),))
    changed = replace(connection, directory=directory)
    world = replace(surroundings(laptop), connection=changed)  # type: ignore[call-arg]
    before = len(laptop.server.envelopes)
    assert [each.reason for each in send_waiting(world).failed] == ["TERMS_CHANGED"]
    assert len(laptop.server.envelopes) == before
    assert waiting_checks(laptop.state).paths() == []


def test_withdrawing_throws_away_what_waits_first(laptop: Laptop) -> None:
    """Even while nobody answers; the check itself stays on record to be withdrawn."""
    laptop.server.faults.append(GONE)
    outcome = withdraw_all(surroundings(laptop))
    assert outcome.thrown_away == 1
    console = Console(file=io.StringIO(), width=200, record=True)
    show_withdrawal(console, "en", outcome)
    said, _, below = console.export_text().partition("is taken back below.")
    assert "may have reached a server" in said
    assert "Not yet withdrawn" in below
    assert [error.reason for _, error in outcome.failed] == ["SERVER_UNREACHABLE"]
    assert send_waiting(surroundings(laptop)).sent == ()
    assert not withdraw_all(surroundings(laptop)).failed
    assert isinstance(laptop.server.reports[-1][1].content, Withdrawal)
    assert Check not in laptop.contents()
    clear_ledger(surroundings(laptop))
    assert not (laptop.state.folder / "seed").exists()


def test_the_seed_stays_while_a_check_waits(laptop: Laptop) -> None:
    """Without it the check could not be read any more."""
    laptop.state.forget_check(laptop.sent().report_id)
    assert only(laptop).summary == summary()


def test_nothing_of_a_waiting_check_can_be_read(laptop: Laptop) -> None:
    """No figure, no consent and no programme stands in any file outside the check's own record."""
    (path,) = waiting_checks(laptop.state).paths()
    kept = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    for secret in (summary().serialise()[:64], b"summary", b"consents", b"localhost"):
        assert secret not in kept
    assert "summary" not in repr(only(laptop))


def test_a_damaged_one_keeps_no_other_from_being_sent(laptop: Laptop) -> None:
    """It is told, and stays for the person to move away."""
    other = laptop.state.folder / "waiting" / f"{bytes(16).hex()}.sealed"
    other.write_bytes(b"damaged")
    outcome = send_waiting(surroundings(laptop))
    assert len(outcome.sent) == 1
    assert [each.reason for each in outcome.failed] == ["STATE_UNREADABLE"]


def test_a_file_under_another_name_is_not_read(laptop: Laptop) -> None:
    """Each is bound to its report id."""
    waiting = waiting_checks(laptop.state)
    (path,) = waiting.paths()
    with pytest.raises(StateUnreadable):
        waiting.read(path.rename(path.with_name(f"{bytes(16).hex()}.sealed")))


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    """A waiting check opens whole or not at all."""
    files = FolderInMemory()
    waiting = WaitingChecks(files, Path("waiting"), lambda: bytes(32), os.urandom)
    check = WaitingCheck(bytes(16), INVITE, "ja", ("token",), "scorer/1", summary(), NOW, NOW + 1)
    waiting.keep(check)
    (path,) = waiting.paths()
    sealed = files.read(path) or b""
    where = data.draw(st.integers(0, len(sealed) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(sealed)
    changed[where] ^= 1 << bit
    with pytest.raises(StateUnreadable):
        waiting.opened(path, bytes(changed))
    assert waiting.opened(path, sealed) == check
