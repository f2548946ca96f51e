"""The replay memory: one contract, run on each store, and what is SQLite's own."""

import dataclasses
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.database import migrate, open_store, sqlite_engine
from kizashi_server.store.replay_contract import Answer, Arrival, Claim, Purged, ReportState, Store
from kizashi_server.store.replay_schema import METADATA

from tests.server.memory_store import MemoryStore

ID = b"r" * 16
OWNER = b"o" * 32
STRANGER = b"s" * 32
REPLY = b"a sealed reply of some length" * 600
ARRIVAL = Arrival(ID, b"d" * 32, "self-check", b"k" * 16, expire_time=1000)
OTHER = Arrival(ID, b"e" * 32, "self-check", b"k" * 16, expire_time=1000)
ANSWER = Answer(OWNER, REPLY, reply_expire_time=500)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each store that keeps the contract."""
    made: Store = (
        MemoryStore() if request.param == "memory" else open_store(tmp_path / "kizashi.sqlite")
    )
    yield made
    made.close()


def claimed(store: Store, now: int = 0) -> Claim:
    """A claim on the report, with a lease of ten seconds."""
    claim = store.claim(ARRIVAL, now=now, lease_expire_time=now + 10)
    assert claim is not None
    return claim


def answered(store: Store) -> None:
    """Has the report claimed and answered."""
    assert store.answer(claimed(store), ANSWER)


def test_unknown_report_is_not_found(store: Store) -> None:
    """Nothing is remembered of a report that never came."""
    assert store.find(ID) is None


def test_claimed_report_is_pending(store: Store) -> None:
    """A claim makes the row before anything is opened."""
    claimed(store)
    found = store.find(ID)
    assert found is not None
    assert (found.state, found.sealed_reply) == (ReportState.PENDING, None)
    assert (found.envelope_digest, found.lease_expire_time) == (ARRIVAL.envelope_digest, 10)


@pytest.mark.parametrize("arrival", [ARRIVAL, OTHER])
def test_claimed_report_is_not_claimed_again(store: Store, arrival: Arrival) -> None:
    """While a lease lasts, neither the same envelope nor another gets the report."""
    claimed(store)
    assert store.claim(arrival, now=9, lease_expire_time=19) is None


def test_report_of_a_killed_worker_is_claimed_by_the_same_envelope_only(store: Store) -> None:
    """After the lease the same envelope may be worked on again, another one never."""
    claimed(store)
    assert store.claim(OTHER, now=10, lease_expire_time=20) is None
    assert store.claim(ARRIVAL, now=10, lease_expire_time=20) == Claim(ID, 2)


def test_worker_that_outlived_its_lease_cannot_answer_or_release(store: Store) -> None:
    """A lost claim changes nothing any more."""
    lost = claimed(store)
    held = claimed(store, now=10)
    assert not store.answer(lost, ANSWER)
    store.release(lost)
    assert store.answer(held, ANSWER)


def test_answer_is_kept_once(store: Store) -> None:
    """The first answer stands; a second with the same claim is refused."""
    claim = claimed(store)
    assert store.answer(claim, ANSWER)
    assert not store.answer(claim, Answer(OWNER, b"another", 500))
    found = store.find(ID)
    assert found is not None
    assert (found.state, found.sealed_reply, found.reply_expire_time) == (
        ReportState.ANSWERED,
        REPLY,
        500,
    )


def test_answered_report_is_not_claimed_again(store: Store) -> None:
    """Not even long after its lease."""
    answered(store)
    assert store.claim(ARRIVAL, now=100, lease_expire_time=110) is None


def test_released_report_is_forgotten(store: Store) -> None:
    """What could not be opened leaves its id free."""
    store.release(claimed(store))
    assert store.find(ID) is None
    assert store.claim(OTHER, now=0, lease_expire_time=10) is not None


def test_release_does_not_touch_an_answer(store: Store) -> None:
    """A worker that breaks off after answering takes nothing back."""
    claim = claimed(store)
    store.answer(claim, ANSWER)
    store.release(claim)
    assert store.find(ID) is not None


def test_owner_drops_the_reply_and_the_row_stays(store: Store) -> None:
    """After an acknowledgement the report is known, its reply is not."""
    answered(store)
    assert store.drop_reply(ID, "self-check", {STRANGER, OWNER})
    found = store.find(ID)
    assert found is not None
    assert (found.state, found.sealed_reply) == (ReportState.ANSWERED, None)


def test_owner_erases_and_may_ask_again(store: Store) -> None:
    """An erased report keeps only that it was erased, and by whose key."""
    answered(store)
    assert store.erase({ID}, "self-check", {OWNER})
    assert store.erase({ID}, "self-check", {OWNER})
    found = store.find(ID)
    assert found is not None
    assert (found.state, found.sealed_reply) == (ReportState.ERASED, None)


@pytest.mark.parametrize(
    ("report_id", "programme", "owners"),
    [
        (ID, "self-check", {STRANGER}),
        (ID, "self-check", set()),
        (ID, "another", {OWNER}),
        (b"x" * 16, "self-check", {OWNER}),
    ],
)
def test_nobody_else_drops_or_erases(
    store: Store, report_id: bytes, programme: str, owners: set[bytes]
) -> None:
    """Another key, another programme or another report changes nothing."""
    answered(store)
    assert not store.drop_reply(report_id, programme, owners)
    assert not store.erase({report_id}, programme, owners)
    found = store.find(ID)
    assert found is not None
    assert found.sealed_reply == REPLY


def test_row_does_not_tell_when_the_report_came(store: Store) -> None:
    """Once its reply is gone, no time of the exchange is left with it."""
    answered(store)
    store.drop_reply(ID, "self-check", {OWNER})
    found = store.find(ID)
    assert found is not None
    assert (found.lease_expire_time, found.reply_expire_time) == (0, 0)


def test_forestalled_report_cannot_come_any_more(store: Store) -> None:
    """It counts as erased until its key goes, is nobody's, and cannot be claimed."""
    store.forestall(ARRIVAL, now=100)
    found = store.find(ID)
    assert found is not None
    assert (found.state, found.sealed_reply) == (ReportState.ERASED, None)
    assert store.claim(OTHER, now=100, lease_expire_time=110) is None
    assert not store.erase({ID}, "self-check", {OWNER})
    assert store.purge(1000) == Purged(0, 1)


