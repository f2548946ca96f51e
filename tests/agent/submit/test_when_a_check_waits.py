"""When a check is kept waiting, as agent/README.md says it."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from kizashi_agent.commands.check import check_with_server
from kizashi_agent.commands.send import send_waiting
from kizashi_agent.errors import BrokenOff, ServerUnreachable
from kizashi_agent.pipeline import Measured
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.transport import Published
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import CHECK_VALIDITY, Envelope

from tests.agent.submit.standing.in_process import InProcess, Person
from tests.models.scoring import EXTRACTOR_ID, summary_at
from tests.server.world import DAY, START, make_world

GUIDE = (Path(__file__).parents[3] / "agent" / "README.md").read_text("utf-8")


@dataclass
class Reachable(InProcess):
    """A server that is away altogether while it is down."""

    def get_directory(self, log_size: int) -> Published:
        """The directory, or nobody."""
        if self.down:
            raise ServerUnreachable("cut off", "The server is away.", reason="UNREACHABLE")
        return super().get_directory(log_size)


@dataclass
class Interrupted(InProcess):
    """A server that answers, but the person presses Ctrl-C before the answer is there."""

    pressed: bool = True

    def exchange(self, envelope: Envelope) -> Envelope:
        """The reply, or Ctrl-C."""
        reply = super().exchange(envelope)
        if self.pressed:
            raise KeyboardInterrupt
        return reply


@dataclass
class Check:
    """A check that notes how far it came, and during which the server may leave."""

    person: Person
    leaves: bool
    account: bool = True
    done: list[str] = dataclasses.field(default_factory=list)

    def run(self) -> None:
        """`kizashi check`, which does not reach the server in the end."""
        world = self.person.world
        if not self.account:
            world = world.without_account(self.person.invite)
        with pytest.raises(ServerUnreachable):
            check_with_server(
                self.person.invite, lambda *_: self._agree(), self._measure, EXTRACTOR_ID, world
            )

    def _agree(self) -> Agreement:
        self.done.append("asked")
        return Agreement(NEEDED, "en", "interactive", adult=True)

    def _measure(self) -> Measured:
        self.done.append("recorded")
        self.person.server.down = self.leaves
        return Measured(summary_at(2.0), 300, ())


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop."""
    return Person(tmp_path / "laptop", Reachable(make_world()))


def test_away_at_the_start_nothing_is_asked_or_recorded(person: Person) -> None:
    """So nothing that somebody recorded is thrown away, and nothing is left on the laptop."""
    person.server.down = True
    check = Check(person, leaves=True)
    check.run()
    assert check.done == []
    assert not person.folder.exists()
    assert "you are told before anything is asked or recorded" in GUIDE


def test_a_server_that_leaves_meanwhile_costs_no_recording(person: Person) -> None:
    """The check waits, for as long as its consents hold."""
    check = Check(person, leaves=True)
    check.run()
    assert check.done == ["asked", "recorded"]
    (waits,) = waiting_checks(person.world.state)
    assert waits.expire_time == START + CHECK_VALIDITY
    assert CHECK_VALIDITY == 7 * DAY
    assert "waits on the laptop, encrypted, for a week at most" in GUIDE


def test_without_an_account_nothing_waits(person: Person) -> None:
    """Nothing at all is left on the laptop."""
    Check(person, leaves=True, account=False).run()
    assert not person.folder.exists()
    assert "With `--no-account` nothing waits." in GUIDE


def broken_off(person: Person, measure: Callable[[], Measured], *, account: bool = True) -> str:
    """What is said of a check that Ctrl-C ended."""
    world = person.world if account else person.world.without_account(person.invite)
    agreed = Agreement(NEEDED, "en", "interactive", adult=True)
    with pytest.raises(BrokenOff) as caught:
        check_with_server(person.invite, lambda *_: agreed, measure, EXTRACTOR_ID, world)
    return caught.value.person


def measured() -> Measured:
    """What a check is of."""
    return Measured(summary_at(2.0), 300, ())


def pressed() -> Measured:
    """Ctrl-C in place of a measurement."""
    raise KeyboardInterrupt


def test_broken_off_while_measuring_nothing_was_sent(person: Person) -> None:
    """And that is said; nothing is left on the laptop."""
    assert broken_off(person, pressed) == "Broken off: nothing was sent."
    assert not person.folder.exists()


def test_broken_off_while_sending_the_check_waits(tmp_path: Path) -> None:
    """The person is told so; what is sent later is the same check, answered."""
    server = Interrupted(make_world())
    person = Person(tmp_path / "laptop", server)
    words = broken_off(person, measured)
    assert "kizashi send" in words
    assert "kizashi withdraw --all" in words
    (waits,) = waiting_checks(person.world.state)
    server.pressed = False
    (sent,) = send_waiting(person.world).sent
    assert sent.submitted.report_id == waits.report_id


def test_broken_off_without_an_account_does_not_claim_that_nothing_was_sent(
    tmp_path: Path,
) -> None:
    """The server may have it, and nothing waits."""
    person = Person(tmp_path / "laptop", Interrupted(make_world()))
    words = broken_off(person, measured, account=False)
    assert "may have reached the server" in words
    assert "kizashi send" not in words


def test_broken_off_while_sending_many_the_rest_waits(tmp_path: Path) -> None:
    """One Ctrl-C is for all of them, and what was answered before it is there to be shown."""
    server = Interrupted(make_world())
    person = Person(tmp_path / "laptop", server)
    for _ in range(3):
        broken_off(person, measured)
        server.world.clock.seconds += 1

    class AfterTheFirst(Interrupted):
        """Ctrl-C with the second."""

        def exchange(self, envelope: Envelope) -> Envelope:
            """See `Interrupted`; an acknowledgement is no check."""
            self.pressed = len(waiting_checks(person.world.state).paths()) < 3
            return super().exchange(envelope)

    person.server = AfterTheFirst(server.world)
    outcome = send_waiting(person.world)
    assert len(outcome.sent) == 1
    assert [each.reason for each in outcome.failed] == ["BROKEN_OFF"]
    assert len(waiting_checks(person.world.state).paths()) == 2
