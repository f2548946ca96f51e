"""One recording is one report, whatever goes wrong and however often Send is pressed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from kizashi_agent.errors import AgentError, ServerUnreachable
from kizashi_agent.ledger.entry import Call
from kizashi_agent.submit.recorder import Awaited, NotRecorded
from kizashi_protocol import Envelope
from kizashi_server.errors import ExchangeRefused

from tests.agent.page.running import Browser, served
from tests.agent.submit.fake_server import refused
from tests.agent.submit.standing.in_process import InProcess, Person
from tests.server.world import make_world

LOST = ServerUnreachable("lost", "The answer was lost.", reason="SERVER_UNREACHABLE")


@dataclass
class Listening(InProcess):
    """A server that notes under which ids checks came, and loses answers when told to."""

    lost: list[AgentError] = field(default_factory=list)
    report_ids: list[bytes] = field(default_factory=list)

    def exchange(self, envelope: Envelope) -> Envelope:
        """The sealed reply, where it is not lost."""
        self.report_ids.append(envelope.header.report_id)
        try:
            reply = super().exchange(envelope)
        except ExchangeRefused as error:
            raise refused(error.reason) from None
        if self.lost:
            raise self.lost.pop()
        return reply


@dataclass
class Failing(NotRecorded):
    """A recorder that fails with the first message that is sealed."""

    faults: list[Exception]

    def sending(
        self, call: Call, address: str, body: bytes, plaintext: bytes | None = None
    ) -> Awaited:
        """See `Recorder`."""
        if plaintext is not None and self.faults:
            raise self.faults.pop()
        return super().sending(call, address, body, plaintext)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop."""
    return Person(tmp_path / "laptop", Listening(make_world()))


def server_of(person: Person) -> Listening:
    """Theirs."""
    assert isinstance(person.server, Listening)
    return person.server


@contextmanager
def measured(person: Person, recorder: NotRecorded, **start: object) -> Iterator[Browser]:
    """The page, right before sending."""
    with served(replace(person.world, recorder=recorder)) as browser:
        browser.agree(invite=str(person.invite), **start)
        browser.record()
        yield browser


@pytest.mark.parametrize(
    ("fault", "reason"), [(KeyError("a fault"), "UNEXPECTED"), (OSError("full"), "FILE_SYSTEM")]
)
def test_a_fault_of_whatever_kind_leaves_it_waiting(
    person: Person, fault: Exception, reason: str
) -> None:
    """It is told, Send is no longer offered, and what waits is the one report there is."""
    with measured(person, Failing([fault])) as browser:
        kept = browser.post("send")
        assert (kept.stage, kept.json["reason"]) == ("waiting", reason)
        assert browser.post("send").reason == "OUT_OF_TURN"
        assert browser.get("visit").json["waiting"] == 1
        assert browser.post("waiting/send").stage == "feedback"
    assert person.server.world.weigh.calls == 1
    assert len(person.world.state.checks()) == 1


def test_a_fault_before_it_was_put_to_wait_is_told(person: Person) -> None:
    """The visit stays where it is, and Send may be pressed again."""
    person.folder.mkdir()
    (person.folder / "checks").write_text("in the way")
    with measured(person, NotRecorded()) as browser:
        told = browser.post("send")
        assert (told.status, told.reason, told.stage) == (500, "FILE_SYSTEM", "measured")
        (person.folder / "checks").unlink()
        assert browser.post("send").stage == "feedback"


def test_pressed_again_after_a_refusal_it_is_the_same_report(person: Person) -> None:
    """A server that has scored it, and whose answer was made a no of, scores nothing again."""
    server_of(person).lost = [refused("ENVELOPE_SIZE")]
    with measured(person, NotRecorded()) as browser:
        assert browser.post("send").reason == "ENVELOPE_SIZE"
        again = browser.post("send")
        assert (again.stage, again.reason) == ("measured", "REPORT_CONFLICT")
    assert person.server.world.weigh.calls == 1
    assert len(person.world.state.checks()) == 1


def test_without_an_account_too(person: Person) -> None:
    """Its answer was lost: the very message is sent again, and answered."""
    server_of(person).lost = [LOST]
    with measured(person, NotRecorded(), no_account=True) as browser:
        lost = browser.post("send")
        assert (lost.stage, lost.reason) == ("measured", "SERVER_UNREACHABLE")
        assert browser.post("send").stage == "feedback"
    first, again, *_ = server_of(person).report_ids
    assert first == again
    assert person.server.world.weigh.calls == 1
    assert not person.folder.exists()
