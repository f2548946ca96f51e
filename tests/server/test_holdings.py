"""What is kept under standing consents: one contract, run on each store."""

import dataclasses
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_protocol.consent import Scope
from kizashi_server.store.holdings_contract import (
    TOMBSTONE_SECONDS,
    Held,
    HoldingsStore,
    Item,
    Subject,
)
from kizashi_server.store.holdings_database import open_holdings

from tests.server.memory_holdings import MemoryHoldings

ANNA = Subject(b"a" * 32, Scope.TREND, "self-check", "consent of a", b"A" * 32, 100, 1000)
BEN = Subject(b"b" * 32, Scope.TREND, "self-check", "consent of b", b"B" * 32, 100, 1000)
RENEWED = dataclasses.replace(ANNA, consent="renewed", given_time=500, expire_time=2000)
MOST = 3


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HoldingsStore]:
    """Each store that keeps the contract."""
    made: HoldingsStore = MemoryHoldings() if request.param == "memory" else open_holdings(tmp_path)
    yield made
    made.close()


def keep(store: HoldingsStore, subject: Subject, *contents: bytes) -> None:
    """Keeps contents, each under its own name."""
    for content in contents:
        assert store.keep(subject, Item(content, content), MOST)


def test_nothing_is_held_of_a_stranger(store: HoldingsStore) -> None:
    """Nobody is known before something is kept."""
    assert store.held(ANNA.digest) is None
    assert list(store.subjects()) == []
    assert store.withdrawn_times({ANNA.digest}) == {}


def test_what_is_kept_is_held_in_its_order(store: HoldingsStore) -> None:
    """The oldest first, each person's apart."""
    keep(store, ANNA, b"1", b"2")
    keep(store, BEN, b"3")
    assert store.held(ANNA.digest) == Held(ANNA, (b"1", b"2"))
    assert store.held(BEN.digest) == Held(BEN, (b"3",))
    assert {each.digest for each in store.subjects()} == {ANNA.digest, BEN.digest}


def test_only_the_latest_are_kept(store: HoldingsStore) -> None:
    """The oldest goes when there is one too many, and nobody else's."""
    keep(store, BEN, b"b")
    keep(store, ANNA, b"1", b"2", b"3", b"4")
    assert store.held(ANNA.digest) == Held(ANNA, (b"2", b"3", b"4"))
    assert store.held(BEN.digest) == Held(BEN, (b"b",))


def test_an_item_takes_the_place_of_the_one_with_its_name(store: HoldingsStore) -> None:
    """A check that is answered twice, or counted twice in a month, is held once."""
    keep(store, ANNA, b"1", b"2")
    assert store.keep(ANNA, Item(b"1", b"another"), MOST)
    assert store.held(ANNA.digest) == Held(ANNA, (b"2", b"another"))


@pytest.mark.parametrize("order", [(ANNA, RENEWED), (RENEWED, ANNA)])
def test_of_two_consents_the_later_stays(
    store: HoldingsStore, order: tuple[Subject, Subject]
) -> None:
    """A renewal is not undone by a check that was on its way."""
    for number, subject in enumerate(order):
        keep(store, subject, bytes([number]))
    assert store.held(ANNA.digest) == Held(RENEWED, (b"\0", b"\1"))


def test_withdrawal_erases_and_lasts(store: HoldingsStore) -> None:
    """Nothing is held, nothing given before counts again, and nobody else is touched."""
    keep(store, ANNA, b"1")
    keep(store, BEN, b"2")
    store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 200)
    assert store.held(ANNA.digest) is None
    assert not store.keep(ANNA, Item(b"3", b"3"), MOST)
    assert store.held(ANNA.digest) is None
    assert store.withdrawn_times({ANNA.digest, BEN.digest}) == {ANNA.digest: 200}
    assert store.held(BEN.digest) == Held(BEN, (b"2",))


def test_withdrawal_overtakes_a_consent_on_its_way(store: HoldingsStore) -> None:
    """Of somebody nothing was held of, what was given before does not count either."""
    store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 200)
    assert not store.keep(ANNA, Item(b"1", b"1"), MOST)
    assert list(store.subjects()) == []


