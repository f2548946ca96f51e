"""The log after somebody changed it behind the triggers' back: each change is named."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from kizashi_protocol import LogHead, SigningKey, key_id_of, sign_log_head
from kizashi_server.log.check import Fault, Finding, StoredLog, check_log, unlisted_heads
from kizashi_server.log.receipt_log import ReceiptLog
from kizashi_server.store.database import open_log_store
from kizashi_server.store.log_contract import PublishedHead
from kizashi_server.store.log_tree import root_of

from tests.protocol.logs import Log
from tests.server.conftest import command, make_server, served

KEY = SigningKey.from_seed(b"l" * 32)
OLD_KEY = SigningKey.from_seed(b"m" * 32)
KEYS = {key_id_of(KEY.public): KEY.public}
LEAVES = [bytes([number]) * 32 for number in range(22)]
SIZES = (0, 3, 9, 16)
"""Of the published heads; six entries came after the last."""

Change = Callable[[sqlite3.Connection], object]


def log_file(folder: Path) -> Path:
    """A database with a log that holds."""
    path = folder / "kizashi.sqlite"
    store = open_log_store(path)
    done = 0
    for number, size in enumerate((*SIZES, len(LEAVES))):
        store.append(LEAVES[done:size]) if size > done else None
        done = size
        if size != len(LEAVES):
            head = LogHead(size, Log(LEAVES).root(size), 1_800_000_000 + number * 3600)
            token = sign_log_head(head, KEY)
            assert store.publish(PublishedHead(number, size, head.root, head.time, token))
    store.close()
    return path


def found(path: Path, change: Change | None = None) -> list[Finding]:
    """What is found after a change to the database, made by somebody who dropped its triggers."""
    if change is not None:
        tamper(path, change)
    return check_log(stored(path), KEYS)


def stored(path: Path) -> StoredLog:
    """What is in the file."""
    store = open_log_store(path)
    read = StoredLog.read(store)
    store.close()
    return read


def tamper(path: Path, change: Change) -> None:
    """Drops the triggers and changes rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        change(connection)


def sql(*statements: str) -> Change:
    """A change by statements."""
    return lambda connection: [connection.execute(each) for each in statements]


def rewritten(leaves: list[bytes]) -> Change:
    """The whole log made anew over other entries, every stored hash agreeing."""

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM log_leaves")
        connection.execute("DELETE FROM log_subtrees")
        rows = list(enumerate(leaves))
        connection.executemany("INSERT INTO log_leaves VALUES (?, ?)", rows)
        connection.executemany(
            "INSERT INTO log_subtrees VALUES (?, ?, ?)",
            [(*each, value) for each, value in Log(leaves).hashes.items()],
        )

    return change


def with_heads(leaves: list[bytes]) -> Change:
    """The same, with the rows of the heads made to agree, though nobody signed that."""

    def change(connection: sqlite3.Connection) -> None:
        rewritten(leaves)(connection)
        for size in SIZES:
            root = root_of(size, Log(leaves).hashes)
            connection.execute("UPDATE log_heads SET root = ? WHERE size = ?", (root, size))

    return change


SWAP = (
    "UPDATE log_leaves SET leaf_index = -1 WHERE leaf_index = 4",
    "UPDATE log_leaves SET leaf_index = 4 WHERE leaf_index = 11",
    "UPDATE log_leaves SET leaf_index = 11 WHERE leaf_index = -1",
)
CLOSE_GAP = (
    "DELETE FROM log_leaves WHERE leaf_index IN (6, 7)",
    "UPDATE log_leaves SET leaf_index = leaf_index - 1002 WHERE leaf_index > 7",
    "UPDATE log_leaves SET leaf_index = leaf_index + 1000 WHERE leaf_index < 0",
)