def test_forestalling_does_not_touch_a_known_report(store: Store) -> None:
    """Neither one that is worked on nor one that was answered."""
    claim = claimed(store)
    store.forestall(OTHER, now=0)
    assert store.answer(claim, ANSWER)
    store.forestall(OTHER, now=0)
    found = store.find(ID)
    assert found is not None
    assert (found.state, found.sealed_reply) == (ReportState.ANSWERED, REPLY)


def test_forestalling_ends_what_a_worker_left_behind(store: Store) -> None:
    """Once its lease is over nobody claims it any more, and the worker that had it cannot answer."""
    claim = claimed(store)
    found = store.find(ID)
    assert found is not None
    over = found.lease_expire_time
    store.forestall(ARRIVAL, now=over - 1)
    assert store.find(ID) == found
    store.forestall(dataclasses.replace(ARRIVAL, programme_id="another"), now=over)
    assert store.find(ID) == found
    store.forestall(ARRIVAL, now=over)
    assert store.claim(ARRIVAL, now=over, lease_expire_time=over + 10) is None
    assert not store.answer(claim, ANSWER)
    ended = store.find(ID)
    assert ended is not None
    assert ended.state is ReportState.ERASED


def test_opening_digest_is_the_owners_and_counts_once(store: Store) -> None:
    """It is found until it is used; another digest uses nothing."""
    store.answer(claimed(store), Answer(OWNER, REPLY, 500, opening_digest=b"n" * 32))
    assert store.opening_digest(ID, "self-check", {OWNER}) == b"n" * 32
    assert store.opening_digest(ID, "self-check", {STRANGER}) is None
    assert store.opening_digest(ID, "another", {OWNER}) is None
    assert store.opening_digest(b"x" * 16, "self-check", {OWNER}) is None
    store.use_opening(ID, b"m" * 32)
    assert store.opening_digest(ID, "self-check", {OWNER}) == b"n" * 32
    store.use_opening(ID, b"n" * 32)
    assert store.opening_digest(ID, "self-check", {OWNER}) is None


