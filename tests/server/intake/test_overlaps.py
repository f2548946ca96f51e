"""Work on one report that overlaps, and workers that are killed or fail."""

import dataclasses
import threading
import time
from pathlib import Path

import pytest
from kizashi_protocol import Erased, Feedback
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.database import open_store
from kizashi_server.store.replay_contract import Arrival

from tests.server.laptop import Sent
from tests.server.refusals import refusal_of, refused
from tests.server.world import DAY, LEASE, PROGRAMME, START, World, make_world


def test_same_envelope_at_once_is_scored_once(tmp_path: Path) -> None:
    """Eight callers with the same envelope, on a real database and clock, get one reply."""
    store = open_store(tmp_path / "db")
    world = make_world(store)
    world.weigh.meanwhile = lambda: time.sleep(0.1)
    intake = dataclasses.replace(world.intake, monotonic=time.monotonic, pause=time.sleep)
    message = world.laptop.check().envelope.to_message()
    replies: list[bytes] = []
    ready = threading.Barrier(8)

    def call() -> None:
        ready.wait()
        replies.append(intake.exchange(message, time.monotonic() + 10))

    callers = [threading.Thread(target=call) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert (len(replies), len(set(replies)), world.weigh.calls) == (8, 1, 1)
    store.close()


def pending(world: World, sent: Sent) -> None:
    """A worker has claimed the report and says nothing more."""
    envelope = sent.envelope
    arrival = Arrival(
        sent.report_id, envelope.digest(), PROGRAMME.id, envelope.header.key_id, START + DAY
    )
    assert world.store.claim(arrival, now=START, lease_expire_time=START + LEASE)


def test_killed_worker_does_not_lock_the_report(any_world: World) -> None:
    """Until the lease ends the caller is told to come again; then the work is done anew."""
    sent = any_world.laptop.check()
    pending(any_world, sent)
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "REPORT_IN_PROGRESS"
    any_world.clock.seconds = START + LEASE
    assert isinstance(any_world.reply_to(sent).outcome, Feedback)


def test_worker_slower_than_its_lease_gives_no_second_answer(any_world: World) -> None:
    """Its own caller is turned away, and whoever took over has given the one answer."""
    world, sent, answers = any_world, any_world.laptop.check(), []

    def overtake() -> None:
        world.weigh.meanwhile = lambda: None
        world.clock.seconds += LEASE
        answers.append(world.exchange(sent.envelope))

    world.weigh.meanwhile = overtake
    assert refused(world, lambda: world.exchange(sent.envelope)) == "REPORT_IN_PROGRESS"
    assert answers == [world.exchange(sent.envelope)]


def test_withdrawal_waits_for_the_check_it_is_about(any_world: World) -> None:
    """A check that is being answered is erased after its answer, not overtaken."""
    world, sent, withdrawn = any_world, any_world.laptop.check(), []
    withdrawal = world.laptop.withdraw(sent)

    def withdraw_meanwhile() -> None:
        withdrawn.append(refused(world, lambda: world.exchange(withdrawal.envelope)))

    world.weigh.meanwhile = withdraw_meanwhile
    world.exchange(sent.envelope)
    assert withdrawn == ["REPORT_IN_PROGRESS"]
    assert isinstance(world.reply_to(withdrawal).outcome, Erased)


def test_withdrawn_check_that_comes_late_is_not_scored(any_world: World) -> None:
    """Held back on the way until its consent was withdrawn, it finds itself erased."""
    sent = any_world.laptop.check()
    for _ in range(2):
        assert refusal_of(any_world.reply_to(any_world.laptop.withdraw(sent))) == "REPORT_UNKNOWN"
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"
    assert any_world.weigh.calls == 0


def test_fault_while_working_forgets_the_report(world: World) -> None:
    """A bug, or a database that fails, leaves the id free for another try."""

    def fail() -> None:
        raise StoreUnavailable("the disk is full")

    sent = world.laptop.check()
    world.weigh.meanwhile = fail
    with pytest.raises(StoreUnavailable):
        world.exchange(sent.envelope)
    assert world.store.find(sent.report_id) is None
    world.weigh.meanwhile = lambda: None
    assert isinstance(world.reply_to(sent).outcome, Feedback)
