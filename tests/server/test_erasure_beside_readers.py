"""What is erased while somebody reads the database: nobody is refused for it, and no key stays."""

import dataclasses
import io
import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from kizashi_protocol import Erased, Scope, ShareWithdrawal
from kizashi_protocol.receipts import read_erasure
from kizashi_server import diagnostics
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.database import (
    BRIEF,
    DATABASE_NAME,
    PATIENT,
    TOMBSTONES_NAME,
    empty_write_ahead_log,
    migrate,
    open_store,
    sqlite_engine,
)
from kizashi_server.store.holdings_contract import Item, Subject
from kizashi_server.store.holdings_database import (
    SUBJECT_KEYS_NAME,
    open_holdings,
)
from kizashi_server.store.holdings_sql import SqlHoldings
from kizashi_server.store.recovered_secrets import RECOVERED_SECRETS_NAME, RecoveredSecrets
from kizashi_server.store.replay_contract import Answer, Arrival
from kizashi_server.store.sharing_database import SHARES_NAME, open_sharing
from kizashi_server.store.subject_keys import SubjectKeys
from kizashi_server.store.tombstones import Tombstones

from tests.server.laptop import Person
from tests.server.world import PROGRAMME, make_world

KEY = b"planted key of the subject, 32 b"
ANNA = Subject(b"a" * 32, Scope.TREND, "self-check", "consent", b"A" * 32, 100, 1000)


@pytest.fixture
def holdings(tmp_path: Path) -> Iterator[SqlHoldings]:
    """Holdings with something of one person, under a recognisable key."""
    made = open_holdings(tmp_path, lambda _: KEY)
    for number in range(3):
        made.keep(ANNA, Item(bytes([number]), b"content" * 100), 20)
    yield made
    made.close()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged meanwhile."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers, root.level
    diagnostics.configure(stream)
    yield stream
    root.handlers = handlers
    root.setLevel(level)


