"""An older database put back makes no withdrawn check new: it is marked beside the tombstones."""

import dataclasses
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from kizashi_protocol import Erased
from kizashi_server.errors import ExchangeRefused, StoreUnavailable
from kizashi_server.store.database import DATABASE_NAME, TOMBSTONES_NAME, open_store
from kizashi_server.store.replay_contract import Answer, Arrival, Purged, ReportState
from kizashi_server.store.replay_sql import SqlStore

from tests.server.laptop import Sent
from tests.server.world import World, make_world

ID, OTHER_ID = b"planted report i", b"x" * 16
OWNER = b"planted digest of the owner's key"[:32]
REPLY = b"planted sealed reply of some length"
ARRIVAL = Arrival(ID, b"d" * 32, "self-check", b"k" * 16, expire_time=1000)
OTHER = dataclasses.replace(ARRIVAL, report_id=OTHER_ID)
ANSWER = Answer(OWNER, REPLY, reply_expire_time=500, opening_digest=b"n" * 32)

Backed = Callable[[SqlStore], None]


def nothing(_: SqlStore) -> None:
    """The backup is of before the check came."""


def pending(store: SqlStore) -> None:
    """The backup is of while it was worked on."""
    assert store.claim(ARRIVAL, now=0, lease_expire_time=10)


def answered(store: SqlStore) -> None:
    """The backup is of after it was answered, and holds its reply."""
    claim = store.claim(ARRIVAL, now=0, lease_expire_time=10)
    assert claim is not None
    assert store.answer(claim, ANSWER)


def open_in(folder: Path) -> SqlStore:
    """The store of a folder."""
    return open_store(folder / DATABASE_NAME)


def back_up(folder: Path) -> None:
    """Copies the main database, whose store is closed, aside."""
    shutil.copy(folder / DATABASE_NAME, folder / "backup")