def test_consent_given_after_a_withdrawal_counts(store: HoldingsStore) -> None:
    """And what it keeps is new."""
    keep(store, ANNA, b"1")
    store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 200)
    keep(store, RENEWED, b"2")
    assert store.held(ANNA.digest) == Held(RENEWED, (b"2",))


def test_consent_of_a_clock_that_runs_ahead_is_taken_back(store: HoldingsStore) -> None:
    """A record dated after its own withdrawal does not count again."""
    keep(store, RENEWED, b"1")
    store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 200)
    assert store.withdrawn_times({ANNA.digest}) == {ANNA.digest: RENEWED.given_time}
    assert not store.keep(RENEWED, Item(b"1", b"1"), MOST)


def test_a_later_withdrawal_is_never_moved_back(store: HoldingsStore) -> None:
    """Asked twice, in whatever order the answers are made."""
    store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 300)
    store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 200)
    assert store.withdrawn_times({ANNA.digest}) == {ANNA.digest: 300}


def test_recovery_withdraws_and_says_so_again(store: HoldingsStore) -> None:
    """Whoever has the secret withdraws without the key, as often as they ask."""
    keep(store, ANNA, b"1")
    keep(store, BEN, b"2")
    for _ in range(2):
        assert store.recover(ANNA.recovery_digest, "self-check", 200) is Scope.TREND
        assert store.held(ANNA.digest) is None
    assert store.withdrawn_times({ANNA.digest}) == {ANNA.digest: 200}
    assert store.held(BEN.digest) is not None


def test_withdrawal_after_a_withdrawal_keeps_the_code_known(store: HoldingsStore) -> None:
    """The code of a consent that was taken back by its key still gets its answer."""
    keep(store, ANNA, b"1")
    store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 200)
    store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 300)
    assert store.recover(ANNA.recovery_digest, "self-check", 400) is Scope.TREND


@pytest.mark.parametrize(
    ("digest", "programme"), [(BEN.recovery_digest, "self-check"), (ANNA.recovery_digest, "other")]
)
def test_recovery_of_nobody_changes_nothing(
    store: HoldingsStore, digest: bytes, programme: str
) -> None:
    """Another secret or another programme is told that nothing is held."""
    keep(store, ANNA, b"1")
    assert store.recover(digest, programme, 200) is None
    assert store.held(ANNA.digest) == Held(ANNA, (b"1",))


def test_items_are_erased_by_name_and_not_kept_again(store: HoldingsStore) -> None:
    """Whosever they are; what else is kept, and the consents, stay."""
    name, other = b"n" * 32, b"o" * 32
    for subject in (ANNA, BEN):
        assert store.keep(subject, Item(b"1", b"1", name), MOST)
        assert store.keep(subject, Item(b"2", b"2", other), MOST)
    assert store.holds_any({name, b"x" * 32})
    assert not store.holds_any({b"x" * 32})
    store.erase_items({name, b"y" * 32}, 200)
    assert not store.holds_any({name})
    for subject in (ANNA, BEN):
        assert store.held(subject.digest) == Held(subject, (b"2",))
        assert not store.keep(subject, Item(b"1", b"1", name), MOST)
    assert not store.keep(RENEWED, Item(b"3", b"3", b"y" * 32), MOST)
    store.erase_items({other}, 200)
    assert store.held(ANNA.digest) == Held(ANNA, ())


def test_the_name_of_an_erased_item_stays_as_long_as_a_tombstone(store: HoldingsStore) -> None:
    """Then no backup of before has a consent that it could be kept under."""
    later = dataclasses.replace(ANNA, expire_time=300 + TOMBSTONE_SECONDS)
    store.erase_items({b"n" * 32}, 100)
    store.erase_items({b"n" * 32}, 200)
    store.purge(199 + TOMBSTONE_SECONDS)
    assert not store.keep(later, Item(b"1", b"1", b"n" * 32), MOST)
    store.purge(200 + TOMBSTONE_SECONDS)
    assert store.keep(later, Item(b"1", b"1", b"n" * 32), MOST)