@contextmanager
def reader(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who reads a database and does not come to an end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        yield connection


def holding(folder: Path, what: bytes) -> set[str]:
    """The names of all files of a folder, logs included, that contain these bytes."""
    return {file.name for file in folder.iterdir() if what in file.read_bytes()}


def sealed(folder: Path) -> bytes:
    """A piece of something encrypted, as it stands in the main database."""
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as connection:
        (row,) = connection.execute("SELECT sealed_content FROM holdings LIMIT 1").fetchall()
    return bytes(row[0])[12:60]


def test_a_withdrawal_beside_a_reader_leaves_no_key(
    holdings: SqlHoldings, tmp_path: Path, lines: io.StringIO
) -> None:
    """What stays in the main file's log is noise, and goes with the first sweep after the reader."""
    piece = sealed(tmp_path)
    with reader(tmp_path / DATABASE_NAME):
        holdings.withdraw(ANNA.digest, Scope.TREND, "self-check", 200)
        assert holdings.held(ANNA.digest) is None
        assert holding(tmp_path, KEY) == set()
        assert holding(tmp_path, piece)
        assert "erased_pages_remain" not in lines.getvalue()
        holdings.purge(200)
        (line,) = [json.loads(each) for each in lines.getvalue().splitlines()]
        assert (line["event"], line["holding"]) == ("erased_pages_remain", "consents")
        assert holding(tmp_path, piece)
    holdings.purge(200)
    assert holding(tmp_path, piece) == set()


@pytest.mark.parametrize("how", ["withdraw", "recover"])
def test_no_receipt_while_an_erased_key_is_in_a_file(
    holdings: SqlHoldings, tmp_path: Path, how: str
) -> None:
    """Somebody reads the keys, which nobody should: the withdrawal counts, and is asked for again."""

    def take_back() -> None:
        if how == "withdraw":
            holdings.withdraw(ANNA.digest, Scope.TREND, "self-check", 200)
        else:
            holdings.recover(ANNA.recovery_digest, "self-check", 200)

    with reader(tmp_path / SUBJECT_KEYS_NAME):
        with pytest.raises(StoreUnavailable):
            take_back()
        assert holding(tmp_path, KEY)
        assert holdings.held(ANNA.digest) is None
        assert holdings.withdrawn_times({ANNA.digest}) == {ANNA.digest: 200}
    take_back()
    assert holding(tmp_path, KEY) == set()


def test_nobody_waits_for_files_to_be_cleared(tmp_path: Path) -> None:
    """Others read and write what is kept while a withdrawal waits for a reader."""
    others: list[bool] = []

    class WatchedKeys(SubjectKeys):
        """Lets somebody else act while the file is cleared."""

        def scrub(self) -> bool:
            other = threading.Thread(target=made.held, args=(ANNA.digest,), daemon=True)
            other.start()
            other.join(20)
            others.append(other.is_alive())
            return super().scrub()

    engine = sqlite_engine(tmp_path / DATABASE_NAME)
    migrate(engine)
    made = SqlHoldings(
        engine,
        WatchedKeys(sqlite_engine(tmp_path / SUBJECT_KEYS_NAME), os.urandom),
        Tombstones(sqlite_engine(tmp_path / TOMBSTONES_NAME)),
        RecoveredSecrets(sqlite_engine(tmp_path / RECOVERED_SECRETS_NAME)),
    )
    made.withdraw(ANNA.digest, Scope.TREND, "self-check", 200)
    made.recover(ANNA.recovery_digest, "self-check", 200)
    made.erase(ANNA.digest)
    made.purge(200)
    made.close()
    assert others == [False] * 4


def test_a_log_is_tried_again_until_the_reader_has_gone(tmp_path: Path) -> None:
    """No try waits inside the database, so a writer gets in between two."""
    engine = sqlite_engine(tmp_path / DATABASE_NAME)
    migrate(engine)
    pauses = 0
    with reader(tmp_path / DATABASE_NAME) as reading:

        def write_then_end(_: float) -> None:
            nonlocal pauses
            pauses += 1
            with engine.begin() as connection:
                connection.exec_driver_sql("INSERT INTO written VALUES (1)")
            if pauses == 3:
                reading.execute("COMMIT")

        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE written (number INTEGER)")
        assert empty_write_ahead_log(engine, BRIEF, write_then_end)
    assert pauses == 3
    assert not (tmp_path / f"{DATABASE_NAME}-wal").read_bytes()
    engine.dispose()


@pytest.mark.parametrize("pauses", [BRIEF, PATIENT])
def test_a_reader_that_stays_ends_the_tries(tmp_path: Path, pauses: Sequence[float]) -> None:
    """The answer says that erased pages are still there."""
    engine = sqlite_engine(tmp_path / DATABASE_NAME)
    migrate(engine)
    paused: list[float] = []
    with reader(tmp_path / DATABASE_NAME):
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE written (number INTEGER)")
        assert not empty_write_ahead_log(engine, pauses, paused.append)
    assert paused == list(pauses)
    assert 0 < sum(paused) < 1
    engine.dispose()


def test_an_erased_check_beside_a_reader_goes_with_a_later_sweep(
    tmp_path: Path, lines: io.StringIO
) -> None:
    """The same of the replay memory, whose replies only the laptop could open."""
    store, reply = open_store(tmp_path / DATABASE_NAME), b"planted sealed reply" * 50
    claim = store.claim(
        Arrival(b"r" * 16, b"d" * 32, "self-check", b"k" * 16, 1000), now=0, lease_expire_time=9
    )
    assert claim is not None
    assert store.answer(claim, Answer(b"o" * 32, reply, 900))
    with reader(tmp_path / DATABASE_NAME):
        assert store.erase({b"r" * 16}, "self-check", {b"o" * 32})
        store.purge(0)
        assert holding(tmp_path, reply[:200])
        assert "erased_pages_remain" in lines.getvalue()
    store.purge(0)
    assert holding(tmp_path, reply[:200]) == set()
    store.close()


def test_a_sweep_clears_shares_that_went_beside_a_reader(tmp_path: Path) -> None:
    """Also when nothing more is due."""
    shares = open_sharing(tmp_path)
    with closing(sqlite3.connect(tmp_path / SHARES_NAME, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("CREATE TABLE planted (about TEXT)")
        writer.execute("INSERT INTO planted VALUES ('planted share')")
    assert holding(tmp_path, b"planted share")
    with closing(sqlite3.connect(tmp_path / SHARES_NAME, isolation_level=None)) as writer:
        writer.execute("PRAGMA secure_delete=ON")
        writer.execute("DELETE FROM planted")
    assert holding(tmp_path, b"planted share")
    shares.purge(0)
    assert holding(tmp_path, b"planted share") == set()
    shares.close()


@pytest.mark.parametrize(("backup_days", "stated"), [(0, 1), (1, 1), (30, 30)])
def test_a_receipt_never_promises_less_than_a_day(backup_days: int, stated: int) -> None:
    """For pages may outlast the erasure by a reader; of a share, of a check and of a scope."""
    world = make_world(programme=dataclasses.replace(PROGRAMME, backup_days=backup_days))
    sent = world.laptop.check()
    world.reply_to(sent)
    taken_back = ShareWithdrawal(sent.report_id)
    asked = [
        world.laptop.send(taken_back, [sent.score_key]),
        world.laptop.withdraw(sent),
        world.laptop.withdraw_scope(Person(b"anna"), Scope.TREND),
    ]
    for each in asked:
        outcome = world.reply_to(each).outcome
        assert isinstance(outcome, Erased)
        receipt = read_erasure(outcome.receipt, world.directory.receipt_key_by_id())
        assert receipt.backup_days == stated