def restore(folder: Path) -> None:
    """Puts the copy back."""
    for log in (f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"):
        (folder / log).unlink(missing_ok=True)
    (folder / "backup").replace(folder / DATABASE_NAME)


def in_files(folder: Path, what: bytes) -> set[str]:
    """The names of files, logs with their databases, that contain these bytes."""
    return {
        file.name.removesuffix("-wal") for file in folder.iterdir() if what in file.read_bytes()
    }


def restored_after_withdrawal(folder: Path, backed: Backed) -> SqlStore:
    """A store whose database is older than the withdrawal of its one check."""
    store = open_in(folder)
    backed(store)
    store.close()
    back_up(folder)
    store = open_in(folder)
    if backed is nothing:
        answered(store)
    elif backed is pending:
        claim = store.claim(ARRIVAL, now=10, lease_expire_time=20)
        assert claim is not None
        store.answer(claim, ANSWER)
    assert store.erase({ID}, "self-check", {OWNER})
    store.close()
    restore(folder)
    return open_in(folder)


@pytest.mark.parametrize("backed", [nothing, pending, answered])
def test_withdrawn_check_stays_erased(tmp_path: Path, backed: Backed) -> None:
    """Nobody can claim it, no reply or opening is left of it, and its owner gets a receipt again."""
    store = restored_after_withdrawal(tmp_path, backed)
    found = store.find(ID)
    assert found is not None
    assert (found.state, found.sealed_reply, found.lease_expire_time) == (
        ReportState.ERASED,
        None,
        0,
    )
    assert store.claim(ARRIVAL, now=100, lease_expire_time=110) is None
    assert store.opening_digest(ID, "self-check", {OWNER}) is None
    assert in_files(tmp_path, REPLY) == set()
    assert store.erase({ID}, "self-check", {OWNER})
    store.close()


@pytest.mark.parametrize("left_behind", [False, True])
def test_forestalled_check_stays_erased(tmp_path: Path, left_behind: bool) -> None:
    """A withdrawal that overtook its check, or ended what a worker left, holds after a restore."""
    open_in(tmp_path).close()
    back_up(tmp_path)
    store = open_in(tmp_path)
    if left_behind:
        pending(store)
    store.forestall(ARRIVAL, now=100)
    store.close()
    restore(tmp_path)
    store = open_in(tmp_path)
    assert store.claim(ARRIVAL, now=100, lease_expire_time=110) is None
    assert not store.erase({ID}, "self-check", {OWNER})
    store.close()


def test_other_checks_are_as_the_backup_has_them(tmp_path: Path) -> None:
    """One that was not withdrawn is neither erased nor lost, and forestalling it marks nothing."""
    store = open_in(tmp_path)
    claim = store.claim(OTHER, now=0, lease_expire_time=10)
    assert claim is not None
    assert store.answer(claim, ANSWER)
    store.forestall(OTHER, now=100)
    answered(store)
    store.close()
    back_up(tmp_path)
    store = open_in(tmp_path)
    assert store.erase({ID}, "self-check", {OWNER})
    store.close()
    restore(tmp_path)
    store = open_in(tmp_path)
    found = store.find(OTHER_ID)
    assert found is not None
    assert (found.state, found.sealed_reply) == (ReportState.ANSWERED, REPLY)
    store.close()


def test_marks_go_with_the_key(tmp_path: Path) -> None:
    """Until the sealing key is deleted they stay; then they are in no file, and bring nothing back."""
    store = restored_after_withdrawal(tmp_path, nothing)
    assert store.purge(999) == Purged(0, 0)
    assert in_files(tmp_path, ID) == {DATABASE_NAME, TOMBSTONES_NAME}
    assert store.purge(1000) == Purged(0, 1)
    assert in_files(tmp_path, ID) == set()
    assert in_files(tmp_path, OWNER) == set()
    store.close()
    store = open_in(tmp_path)
    assert store.find(ID) is None
    store.close()


def test_erasure_that_cannot_be_marked_is_not_made(tmp_path: Path) -> None:
    """No receipt is given for what a restore would undo: the withdrawal is to be sent again."""
    store = open_in(tmp_path)
    answered(store)
    with sqlite3.connect(tmp_path / TOMBSTONES_NAME) as connection:
        connection.execute("DROP TABLE erased_reports")
    connection.close()
    with pytest.raises(StoreUnavailable):
        store.erase({ID}, "self-check", {OWNER})
    with pytest.raises(StoreUnavailable):
        store.forestall(OTHER, now=100)
    found = store.find(ID)
    assert found is not None
    assert found.state is ReportState.ANSWERED
    assert store.find(OTHER_ID) is None
    store.close()


def test_withdrawal_cut_off_after_its_mark_is_made_up_for(tmp_path: Path) -> None:
    """A crash between the files leaves nothing to be scored at the next start."""
    store = open_in(tmp_path)
    answered(store)
    store.close()
    with sqlite3.connect(tmp_path / TOMBSTONES_NAME) as connection:
        connection.execute(
            "INSERT INTO erased_reports VALUES (?, 'self-check', ?, ?, 1000)",
            (ID, b"k" * 16, OWNER),
        )
    connection.close()
    store = open_in(tmp_path)
    found = store.find(ID)
    assert found is not None
    assert found.state is ReportState.ERASED
    store.close()


def test_more_marks_than_are_looked_at_at_once_are_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of their reports, none left out; those known already stay as they are."""
    monkeypatch.setattr("kizashi_server.store.replay_sql._MARKS_AT_ONCE", 2)
    open_in(tmp_path).close()
    back_up(tmp_path)
    store = open_in(tmp_path)
    reports = [bytes([number]) * 16 for number in range(5)]
    for each in reports:
        store.forestall(dataclasses.replace(ARRIVAL, report_id=each), now=100)
    store.close()
    restore(tmp_path)
    for _ in range(2):
        store = open_in(tmp_path)
        states = [found.state for each in reports if (found := store.find(each)) is not None]
        assert states == [ReportState.ERASED] * 5
        store.close()


def test_damaged_marks_stop_the_start(tmp_path: Path) -> None:
    """Nothing is served without knowing what was withdrawn."""
    (tmp_path / TOMBSTONES_NAME).write_bytes(b"not a database, but long enough" * 100)
    with pytest.raises(StoreUnavailable, match=f"cannot open .*{TOMBSTONES_NAME}"):
        open_in(tmp_path)


def served_from(world: World, store: SqlStore) -> World:
    """The same server on another database."""
    intake = dataclasses.replace(world.intake, store=store)
    return dataclasses.replace(world, intake=intake, store=store)


def refusal(world: World, sent: Sent) -> str:
    """Why an envelope is refused in the open."""
    with pytest.raises(ExchangeRefused) as caught:
        world.exchange(sent.envelope)
    return caught.value.reason


def test_withdrawn_check_sent_again_after_a_restore_is_not_scored(tmp_path: Path) -> None:
    """The whole way: checked, withdrawn, an older database put back, the same envelope again."""
    open_in(tmp_path).close()
    back_up(tmp_path)
    store = open_in(tmp_path)
    world = make_world(store)
    sent = world.laptop.check()
    world.reply_to(sent)
    assert isinstance(world.reply_to(world.laptop.withdraw(sent)).outcome, Erased)
    assert world.weigh.calls == 1
    store.close()
    restore(tmp_path)
    store = open_in(tmp_path)
    world = served_from(world, store)
    assert refusal(world, sent) == "ERASED"
    assert world.weigh.calls == 1
    assert isinstance(world.reply_to(world.laptop.withdraw(sent)).outcome, Erased)
    store.close()
