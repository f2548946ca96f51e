"""Every message is in the ledger before it is sent, and its answer afterwards."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from kizashi_agent.commands.send import send_waiting
from kizashi_agent.errors import AgentError, ServerUnreachable
from kizashi_agent.ledger.entry import Call, Direction, Entry
from kizashi_agent.ledger.fields import kind_of
from kizashi_agent.ledger.recording import LedgerRecorder
from kizashi_agent.ledger.store import Ledger, LedgerUnreadable, ledger_of
from kizashi_agent.submit.erasing import withdraw_check
from kizashi_agent.submit.recorder import NotRecorded, recorded_look
from kizashi_agent.submit.trust import fetch_directory
from kizashi_protocol import Envelope
from kizashi_protocol.open_report import ReportPrivateKey, open_report
from kizashi_protocol.v1 import service_pb2

from tests.agent.submit.fake_server import flipped, refused
from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.agent.submit.test_withdraw_all import surroundings
from tests.protocol.values import NOW, SEALING_SEED

GONE = ServerUnreachable("gone", "Gone.", reason="SERVER_UNREACHABLE")


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """A laptop connected to an honest server."""
    return connected_laptop(tmp_path / "state")


def ledger(laptop: Laptop) -> Ledger:
    """The laptop's ledger, as a new process has it."""
    return ledger_of(laptop.state, os.urandom)


def entries(laptop: Laptop) -> tuple[Entry, ...]:
    """What it holds; nothing is wrong with it."""
    contents = ledger(laptop).read()
    assert contents.faults == ()
    return contents.entries


def kinds(laptop: Laptop) -> list[str]:
    """What each message is."""
    return [kind_of(each.message) for each in entries(laptop)]


def test_a_check_is_recorded_whole(laptop: Laptop) -> None:
    """Check, feedback, acknowledgement and its answer, each with its exact bytes."""
    laptop.submit()
    assert kinds(laptop) == ["check", "feedback", "acknowledgement", "acknowledged"]
    sent = [each.message for each in entries(laptop) if each.message.direction is Direction.SENT]
    requests = [service_pb2.ExchangeRequest.FromString(each.body) for each in sent]
    arrived = [Envelope.parse(each.envelope) for each in requests]
    assert arrived == laptop.server.envelopes
    server = ReportPrivateKey.from_seed(SEALING_SEED)
    opened = [open_report(each, server) for each in laptop.server.envelopes]
    assert [each.plaintext for each in sent] == opened
    assert [each.message.answers for each in entries(laptop)] == [None, 1, None, 3]
    assert {each.message.address for each in entries(laptop)} == {"localhost:8443"}
    assert {each.message.time for each in entries(laptop)} == {NOW}


def test_a_message_is_recorded_before_it_arrives(laptop: Laptop) -> None:
    """When the server has it, the ledger had it already."""
    seen: list[list[str]] = []
    laptop.server.on_arrival = lambda: seen.append(kinds(laptop))
    laptop.submit()
    assert seen == [["check"], ["check", "feedback", "acknowledgement"]]


def test_what_cannot_be_recorded_is_not_sent(laptop: Laptop) -> None:
    """A ledger without its head takes nothing, so nothing goes out."""
    laptop.submit()
    before = len(laptop.server.envelopes)
    (laptop.state.folder / "ledger" / "head").unlink()
    assert laptop.error().reason == "LEDGER_UNREADABLE"
    with pytest.raises(LedgerUnreadable):
        withdraw_check(laptop.state.checks()[0], laptop.exchanger, "en")
    assert len(laptop.server.envelopes) == before


def test_a_full_disk_keeps_a_message_from_being_sent(laptop: Laptop) -> None:
    """The ledger's folder cannot be written, as when there is no room."""
    (laptop.state.folder).mkdir(parents=True)
    (laptop.state.folder / "ledger").write_text("in the way")
    with pytest.raises(OSError, match="ledger"):
        laptop.submit()
    assert laptop.server.envelopes == []


@pytest.mark.parametrize("fault", [GONE, refused("RATE_LIMITED")], ids=["gone", "refused"])
def test_a_fault_is_recorded_in_place_of_an_answer(laptop: Laptop, fault: AgentError) -> None:
    """With its reason."""
    laptop.server.faults.append(fault)
    laptop.error()
    sent, answer = entries(laptop)
    assert kind_of(sent.message) == "check"
    assert (answer.message.fault, answer.message.answers) == (fault.reason, 1)
    assert answer.message.body == b""


