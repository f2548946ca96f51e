"""The log's store: one contract, run on each store, and what is SQLite's own."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.database import open_log_store, open_store
from kizashi_server.store.log_contract import LogStore, PublishedHead
from kizashi_server.store.log_schema import LOG_HEADS, LOG_LEAVES, LOG_SUBTREES
from kizashi_server.store.log_tree import Subtree, root_of, root_span, subtrees_of

from tests.protocol.logs import Log
from tests.server.memory_log import MemoryLogStore

LEAVES = [bytes([number]) * 32 for number in range(40)]
HEAD = PublishedHead(0, 0, bytes(32), 1_800_000_000, "a token")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LogStore]:
    """Each store that keeps the contract."""
    made: LogStore = (
        MemoryLogStore() if request.param == "memory" else open_log_store(tmp_path / "log.sqlite")
    )
    yield made
    made.close()


def root_in(store: LogStore) -> bytes:
    """The root of all entries."""
    size = store.size()
    return root_of(size, store.subtrees([s for each in root_span(size) for s in subtrees_of(each)]))


def test_a_new_log_is_empty(store: LogStore) -> None:
    """No entry, no subtree, no head."""
    assert store.size() == 0
    assert store.newest_head() is None
    assert not [*store.leaves(), *store.all_subtrees(), *store.heads()]
    assert store.subtrees([Subtree(0, 0)]) == {}


def test_entries_follow_one_another(store: LogStore) -> None:
    """Appended one by one or several at once, each has the next index, and the root is theirs."""
    for first, count in ((0, 1), (1, 2), (3, 1), (4, 6), (10, 3), (13, 27)):
        assert store.append(LEAVES[first : first + count]) == first
        assert store.size() == first + count
        assert root_in(store) == Log(LEAVES[: first + count]).root(first + count)
    assert list(store.leaves()) == list(enumerate(LEAVES))


def test_every_subtree_is_kept(store: LogStore) -> None:
    """The ones of the tree, and no others."""
    for leaf in LEAVES:
        store.append([leaf])
    assert dict(store.all_subtrees()) == Log(LEAVES).hashes


def test_many_workers_leave_no_gap(store: LogStore) -> None:
    """Each gets indices of its own, in one unbroken row."""
    found: list[tuple[int, bytes]] = []

    def append(worker: int) -> None:
        for number in range(10):
            leaf = bytes([worker, number]) * 16
            found.append((store.append([leaf, leaf]), leaf))

    threads = [threading.Thread(target=append, args=(worker,)) for worker in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(first for first, _ in found) == list(range(0, 120, 2))
    stored = dict(store.leaves())
    assert all(stored[first] == stored[first + 1] == leaf for first, leaf in found)
    assert root_in(store) == Log([stored[index] for index in range(120)]).root(120)


def test_heads_are_numbered(store: LogStore) -> None:
    """Two workers cannot both publish the next one; the newest is the last."""
    other = PublishedHead(1, 3, b"r" * 32, 1_800_003_600, "another")
    assert store.publish(HEAD)
    assert not store.publish(HEAD)
    assert store.publish(other)
    assert store.newest_head() == other
    assert list(store.heads()) == [HEAD, other]


def test_the_log_is_in_the_main_database(tmp_path: Path) -> None:
    """The replay memory and the log share a file, and what is appended is there again later."""
    path = tmp_path / "kizashi.sqlite"
    replay, log = open_store(path), open_log_store(path)
    log.append(LEAVES[:3])
    replay.close()
    log.close()
    again = open_log_store(path)
    assert again.append(LEAVES[3:4]) == 3
    again.close()


@pytest.mark.parametrize("table", ["log_leaves", "log_subtrees", "log_heads"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {} = x'00'"])
def test_rows_of_the_log_stay_as_they_are(tmp_path: Path, table: str, change: str) -> None:
    """Triggers refuse a change or removal, whoever asks through SQL."""
    path = tmp_path / "log.sqlite"
    store = open_log_store(path)
    store.append(LEAVES[:2])
    store.publish(HEAD)
    store.close()
    column = {"log_leaves": "leaf_hash", "log_subtrees": "hash", "log_heads": "root"}[table]
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="grows"):
        connection.execute(change.format(table, column))
    connection.close()


def test_no_column_of_the_log_holds_more_than_it_says() -> None:
    """An entry is a place and a hash: no pseudonym, no time, no programme."""
    assert [each.name for each in LOG_LEAVES.columns] == ["leaf_index", "leaf_hash"]
    assert [each.name for each in LOG_SUBTREES.columns] == ["level", "number", "hash"]
    for table in (LOG_LEAVES, LOG_SUBTREES, LOG_HEADS):
        assert all(each.comment for each in table.columns)


def test_a_database_without_the_log_is_unavailable(tmp_path: Path) -> None:
    """A read or write that cannot be made is told as such."""
    path = tmp_path / "log.sqlite"
    store = open_log_store(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE log_leaves")
    connection.close()
    for attempt in (store.size, lambda: store.append(LEAVES)):
        with pytest.raises(StoreUnavailable):
            attempt()
    store.close()
