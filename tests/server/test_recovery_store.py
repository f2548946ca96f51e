"""What the stores keep for a recovery: one contract, run on each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_server.store.database import open_store
from kizashi_server.store.holdings_contract import MOST_RECOVERED, HoldingsStore
from kizashi_server.store.holdings_database import open_holdings
from kizashi_server.store.replay_contract import Answer, Arrival, Claim, ReportState, Store, Tagged

from tests.server.memory_holdings import MemoryHoldings
from tests.server.memory_store import MemoryStore

OWNER, TAG, SECRET = b"o" * 32, b"t" * 32, b"s" * 32
ANSWER = Answer(OWNER, b"a sealed reply", reply_expire_time=500)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each replay memory."""
    made: Store = MemoryStore() if request.param == "memory" else open_store(tmp_path / "db")
    yield made
    made.close()


@pytest.fixture(params=["memory", "sqlite"])
def holdings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HoldingsStore]:
    """Each store of what is kept."""
    made: HoldingsStore = MemoryHoldings() if request.param == "memory" else open_holdings(tmp_path)
    yield made
    made.close()


def report_id(number: int) -> bytes:
    """An id that sorts as its number does."""
    return number.to_bytes(16, "big")


def claimed(store: Store, number: int = 1, programme: str = "self-check", now: int = 0) -> Claim:
    """A claim with a lease of ten seconds."""
    arrival = Arrival(report_id(number), b"d" * 32, programme, b"k" * 16, expire_time=1000)
    claim = store.claim(arrival, now=now, lease_expire_time=now + 10)
    assert claim is not None
    return claim


def found(store: Store, programme: str = "self-check") -> list[Tagged]:
    """All checks with a tag."""
    return list(store.tagged(programme, b"", 100))


def test_a_noted_check_is_found_at_every_time_of_its_life(store: Store) -> None:
    """While it is worked on, once it is answered, and when it is erased, until its row goes."""
    claim = claimed(store)
    assert found(store) == []
    assert store.note_owner(claim, OWNER, TAG)
    noted = [Tagged(report_id(1), OWNER, TAG)]
    assert found(store) == noted
    assert store.answer(claim, ANSWER)
    assert found(store) == noted
    assert store.erase({report_id(1)}, "self-check", {OWNER})
    assert found(store) == [Tagged(report_id(1), OWNER, TAG, is_erased=True)]
    store.purge(1000)
    assert found(store) == []


def test_a_check_erased_while_it_is_worked_on_is_answered_by_nobody(store: Store) -> None:
    """Neither by its worker nor, after the lease, by another."""
    claim = claimed(store)
    store.note_owner(claim, OWNER, TAG)
    assert store.erase({report_id(1)}, "self-check", {OWNER})
    assert not store.answer(claim, ANSWER)
    store.release(claim)
    remembered = store.find(report_id(1))
    assert remembered is not None
    assert (remembered.state, remembered.lease_expire_time) == (ReportState.ERASED, 0)
    arrival = Arrival(report_id(1), b"d" * 32, "self-check", b"k" * 16, expire_time=1000)
    assert store.claim(arrival, now=50, lease_expire_time=60) is None


def test_many_are_erased_at_once_and_nobody_elses(store: Store) -> None:
    """Those of the owners named; False where none of them is."""
    for number, owner in ((1, OWNER), (2, b"p" * 32), (3, b"q" * 32)):
        store.note_owner(claimed(store, number), owner, TAG)
    named = {report_id(number) for number in range(1, 5)}
    assert store.erase(named, "self-check", {OWNER, b"p" * 32})
    assert [each.is_erased for each in found(store)] == [True, True, False]
    assert not store.erase(named, "other", {OWNER})
    assert not store.erase({report_id(1)}, "self-check", {b"q" * 32})


def test_a_lost_claim_notes_nothing(store: Store) -> None:
    """Whoever took over has noted the same; and what is answered changes no more."""
    first = claimed(store)
    second = claimed(store, now=10)
    assert not store.note_owner(first, OWNER, TAG)
    assert found(store) == []
    assert store.note_owner(second, OWNER, TAG)
    store.answer(second, ANSWER)
    assert not store.note_owner(second, OWNER, b"x" * 32)
    assert found(store) == [Tagged(report_id(1), OWNER, TAG)]


def test_what_was_noted_stays_when_another_worker_takes_over(store: Store) -> None:
    """A worker that died had noted whose check it was."""
    store.note_owner(claimed(store), OWNER, TAG)
    claimed(store, now=10)
    assert found(store) == [Tagged(report_id(1), OWNER, TAG)]


def test_checks_come_in_pages_of_one_programme(store: Store) -> None:
    """In the order of their ids, none twice, and none without a tag."""
    for number in (3, 1, 4, 2):
        store.note_owner(claimed(store, number), OWNER, TAG)
    store.note_owner(claimed(store, 5, "other"), OWNER, TAG)
    claimed(store, 6)
    first = store.tagged("self-check", b"", 3)
    rest = store.tagged("self-check", first[-1].report_id, 3)
    assert [each.report_id for each in (*first, *rest)] == [report_id(n) for n in (1, 2, 3, 4)]
    assert store.tagged("self-check", rest[-1].report_id, 3) == []


def test_a_secret_is_remembered_with_its_latest_time(holdings: HoldingsStore) -> None:
    """For its programme alone; a clock that was put back makes nothing count again."""
    holdings.remember_recovery(SECRET, "self-check", 200)
    holdings.remember_recovery(SECRET, "self-check", 100)
    assert holdings.recoveries("self-check") == {SECRET: 200}
    assert holdings.recoveries("other") == {}


def test_the_oldest_secrets_make_room(holdings: HoldingsStore) -> None:
    """Whoever shows secrets that are nobody's cannot fill a disk, nor slow down each check more."""
    for number in range(MOST_RECOVERED + 2):
        holdings.remember_recovery(number.to_bytes(32, "big"), "self-check", number)
    holdings.remember_recovery(SECRET, "other", 0)
    kept = holdings.recoveries("self-check")
    assert sorted(kept.values()) == list(range(2, MOST_RECOVERED + 2))
    assert holdings.recoveries("other") == {SECRET: 0}


def test_secrets_outlive_a_restart(tmp_path: Path) -> None:
    """They are in a file of their own, which no backup replaces."""
    first = open_holdings(tmp_path)
    first.remember_recovery(SECRET, "self-check", 200)
    first.close()
    (tmp_path / "kizashi.sqlite").unlink()
    again = open_holdings(tmp_path)
    assert again.recoveries("self-check") == {SECRET: 200}
    again.close()
