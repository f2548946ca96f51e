"""What is sent again while its sealing key goes is still known, and so is not scored again."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from kizashi_protocol import Refusal
from kizashi_server.errors import ExchangeRefused
from kizashi_server.serving.sweep import KeySweep
from kizashi_server.store.database import open_store
from kizashi_server.store.replay_contract import Answer, Arrival, Purged, Remembered, Store

from tests.server.laptop import Sent
from tests.server.memory_store import MemoryStore
from tests.server.world import LEASE, START, World, make_world

ARRIVAL = Arrival(b"r" * 16, b"d" * 32, "self-check", b"k" * 16, expire_time=1000)


@dataclass
class Between:
    """A store that something happens in between: a call has its key, and looks for its report."""

    store: Store
    before_finding: Callable[[], object]

    def __getattr__(self, name: str) -> Any:
        """Everything else is the store's own."""
        return getattr(self.store, name)

    def find(self, report_id: bytes) -> Remembered | None:
        """See `Store`."""
        self.before_finding()
        return self.store.find(report_id)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each replay memory."""
    made: Store = MemoryStore() if request.param == "memory" else open_store(tmp_path / "db")
    yield made
    made.close()


def sent_again(world: World, sent: Sent, meanwhile: Callable[[], object]) -> str:
    """What becomes of an envelope whose call has found its key when something happens."""
    between = cast("Store", Between(world.store, meanwhile))
    late = dataclasses.replace(world, intake=dataclasses.replace(world.intake, store=between))
    try:
        outcome = late.reply_to(sent).outcome
    except ExchangeRefused as error:
        return error.reason
    return outcome.reason if isinstance(outcome, Refusal) else type(outcome).__name__


def delete_time(world: World) -> int:
    """Of the world's one sealing key."""
    (key,) = world.intake.keyring.sealing.values()
    return key.delete_time


@pytest.mark.parametrize("seconds", [0, LEASE - 1])
def test_a_check_sent_again_in_its_keys_last_second_is_not_scored_again(
    store: Store, seconds: int
) -> None:
    """The sweep that follows the key waits until no call can have the key in hand."""
    world = make_world(store)
    sent = world.laptop.check()
    world.reply_to(sent)
    end = delete_time(world)
    world.clock.seconds = end - 1
    assert sent_again(world, sent, lambda: store.purge(end + seconds)) == "ERASED"
    assert world.weigh.calls == 1
    assert store.purge(end + LEASE).rows == 1


def test_a_withdrawn_check_that_comes_in_its_keys_last_second_is_not_scored(store: Store) -> None:
    """One that was withdrawn before it ever came."""
    world = make_world(store)
    sent = world.laptop.check()
    world.reply_to(world.laptop.withdraw(sent))
    end = delete_time(world)
    world.clock.seconds = end - 1
    assert sent_again(world, sent, lambda: store.purge(end)) == "ERASED"
    assert world.weigh.calls == 0


def test_a_check_sent_again_while_its_key_is_deleted_early_is_not_scored_again(
    store: Store,
) -> None:
    """A call goes on with the keys it began with; the sweep knows the key to be gone."""
    world = make_world(store)
    sent = world.laptop.check()
    world.reply_to(sent)
    gone = dataclasses.replace(world.intake.keyring, sealing={})
    keyrings = [gone, gone, gone, world.intake.keyring]
    sweep = KeySweep(store, keyrings.pop, LEASE)
    assert sent_again(world, sent, lambda: sweep.sweep(START)) == "Feedback"
    assert world.weigh.calls == 1
    sweep.sweep(START + LEASE - 1)
    assert store.find(sent.report_id) is not None
    sweep.sweep(START + LEASE)
    assert store.find(sent.report_id) is None


def test_a_key_that_was_missing_for_a_moment_is_not_taken_for_long_gone(store: Store) -> None:
    """Only the time since it was last there counts."""
    world = make_world(store)
    sent = world.laptop.check()
    world.reply_to(sent)
    gone = dataclasses.replace(world.intake.keyring, sealing={})
    here = world.intake.keyring
    keyrings = iter([here, gone, here, gone])
    sweep = KeySweep(store, lambda: next(keyrings), LEASE)
    for seconds in (0, 1, LEASE):
        sweep.sweep(START + seconds)
    assert store.find(sent.report_id) is not None


def test_what_went_while_no_server_ran_is_forgotten_at_once(store: Store) -> None:
    """No call of a process that never had the key can have it in hand."""
    world = make_world(store)
    sent = world.laptop.check()
    world.reply_to(sent)
    gone = dataclasses.replace(world.intake.keyring, sealing={})
    KeySweep(store, lambda: gone, LEASE).sweep(START)
    assert store.find(sent.report_id) is None


def test_a_purge_leaves_what_is_worked_on(store: Store) -> None:
    """Until its lease ends; its worker can still answer."""
    claim = store.claim(ARRIVAL, now=999, lease_expire_time=1029)
    assert claim is not None
    assert store.purge(1028) == Purged(0, 0)
    assert store.answer(claim, Answer(b"o" * 32, b"sealed", 500))
    assert store.purge(1028) == Purged(1, 1)
    abandoned = dataclasses.replace(ARRIVAL, report_id=b"s" * 16)
    assert store.claim(abandoned, now=999, lease_expire_time=1029)
    assert store.purge(1029) == Purged(0, 1)
