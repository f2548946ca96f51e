"""What one command withdraws while another is sending it neither comes back nor is sent."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from kizashi_agent.commands.check import check_with_server
from kizashi_agent.commands.consent import withdraw_scopes
from kizashi_agent.commands.send import send_waiting
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.device.state_folder import FolderOnDisk
from kizashi_agent.errors import ServerUnreachable
from kizashi_agent.pipeline import Measured
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.trust import Connection
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import Check, Invite, Scope

from tests.agent.submit.fake_server import refused
from tests.agent.submit.laptop import Laptop
from tests.agent.submit.standing.in_process import InProcess, Person, held, scopes_of
from tests.agent.submit.test_withdraw_all import InMemory, surroundings
from tests.models.scoring import EXTRACTOR_ID, summary_at
from tests.server.world import make_world

GONE = ServerUnreachable("gone", "Gone.", reason="SERVER_UNREACHABLE")


@dataclass(frozen=True, slots=True)
class Away(InMemory):
    """Surroundings from which no server is reached."""

    def connect(self, invite: Invite) -> Connection:
        """Nobody."""
        raise GONE


@dataclass(frozen=True, slots=True)
class Hooked(InMemory):
    """Surroundings that do something before they connect."""

    before: Callable[[], object]

    def connect(self, invite: Invite) -> Connection:
        """The server in memory."""
        self.before()
        return self.connection


def another_process(laptop: Laptop, kind: type[InMemory] = InMemory) -> Surroundings:
    """What a second command sees: the same folder, by a lock of its own."""
    folder = laptop.state.folder
    # A lock that is held while something is sent would be noticed at once.
    state = DeviceState(folder, laptop.state.random_bytes, files=FolderOnDisk(folder, 0.2))
    given = {**fields_of(surroundings(laptop)), "state": state}
    return kind(**given)  # type: ignore[arg-type]


def fields_of(world: Surroundings) -> dict[str, object]:
    """The attributes of surroundings, by name."""
    return {name: getattr(world, name) for name in world.__dataclass_fields__}


def once(action: Callable[[], object]) -> Callable[[], None]:
    """The action, the first time it is called."""
    left = [action]

    def act() -> None:
        if left:
            left.pop()()

    return act


def give_up(laptop: Laptop) -> None:
    """`kizashi withdraw --all` in another process, which reaches no server."""
    assert withdraw_all(another_process(laptop, Away)).thrown_away == 1


def checks_at(laptop: Laptop) -> int:
    """How many checks the server opened."""
    return laptop.contents().count(Check)


@pytest.fixture
def waiting(laptop: Laptop) -> Laptop:
    """A laptop on which a check waits."""
    laptop.server.faults.append(GONE)
    laptop.error()
    assert len(waiting_checks(laptop.state).paths()) == 1
    laptop.server.envelopes.clear()
    return laptop


def test_what_is_given_up_before_it_is_sent_is_not_sent(waiting: Laptop) -> None:
    """`send` has read it already; the withdrawal comes before the envelope leaves."""
    world = Hooked(
        **fields_of(surroundings(waiting)),  # type: ignore[arg-type]
        before=lambda: give_up(waiting),
    )
    assert [each.reason for each in send_waiting(world).failed] == ["CHECK_GIVEN_UP"]
    assert waiting.server.envelopes == []
    assert waiting_checks(waiting.state).paths() == []


def test_what_is_given_up_is_not_sealed_again(waiting: Laptop) -> None:
    """The withdrawal comes while the server says that the key is gone; nothing follows."""
    waiting.server.faults.append(refused("KEY_OUTDATED"))
    waiting.server.on_arrival = once(lambda: give_up(waiting))
    assert [each.reason for each in send_waiting(surroundings(waiting)).failed] == [
        "CHECK_GIVEN_UP"
    ]
    assert len(waiting.server.envelopes) == 1
    assert waiting_checks(waiting.state).paths() == []


def test_a_check_given_up_while_it_is_sealed_is_not_sent(laptop: Laptop) -> None:
    """The same in a first check: it is on record and waits before anything is sealed."""
    act = once(lambda: give_up(laptop))

    def random_bytes(count: int) -> bytes:
        if waiting_checks(laptop.state).paths():
            act()
        return laptop.exchanger.random_bytes(count)

    hooked = replace(laptop, exchanger=replace(laptop.exchanger, random_bytes=random_bytes))
    assert hooked.error().reason == "CHECK_GIVEN_UP"
    assert laptop.server.envelopes == []
    assert waiting_checks(laptop.state).paths() == []


def test_a_withdrawal_between_looking_and_writing_waits_its_turn(waiting: Laptop) -> None:
    """Whether the check still waits and that it is kept anew are one step to everybody else."""
    (check,) = waiting_checks(waiting.state)
    state = DeviceState(waiting.state.folder, waiting.state.random_bytes)
    dropped = threading.Thread(target=waiting_checks(state).drop_all)

    class Watched(FolderOnDisk):
        def read(self, path: Path) -> bytes | None:
            kept = super().read(path)
            if path.suffix == ".sealed" and not dropped.ident:
                dropped.start()
                dropped.join(timeout=0.5)
            return kept

    folder = waiting.state.folder
    watched = DeviceState(folder, waiting.state.random_bytes, files=Watched(folder))
    assert waiting_checks(watched).renew(check)
    dropped.join()
    assert waiting_checks(waiting.state).paths() == []


def test_nobody_is_told_that_a_check_waits_which_does_not(waiting: Laptop) -> None:
    """It was withdrawn while the server did not answer."""
    waiting.server.faults.append(GONE)
    waiting.server.on_arrival = once(lambda: give_up(waiting))
    (error,) = send_waiting(surroundings(waiting)).failed
    assert error.reason == "SERVER_UNREACHABLE"
    assert "kizashi send" not in error.person


def test_an_answer_to_what_was_withdrawn_brings_no_record_back(laptop: Laptop) -> None:
    """The server erased the check while its answer was on the way; nothing of it is kept."""
    laptop.server.on_arrival = once(lambda: withdraw_all(another_process(laptop)))
    assert laptop.error().reason == "CHECK_WITHDRAWN"
    assert laptop.state.checks() == []
    assert waiting_checks(laptop.state).paths() == []
    assert not (laptop.state.folder / "receipts").exists()


def test_two_that_send_the_same_check_leave_one_record(waiting: Laptop) -> None:
    """Both get the answer of the one score; nothing waits afterwards, and it can be withdrawn."""
    (check,) = waiting_checks(waiting.state)
    waiting.server.on_arrival = once(lambda: send_waiting(another_process(waiting)))
    assert len(send_waiting(surroundings(waiting)).sent) == 1
    sent = [e for e in waiting.server.envelopes if e.header.report_id == check.report_id]
    assert (len(sent), len(set(sent))) == (2, 1)
    assert waiting_checks(waiting.state).paths() == []
    assert len(withdraw_all(surroundings(waiting)).withdrawn) == 1


def test_a_check_another_process_has_sent_is_not_sent_again(waiting: Laptop) -> None:
    """The second `send` had read it already."""
    world = Hooked(
        **fields_of(surroundings(waiting)),  # type: ignore[arg-type]
        before=lambda: send_waiting(another_process(waiting)),
    )
    assert [each.reason for each in send_waiting(world).failed] == ["CHECK_GIVEN_UP"]
    assert checks_at(waiting) == 1


def test_a_consent_taken_back_while_recording_does_not_ride_along(tmp_path: Path) -> None:
    """It was looked at before the camera ran, and is looked at again before anything is sealed."""
    person = Person(tmp_path / "laptop", InProcess(make_world()))
    person.give(Scope.TREND)

    def measured() -> Measured:
        withdraw_scopes((Scope.TREND,), person.world)
        return Measured(summary_at(2.0), 300, ())

    assert scopes_of(person, check(person, measured)) == list(NEEDED)
    assert held(person) == set()


def test_a_check_beside_a_withdrawal_goes_without_the_consent(tmp_path: Path) -> None:
    """That nothing waits with a consent and that it is taken back are one step to everybody else."""
    person = Person(tmp_path / "laptop", InProcess(make_world()))
    person.give(Scope.TREND)
    receipts: list[str] = []
    beside = threading.Thread(
        target=lambda: receipts.extend(check(person, lambda: Measured(summary_at(2.0), 300, ())))
    )

    class Watched(FolderOnDisk):
        def files(self, folder: Path) -> list[Path]:
            found = super().files(folder)
            if folder.name == "waiting" and not beside.ident:
                beside.start()
                beside.join(timeout=2)
            return found

    world = person.world
    state = DeviceState(person.folder, world.random_bytes, files=Watched(person.folder))
    withdraw_scopes((Scope.TREND,), replace(world, state=state))
    beside.join()
    assert scopes_of(person, tuple(receipts)) == list(NEEDED)


def check(person: Person, measured: Callable[[], Measured]) -> tuple[str, ...]:
    """`kizashi check` with a recording; gives the receipts."""
    checked = check_with_server(
        person.invite,
        lambda *_: Agreement(NEEDED, "en", "interactive", adult=True),
        measured,
        EXTRACTOR_ID,
        person.world,
    )
    assert checked.sent is not None
    return checked.sent.submitted.receipts