def test_opening_digest_outlives_the_reply_and_not_an_erasure(store: Store) -> None:
    """An acknowledged check can still be shared, a withdrawn one cannot."""
    store.answer(claimed(store), Answer(OWNER, REPLY, 500, opening_digest=b"n" * 32))
    store.drop_reply(ID, "self-check", {OWNER})
    assert store.opening_digest(ID, "self-check", {OWNER}) == b"n" * 32
    store.erase({ID}, "self-check", {OWNER})
    assert store.opening_digest(ID, "self-check", {OWNER}) is None


def test_report_without_an_owner_is_nobodys(store: Store) -> None:
    """A pending report, or one whose check showed no key, cannot be erased by anyone."""
    claim = claimed(store)
    assert not store.erase({ID}, "self-check", {OWNER})
    store.answer(claim, Answer(None, REPLY, 500))
    assert not store.erase({ID}, "self-check", {OWNER})


def test_purge_drops_replies_and_then_rows(store: Store) -> None:
    """A reply goes at its own time, the row when its key does."""
    answered(store)
    assert store.purge(499) == Purged(0, 0)
    assert store.purge(500) == Purged(1, 0)
    found = store.find(ID)
    assert found is not None
    assert found.sealed_reply is None
    assert store.purge(999) == Purged(0, 0)
    assert store.purge(1000) == Purged(0, 1)
    assert store.find(ID) is None


def test_one_of_many_claims_wins(store: Store) -> None:
    """Of sixteen workers with the same envelope at once, one gets the claim."""
    ready = threading.Barrier(16)
    claims: list[Claim | None] = []

    def work() -> None:
        ready.wait()
        claims.append(store.claim(ARRIVAL, now=0, lease_expire_time=10))

    workers = [threading.Thread(target=work) for _ in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [claim for claim in claims if claim is not None] == [Claim(ID, 1)]
    assert len(claims) == 16


def test_sqlite_file_outlives_the_process_and_is_closed_to_others(tmp_path: Path) -> None:
    """What was answered is there after opening again, in files of mode 0600."""
    path = tmp_path / "kizashi.sqlite"
    first = open_store(path)
    answered(first)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    first.close()
    second = open_store(path)
    found = second.find(ID)
    assert found is not None
    assert found.sealed_reply == REPLY
    second.close()


@pytest.mark.parametrize("how", ["erase", "purge"])
def test_dropped_reply_is_in_no_file(tmp_path: Path, how: str) -> None:
    """An erased or expired reply is overwritten in the database and its log, not only unlinked."""
    store = open_store(tmp_path / "kizashi.sqlite")
    answered(store)
    before = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert REPLY[:29] in before
    if how == "erase":
        store.erase({ID}, "self-check", {OWNER})
    else:
        store.purge(500)
    after = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert REPLY[:29] not in after
    store.close()


def test_sqlite_settings_are_those_promised(tmp_path: Path) -> None:
    """Write-ahead log, full synchronisation, foreign keys and secure deletion are on."""
    engine = sqlite_engine(tmp_path / "kizashi.sqlite")
    with engine.connect() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
    engine.dispose()
    assert values == ["wal", 2, 1, 1]


def test_migrations_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    """The packaged migrations and the code agree about every column, and run twice."""
    engine = sqlite_engine(tmp_path / "kizashi.sqlite")
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_every_column_is_commented() -> None:
    """Each column says what it holds."""
    tables = METADATA.sorted_tables
    assert tables
    assert all(column.comment for table in tables for column in table.columns)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A damaged file is a clear error at the start."""
    path = tmp_path / "kizashi.sqlite"
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StoreUnavailable, match="cannot open"):
        open_store(path)


def test_database_in_the_hands_of_another_is_unavailable(tmp_path: Path) -> None:
    """A write that cannot be made is told as such, and names no value."""
    path = tmp_path / "kizashi.sqlite"
    store = open_store(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE reports")
    connection.close()
    with pytest.raises(StoreUnavailable) as caught:
        store.claim(ARRIVAL, now=0, lease_expire_time=10)
    assert "dddd" not in caught.value.log
    store.close()