ENTRIES: dict[str, tuple[Change, set[tuple[Fault, int, int]]]] = {
    "altered": (
        sql("UPDATE log_leaves SET leaf_hash = zeroblob(32) WHERE leaf_index = 7"),
        {(Fault.ALTERED, 7, 7), (Fault.REWRITTEN, 3, 8)},
    ),
    "altered after the last head": (
        sql("UPDATE log_leaves SET leaf_hash = zeroblob(32) WHERE leaf_index = 18"),
        {(Fault.ALTERED, 18, 18)},
    ),
    "altered with its double": (
        sql(
            "UPDATE log_leaves SET leaf_hash = zeroblob(32) WHERE leaf_index = 18",
            "UPDATE log_subtrees SET hash = zeroblob(32) WHERE level = 0 AND number = 18",
        ),
        {(Fault.SUBTREE, 18, 19)},
    ),
    "removed": (
        sql("DELETE FROM log_leaves WHERE leaf_index IN (7, 12, 13)"),
        {(Fault.REMOVED, 7, 7), (Fault.REMOVED, 12, 13)},
    ),
    "removed with its double": (
        sql(
            "DELETE FROM log_leaves WHERE leaf_index = 7",
            "DELETE FROM log_subtrees WHERE level = 0 AND number = 7",
        ),
        {(Fault.REMOVED, 7, 7)},
    ),
    "removed, and the gap closed": (
        sql(*CLOSE_GAP),
        {(Fault.REMOVED, 6, 7), (Fault.REWRITTEN, 3, 8)},
    ),
    "reordered": (
        sql(*SWAP),
        {(Fault.MOVED, 4, 4), (Fault.MOVED, 11, 11), (Fault.REWRITTEN, 3, 8)},
    ),
    "truncated": (
        sql("DELETE FROM log_leaves WHERE leaf_index > 17"),
        {(Fault.REMOVED, 18, 21)},
    ),
    "truncated with every stored hash": (
        rewritten(LEAVES[:12]),
        {(Fault.REMOVED, 12, 15)},
    ),
    "a subtree altered": (
        sql("UPDATE log_subtrees SET hash = zeroblob(32) WHERE level = 2 AND number = 1"),
        {(Fault.SUBTREE, 4, 7)},
    ),
    "a subtree removed": (
        sql("DELETE FROM log_subtrees WHERE level = 1 AND number = 3"),
        {(Fault.SUBTREE, 6, 7)},
    ),
    "an entry made anew with all above it": (
        rewritten([*LEAVES[:10], b"\xff" * 32, *LEAVES[11:]]),
        {(Fault.REWRITTEN, 9, 15)},
    ),
    "an entry put in front of all": (
        rewritten([b"\xff" * 32, *LEAVES]),
        {(Fault.REWRITTEN, 0, 2)},
    ),
    "made anew with the rows of the heads": (
        with_heads([b"\xff" * 32, *LEAVES[1:]]),
        {(Fault.HEAD_ALTERED, 1, 1), (Fault.HEAD_ALTERED, 2, 2), (Fault.HEAD_ALTERED, 3, 3)},
    ),
}

HEADS: dict[str, tuple[Change, set[tuple[Fault, int, int]]]] = {
    "removed": (sql("DELETE FROM log_heads WHERE number = 1"), {(Fault.HEAD_REMOVED, 1, 1)}),
    "another time": (
        sql("UPDATE log_heads SET time = 5 WHERE number = 2"),
        {(Fault.HEAD_ALTERED, 2, 2)},
    ),
    "another size": (
        sql("UPDATE log_heads SET size = 10 WHERE number = 2"),
        {(Fault.HEAD_ALTERED, 2, 2), (Fault.REWRITTEN, 3, 9)},
    ),
    "another root": (
        sql("UPDATE log_heads SET root = zeroblob(32) WHERE number = 2"),
        {(Fault.HEAD_ALTERED, 2, 2), (Fault.REWRITTEN, 3, 8)},
    ),
    "a token cut short": (
        sql("UPDATE log_heads SET token = substr(token, 1, length(token) - 3) WHERE number = 2"),
        {(Fault.HEAD_UNSIGNED, 2, 2)},
    ),
    "the newest without a signature": (
        sql("UPDATE log_heads SET token = '' WHERE number = 3"),
        {(Fault.HEAD_UNSIGNED, 3, 3)},
    ),
}


def named(findings: list[Finding]) -> set[tuple[Fault, int, int]]:
    """What was found and where."""
    return {(each.fault, each.first, each.last) for each in findings}


