"""The replay memory lasts as long as the key that could open the report, and no longer."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_protocol import Erased, Refusal
from kizashi_server.errors import ExchangeRefused
from kizashi_server.keys.ring import Keyring
from kizashi_server.serving.sweep import KeySweep
from kizashi_server.store.database import DATABASE_NAME, open_store
from kizashi_server.store.replay_contract import NO_ENVELOPE, Answer, Arrival, ReportState, Store

from tests.server.memory_store import MemoryStore
from tests.server.world import LEASE, START, make_world

OLD, NEW = b"o" * 16, b"n" * 16
OWNER = b"w" * 32
PLANNED = 1000
"""When each key was to be deleted."""


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each store that keeps the contract."""
    in_memory = request.param == "memory"
    made: Store = MemoryStore() if in_memory else open_store(tmp_path / DATABASE_NAME)
    yield made
    made.close()


def arrival(name: bytes, key_id: bytes, digest: bytes = b"d" * 32) -> Arrival:
    """A report sealed to a key."""
    return Arrival(name * 16, digest, "self-check", key_id, PLANNED)


def answered(store: Store, report: Arrival) -> None:
    """The report came and was answered."""
    claim = store.claim(report, now=0, lease_expire_time=30)
    assert claim is not None
    assert store.answer(claim, Answer(OWNER, b"sealed", 500))


def test_reports_of_a_key_that_is_gone_are_forgotten(store: Store) -> None:
    """Answered or erased; those of other keys are remembered."""
    for name, key_id in ((b"1", OLD), (b"2", OLD), (b"3", NEW)):
        answered(store, arrival(name, key_id))
    assert store.erase({b"2" * 16}, "self-check", {OWNER})
    assert store.key_ids() == {OLD, NEW}
    assert store.forget_keys({OLD}, 10) == 2
    assert store.key_ids() == {NEW}
    assert store.find(b"1" * 16) is None
    assert store.find(b"2" * 16) is None
    assert store.find(b"3" * 16) is not None


def test_what_is_forgotten_does_not_come_back_with_a_start(tmp_path: Path) -> None:
    """The mark of an erased report goes with it."""
    store = open_store(tmp_path / DATABASE_NAME)
    for name, key_id in ((b"1", OLD), (b"2", NEW)):
        answered(store, arrival(name, key_id))
        assert store.erase({name * 16}, "self-check", {OWNER})
    store.forget_keys({OLD}, 10)
    store.close()
    again = open_store(tmp_path / DATABASE_NAME)
    assert again.find(b"1" * 16) is None
    assert again.find(b"2" * 16) is not None
    again.close()


def test_a_report_that_is_worked_on_is_left_alone(store: Store) -> None:
    """Until its lease ends: its worker has the key in hand."""
    claim = store.claim(arrival(b"1", OLD), now=0, lease_expire_time=30)
    assert claim is not None
    assert store.forget_keys({OLD}, 29) == 0
    assert store.answer(claim, Answer(OWNER, b"sealed", 500))
    assert store.claim(arrival(b"2", OLD), now=0, lease_expire_time=30)
    assert store.forget_keys({OLD}, 30) == 2


def test_a_check_withdrawn_before_it_came_stays_withdrawn(store: Store) -> None:
    """It may be sealed to another key than its withdrawal, and that one may still open it."""
    store.forestall(arrival(b"1", OLD, NO_ENVELOPE), 0)
    assert store.forget_keys({OLD}, 10) == 0
    found = store.find(b"1" * 16)
    assert found is not None
    assert found.state is ReportState.ERASED
    store.purge(PLANNED)
    assert store.find(b"1" * 16) is None


def test_a_rotation_that_moves_a_deletion_moves_the_memory() -> None:
    """What could not be opened any more is not remembered any more, whatever was planned."""
    world = make_world()
    sent = world.laptop.check()
    world.reply_to(sent)
    ((key_id, key),) = world.intake.keyring.sealing.items()
    assert key.delete_time > START + 10
    sealing = {key_id: dataclasses.replace(key, delete_time=START + 10)}
    keyring = dataclasses.replace(world.intake.keyring, sealing=sealing)
    sweep = KeySweep(world.store, lambda: keyring, LEASE)
    for seconds in (9, 10, 9 + LEASE):
        sweep.sweep(START + seconds)
        assert world.store.find(sent.report_id) is not None
    sweep.sweep(START + 10 + LEASE)
    assert world.store.find(sent.report_id) is None
    world = dataclasses.replace(world, intake=dataclasses.replace(world.intake, keyring=keyring))
    world.clock.seconds = START + 10
    with pytest.raises(ExchangeRefused) as caught:
        world.exchange(sent.envelope)
    assert caught.value.reason == "KEY_OUTDATED"


def test_a_key_that_comes_meanwhile_is_not_taken_for_gone(store: Store) -> None:
    """Its first report arrives while the sweep looks at the keys of before."""
    keys = make_world().intake.keyring

    meanwhile: list[Arrival] = []

    def keys_of_before() -> Keyring:
        while meanwhile:
            answered(store, meanwhile.pop())
        return keys

    sweep = KeySweep(store, keys_of_before, 0)
    answered(store, arrival(b"1", OLD))
    meanwhile.append(arrival(b"2", NEW))
    sweep.sweep(10)
    assert store.find(b"1" * 16) is None
    assert store.find(b"2" * 16) is not None


def test_a_withdrawal_while_its_key_is_there_still_counts() -> None:
    """A sweep with every key in place forgets nothing."""
    world = make_world()
    sent = world.laptop.check()
    assert not isinstance(world.reply_to(sent).outcome, Refusal)
    sweep = KeySweep(world.store, lambda: world.intake.keyring, LEASE)
    for seconds in (0, LEASE):
        sweep.sweep(START + seconds)
    assert isinstance(world.reply_to(world.laptop.withdraw(sent)).outcome, Erased)