def test_an_item_in_the_place_of_another_has_its_own_name(store: HoldingsStore) -> None:
    """The check it came with before takes nothing from it."""
    assert store.keep(ANNA, Item(b"1", b"first", b"n" * 32), MOST)
    assert store.keep(ANNA, Item(b"1", b"second", b"o" * 32), MOST)
    store.erase_items({b"n" * 32}, 200)
    assert store.held(ANNA.digest) == Held(ANNA, (b"second",))


def test_erased_subject_may_come_again(store: HoldingsStore) -> None:
    """Where a consent lapsed nothing was taken back."""
    keep(store, ANNA, b"1")
    store.erase(ANNA.digest)
    assert store.held(ANNA.digest) is None
    keep(store, ANNA, b"2")
    assert store.held(ANNA.digest) == Held(ANNA, (b"2",))


def test_purge_erases_what_has_expired(store: HoldingsStore) -> None:
    """A subject goes with its consent, which a renewal puts off."""
    keep(store, RENEWED, b"1")
    keep(store, BEN, b"2")
    assert store.purge(999) == 0
    assert store.purge(1000) == 1
    assert [each.digest for each in store.subjects()] == [ANNA.digest]


def test_tombstone_outlives_every_consent_it_is_about(store: HoldingsStore) -> None:
    """It is forgotten when no consent of before could hold any more."""
    store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 200)
    store.purge(199 + TOMBSTONE_SECONDS)
    assert store.withdrawn_times({ANNA.digest}) == {ANNA.digest: 200}
    store.purge(200 + TOMBSTONE_SECONDS)
    assert store.withdrawn_times({ANNA.digest}) == {}


def test_of_a_withdrawal_and_many_checks_at_once_the_withdrawal_wins(store: HoldingsStore) -> None:
    """Whatever was under way, nothing is held afterwards."""
    ready = threading.Barrier(9)

    def check(number: int) -> None:
        ready.wait()
        store.keep(ANNA, Item(bytes([number]), b"content"), MOST)

    def withdraw() -> None:
        ready.wait()
        store.withdraw(ANNA.digest, ANNA.scope, ANNA.programme_id, 200)

    workers = [threading.Thread(target=check, args=(number,)) for number in range(8)]
    workers.append(threading.Thread(target=withdraw))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert store.held(ANNA.digest) is None


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["keep", "renew", "withdraw", "recover", "erase", "erase items", "purge"]),
        st.sampled_from([ANNA, BEN]),
        st.integers(0, 6),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(ACTS)
def test_both_stores_hold_the_same_after_anything(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, Subject, int]]
) -> None:
    """Whatever is done in whatever order, databases and dictionary agree about everybody."""
    folder = tmp_path_factory.mktemp("state")
    stores: list[HoldingsStore] = [MemoryHoldings(), open_holdings(folder, os.urandom)]
    for what, subject, number in acts:
        said = [_do(store, what, subject, number) for store in stores]
        assert said[0] == said[1]
    for subject in (ANNA, BEN):
        held = [store.held(subject.digest) for store in stores]
        times = [store.withdrawn_times({subject.digest}) for store in stores]
        assert (held[0], times[0]) == (held[1], times[1])
    for store in stores:
        store.close()


def _do(store: HoldingsStore, what: str, subject: Subject, number: int) -> object:
    now = number * 200
    match what:
        case "keep":
            return store.keep(subject, Item(bytes([number]), b"content", _name(number)), MOST)
        case "renew":
            later = dataclasses.replace(subject, given_time=now, expire_time=now + 900)
            return store.keep(later, Item(bytes([number]), b"later"), MOST)
        case "withdraw":
            store.withdraw(subject.digest, subject.scope, subject.programme_id, now)
        case "recover":
            return store.recover(subject.recovery_digest, subject.programme_id, now)
        case "erase":
            store.erase(subject.digest)
        case "erase items":
            store.erase_items({_name(number), _name(number + 1)}, now)
        case _:
            return store.purge(now)
    return None


def _name(number: int) -> bytes:
    return bytes([number]) * 32