def test_a_log_that_nobody_touched_holds(tmp_path: Path) -> None:
    """Nothing is found, and every head is checked."""
    path = log_file(tmp_path)
    assert found(path) == []
    assert unlisted_heads(stored(path), KEYS) == 0
    assert stored(path).size == len(LEAVES)


def test_an_empty_log_holds(tmp_path: Path) -> None:
    """There is nothing to find in nothing."""
    open_log_store(tmp_path / "log.sqlite").close()
    assert found(tmp_path / "log.sqlite") == []


@pytest.mark.parametrize("name", ENTRIES)
def test_changed_entries_are_named(tmp_path: Path, name: str) -> None:
    """By index where the data tell, else between two heads; and in a sentence."""
    change, expected = ENTRIES[name]
    findings = found(log_file(tmp_path), change)
    assert named(findings) == expected
    assert all(str(each.first) in each.text for each in findings)


@pytest.mark.parametrize("name", HEADS)
def test_changed_heads_are_named(tmp_path: Path, name: str) -> None:
    """A head bears a signature, so that its row cannot be made to say something else."""
    change, expected = HEADS[name]
    assert named(found(log_file(tmp_path), change)) == expected


def test_a_removed_entry_says_which_moved(tmp_path: Path) -> None:
    """The operator learns that what is there now is one place too high."""
    change, _ = ENTRIES["removed, and the gap closed"]
    texts = [each.text for each in found(log_file(tmp_path), change)]
    assert "Entries 6 to 7 were removed, and those after moved up." in texts
    change, _ = ENTRIES["reordered"]
    (tmp_path / "other").mkdir()
    texts = [each.text for each in found(log_file(tmp_path / "other"), change)]
    assert "Entry 4 holds what belongs at 11." in texts


def test_heads_of_a_key_that_is_gone_are_counted(tmp_path: Path) -> None:
    """Their signatures cannot be checked any more; the newest must be checkable."""
    path = log_file(tmp_path)
    older = stored(path)
    only_new = {key_id_of(OLD_KEY.public): OLD_KEY.public}
    assert unlisted_heads(older, only_new) == 3
    assert named(check_log(older, only_new)) == {(Fault.HEAD_UNSIGNED, 3, 3)}
    store = open_log_store(path)
    ReceiptLog(store, lambda: 1_900_000_000, bytes).shown(0, OLD_KEY)
    store.close()
    assert check_log(stored(path), only_new) == []


def test_what_no_head_covers_can_be_cut_off_unseen(tmp_path: Path) -> None:
    """The one thing this cannot find: entries after the last head, gone with their hashes."""
    assert found(log_file(tmp_path), rewritten(LEAVES[:17])) == []


@pytest.mark.proof
def test_the_operator_runs_it(tmp_path: Path) -> None:
    """`log show` and `log verify` on a server's own files, before and after a change."""
    make_server(tmp_path)
    assert command(tmp_path, "log", "verify", "--config", "site.toml").returncode == 7
    with served(tmp_path) as running:
        running.directory()
        running.stop()
    store = open_log_store(tmp_path / "state" / "kizashi.sqlite")
    store.append(LEAVES)
    store.close()
    shown = json.loads(command(tmp_path, "log", "show", "--config", "site.toml", "--json").stdout)
    assert (shown["size"], shown["root"]) == (22, Log(LEAVES).root(22).hex())
    assert shown["published"]["size"] == 0
    done = command(tmp_path, "log", "verify", "--config", "site.toml")
    assert (done.returncode, done.stdout) == (0, "22 entries, 1 published heads: the log holds\n")
    tamper(
        tmp_path / "state" / "kizashi.sqlite", sql("DELETE FROM log_leaves WHERE leaf_index = 7")
    )
    done = command(tmp_path, "log", "verify", "--config", "site.toml")
    assert done.returncode == 8
    assert "ENTRY_REMOVED: Entry 7 was removed." in done.stdout
    told = json.loads(command(tmp_path, "log", "verify", "--config", "site.toml", "--json").stdout)
    assert not told["holds"]
    assert told["findings"][0]["first"] == 7