def test_an_answer_that_does_not_open_is_recorded_as_it_came(laptop: Laptop) -> None:
    """Its bytes are what somebody on the way made of it."""
    laptop.server.on_the_way = flipped
    assert laptop.error().reason == "REPLY_TAMPERED"
    _, answer = entries(laptop)
    assert answer.message.plaintext is None
    assert len(answer.message.body) == len(entries(laptop)[0].message.body)
    assert kind_of(answer.message) == "unreadable"


def test_sealing_again_is_two_messages(laptop: Laptop) -> None:
    """With the look at the new directory between them."""
    laptop.server.faults.append(refused("KEY_OUTDATED"))
    laptop.submit()
    assert kinds(laptop)[:5] == ["check", "fault", "directory", "directory", "check"]


def test_a_check_sent_again_has_its_plaintext(laptop: Laptop) -> None:
    """A check that waited is recorded each time with what it seals."""
    laptop.server.faults.append(GONE)
    laptop.error()
    from_waiting = laptop.state.folder / "waiting"
    assert list(from_waiting.iterdir())

    assert send_waiting(surroundings(laptop)).sent
    first, again = (each.message for each in entries(laptop) if kind_of(each.message) == "check")
    assert first.body == again.body
    assert first.plaintext == again.plaintext is not None


def look(laptop: Laptop, recorder: LedgerRecorder | NotRecorded) -> None:
    """Looks at the directory."""
    connection = laptop.exchanger.connection
    fetch_directory(connection.server, connection.invite, laptop.state, lambda: NOW, recorder)


def test_looking_leaves_no_trace_before_anything_was_sent(laptop: Laptop) -> None:
    """A person who only looked, or said no, finds nothing on the laptop."""
    recorder = LedgerRecorder(ledger(laptop), lambda: NOW)
    look(laptop, recorder)
    assert not laptop.state.folder.exists()


def test_a_look_is_written_down_with_what_follows_it(laptop: Laptop) -> None:
    """In its place, before the first message that says something."""
    assert isinstance(laptop.exchanger.recorder, LedgerRecorder)
    look(laptop, laptop.exchanger.recorder)
    laptop.submit()
    assert kinds(laptop)[:3] == ["directory", "directory", "check"]
    assert [each.message.answers for each in entries(laptop)] == [None, 1, None, 3, None, 5]
    look(laptop, laptop.exchanger.recorder)
    assert kinds(laptop)[-2:] == ["directory", "directory"]


def test_a_look_is_recorded_with_its_bytes(laptop: Laptop) -> None:
    """Request and answer as they travel."""
    laptop.submit()
    look(laptop, LedgerRecorder(ledger(laptop), lambda: NOW))
    request, answer = (each.message for each in entries(laptop)[-2:])
    assert (request.call, answer.call) == (Call.DIRECTORY, Call.DIRECTORY)
    assert request.body == service_pb2.GetDirectoryRequest().SerializeToString()
    parsed = service_pb2.GetDirectoryResponse.FromString(answer.body)
    assert parsed.directory == laptop.server.get_directory(0).directory


class Away:
    """A server that does not answer a look."""

    def carry(self, call: Call, request: bytes) -> bytes:
        """Nobody is there."""
        raise GONE


def test_a_look_that_fails_is_recorded(laptop: Laptop) -> None:
    """With its reason, and the error goes on to whoever asked."""
    laptop.submit()
    recorder = LedgerRecorder(ledger(laptop), lambda: NOW)
    with pytest.raises(ServerUnreachable):
        recorded_look(Away(), "localhost:8443", 0, recorder)
    assert entries(laptop)[-1].message.fault == "SERVER_UNREACHABLE"


def test_without_an_account_nothing_is_recorded(laptop: Laptop) -> None:
    """The null recorder takes everything and keeps nothing."""
    look(laptop, NotRecorded())
    assert not laptop.state.folder.exists()


SHOWN: dict[str, Callable[[Laptop], object]] = {
    "recorder": lambda laptop: laptop.exchanger.recorder,
    "exchanger": lambda laptop: laptop.exchanger,
    "contents": lambda laptop: ledger(laptop).read(),
}


@pytest.mark.parametrize("name", SHOWN)
def test_no_text_shows_what_was_recorded(laptop: Laptop, name: str) -> None:
    """Neither plaintext nor receipt."""
    done = laptop.submit()
    shown = repr(SHOWN[name](laptop))
    assert done.feedback.headline not in shown
    assert done.receipts[0] not in shown
    assert laptop.state.seed().hex() not in shown
