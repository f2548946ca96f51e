"""The three files of what is kept: what is erased is in none, and no backup brings it back."""

import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kizashi_protocol.consent import Scope
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.database import DATABASE_NAME, TOMBSTONES_NAME, open_store
from kizashi_server.store.holdings_contract import Held, Item, Subject
from kizashi_server.store.holdings_database import SUBJECT_KEYS_NAME, open_holdings
from kizashi_server.store.holdings_sql import SqlHoldings

DIGEST, RECOVERY = b"planted digest of the subject...", b"planted digest of the recovery.."
CONTENT, CONSENT = b"planted content of a holding", "planted consent"
KEY = b"planted key of the subject, 32 b"
ANNA = Subject(DIGEST, Scope.TREND, "self-check", CONSENT, RECOVERY, 100, 1000)
BEN = Subject(b"b" * 32, Scope.TREND, "self-check", "consent of b", b"B" * 32, 100, 1000)
LATER = Subject(DIGEST, Scope.TREND, "self-check", "later", b"L" * 32, 500, 1500)


@pytest.fixture
def holdings(tmp_path: Path) -> Iterator[SqlHoldings]:
    """Holdings with something of two people, the first under a recognisable key."""
    keys = iter([KEY, b"k" * 32, b"l" * 32])
    made = open_holdings(tmp_path, lambda _: next(keys))
    for subject in (ANNA, BEN):
        for number in range(3):
            made.keep(subject, Item(bytes([number]), CONTENT * 20), 20)
    yield made
    made.close()


def every_byte(folder: Path) -> dict[str, bytes]:
    """All files of a folder, logs included."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def in_files(folder: Path, what: bytes) -> set[str]:
    """The names of files, logs with their databases, that contain these bytes."""
    return {name.removesuffix("-wal") for name, data in every_byte(folder).items() if what in data}


ERASURES: dict[str, Callable[[SqlHoldings], object]] = {
    "withdraw": lambda store: store.withdraw(DIGEST, Scope.TREND, "self-check", 200),
    "recover": lambda store: store.recover(RECOVERY, "self-check", 200),
    "erase": lambda store: store.erase(DIGEST),
    "purge": lambda store: store.purge(1000),
}


@pytest.mark.usefixtures("holdings")
def test_rows_hold_neither_content_nor_consent_in_the_clear(tmp_path: Path) -> None:
    """What is kept is in no file as it is; digests and the key each are where they belong."""
    assert in_files(tmp_path, CONTENT) == set()
    assert in_files(tmp_path, CONSENT.encode()) == set()
    assert in_files(tmp_path, KEY) == {SUBJECT_KEYS_NAME}
    assert in_files(tmp_path, DIGEST) == {DATABASE_NAME, SUBJECT_KEYS_NAME}
    assert in_files(tmp_path, RECOVERY) == {DATABASE_NAME}


@pytest.mark.parametrize("how", ERASURES)
def test_what_is_erased_is_in_no_file(holdings: SqlHoldings, tmp_path: Path, how: str) -> None:
    """Key, digests and ciphertexts are overwritten in databases and logs; a tombstone stays."""
    sealed = _sealed_rows(tmp_path, DIGEST)
    assert sealed
    assert all(in_files(tmp_path, each[12:60]) == {DATABASE_NAME} for each in sealed)
    ERASURES[how](holdings)
    assert in_files(tmp_path, KEY) == set()
    assert all(in_files(tmp_path, each[12:60]) == set() for each in sealed)
    stays = {TOMBSTONES_NAME} if how in ("withdraw", "recover") else set()
    assert in_files(tmp_path, DIGEST) == stays
    assert in_files(tmp_path, RECOVERY) == stays


def test_the_oldest_item_goes_with_the_next_sweep(holdings: SqlHoldings, tmp_path: Path) -> None:
    """What is dropped for something newer is unreadable at once to readers, and then overwritten."""
    oldest = _sealed_rows(tmp_path, DIGEST)[0]
    holdings.keep(ANNA, Item(b"x", b"x"), 3)
    assert oldest not in _sealed_rows(tmp_path, DIGEST)
    holdings.purge(0)
    assert in_files(tmp_path, oldest[12:60]) == set()


def test_restored_backup_holds_nothing_that_was_withdrawn(
    holdings: SqlHoldings, tmp_path: Path
) -> None:
    """Tombstones are replayed before anything is served, and others keep what is theirs."""
    holdings.purge(0)  # the log is copied back
    shutil.copy(tmp_path / DATABASE_NAME, tmp_path / "backup")
    ERASURES["withdraw"](holdings)
    holdings.close()
    assert in_files(tmp_path, DIGEST) == {"backup", TOMBSTONES_NAME}
    _restore(tmp_path)
    again = open_holdings(tmp_path)
    assert again.held(DIGEST) is None
    assert again.held(BEN.digest) == Held(BEN, (CONTENT * 20,) * 3)
    assert in_files(tmp_path, DIGEST) == {TOMBSTONES_NAME}
    assert not again.keep(ANNA, Item(b"x", b"x"), 20)
    again.close()


@pytest.mark.parametrize("how", ["erase", "purge"])
def test_restored_backup_holds_nothing_that_lapsed(
    holdings: SqlHoldings, tmp_path: Path, how: str
) -> None:
    """Where there is no tombstone, the key is gone all the same, and so are the rows."""
    holdings.purge(0)
    shutil.copy(tmp_path / DATABASE_NAME, tmp_path / "backup")
    ERASURES[how](holdings)
    holdings.close()
    _restore(tmp_path)
    again = open_holdings(tmp_path)
    assert again.held(DIGEST) is None
    assert in_files(tmp_path, DIGEST) == set()
    again.close()


def test_restored_backup_of_before_a_renewed_consent_stops_no_start(
    holdings: SqlHoldings, tmp_path: Path
) -> None:
    """Its rows are of a key that is gone: they are cleared, and what is kept from then on opens."""
    holdings.purge(0)
    shutil.copy(tmp_path / DATABASE_NAME, tmp_path / "backup")
    held = holdings.held(DIGEST)
    assert held is not None
    holdings.purge(held.subject.expire_time)
    assert holdings.held(DIGEST) is None
    assert holdings.keep(held.subject, Item(b"name", b"kept anew"), 5)
    holdings.close()
    _restore(tmp_path)
    again = open_holdings(tmp_path)
    assert list(again.subjects()) == []
    assert again.held(DIGEST) is None
    assert again.keep(held.subject, Item(b"name", b"kept after"), 5)
    kept = again.held(DIGEST)
    assert kept is not None
    assert kept.contents == (b"kept after",)
    again.close()


NAME = b"planted name of an erased item.."


def test_an_item_erased_with_its_check_is_in_no_file_and_no_backup_brings_it_back(
    holdings: SqlHoldings, tmp_path: Path
) -> None:
    """Its name alone stays beside the tombstones; what else is kept comes back with the backup."""
    assert holdings.keep(ANNA, Item(b"x", CONTENT, NAME), 20)
    holdings.purge(0)
    shutil.copy(tmp_path / DATABASE_NAME, tmp_path / "backup")
    *others, sealed = _sealed_rows(tmp_path, DIGEST)
    holdings.erase_items({NAME}, 200)
    assert in_files(tmp_path, sealed[12:60]) == {"backup"}
    assert in_files(tmp_path, NAME) == {"backup", TOMBSTONES_NAME}
    holdings.close()
    _restore(tmp_path)
    again = open_holdings(tmp_path)
    assert again.held(DIGEST) == Held(ANNA, (CONTENT * 20,) * len(others))
    assert in_files(tmp_path, sealed[12:60]) == set()
    assert in_files(tmp_path, NAME) == {TOMBSTONES_NAME}
    assert not again.keep(ANNA, Item(b"x", CONTENT, NAME), 20)
    again.close()


def test_more_items_than_one_look_up_are_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start goes through what is held, however many names were erased."""
    monkeypatch.setattr("kizashi_server.store.holdings_sql._BATCH", 2)
    holdings = open_holdings(tmp_path)
    names = [number.to_bytes(32, "big") for number in range(6)]
    for name in names:
        holdings.keep(BEN, Item(name, b"x", name), len(names))
    holdings.close()
    with sqlite3.connect(tmp_path / TOMBSTONES_NAME) as connection:
        connection.executemany(
            "INSERT INTO erased_items VALUES (?, 200)", [(name,) for name in names[1:]]
        )
    connection.close()
    again = open_holdings(tmp_path)
    held = again.held(BEN.digest)
    assert held is not None
    assert len(held.contents) == 1
    again.close()


def test_backup_alone_opens_nothing(holdings: SqlHoldings, tmp_path: Path) -> None:
    """A thief of a backup, without the file of keys, has noise and digests."""
    holdings.purge(0)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    shutil.copy(tmp_path / DATABASE_NAME, elsewhere / DATABASE_NAME)
    stolen = open_holdings(elsewhere)
    assert list(stolen.subjects()) == []
    assert stolen.held(DIGEST) is None
    stolen.close()


def test_consent_given_after_a_withdrawal_survives_every_start(
    holdings: SqlHoldings, tmp_path: Path
) -> None:
    """Replaying a tombstone takes nothing from who has consented anew."""
    ERASURES["withdraw"](holdings)
    holdings.keep(LATER, Item(b"x", b"new"), 20)
    holdings.close()
    for _ in range(2):
        again = open_holdings(tmp_path)
        assert again.held(DIGEST) == Held(LATER, (b"new",))
        again.close()


def test_withdrawal_cut_off_after_its_tombstone_is_made_up_for(
    holdings: SqlHoldings, tmp_path: Path
) -> None:
    """A crash between the files leaves nothing to be served at the next start."""
    holdings.close()
    with sqlite3.connect(tmp_path / TOMBSTONES_NAME) as connection:
        connection.execute(
            "INSERT INTO tombstones VALUES (?, 'trend', 'self-check', ?, 200)", (DIGEST, RECOVERY)
        )
    connection.close()
    again = open_holdings(tmp_path)
    assert again.held(DIGEST) is None
    assert in_files(tmp_path, KEY) == set()
    assert again.held(BEN.digest) is not None
    again.close()


def test_key_without_rows_is_erased_at_the_start(holdings: SqlHoldings, tmp_path: Path) -> None:
    """So it is when a crash came between making a key and keeping the first item."""
    holdings.close()
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.execute("DELETE FROM holdings")
        connection.execute("DELETE FROM subjects")
    connection.close()
    open_holdings(tmp_path).close()
    assert in_files(tmp_path, KEY) == set()


@pytest.mark.parametrize("swap", ["content", "owner", "consent"])
def test_row_moved_to_another_place_does_not_open(
    holdings: SqlHoldings, tmp_path: Path, swap: str
) -> None:
    """Whoever writes to the database cannot give one person's row to another, or swap two."""
    statements = {
        "content": "UPDATE holdings SET sealed_content = "
        "(SELECT sealed_content FROM holdings WHERE subject_digest = ?1 AND position = 2) "
        "WHERE subject_digest = ?1 AND position = 1",
        "owner": "UPDATE holdings SET subject_digest = ?1",
        "consent": "UPDATE subjects SET sealed_record = "
        "(SELECT sealed_record FROM subjects WHERE subject_digest <> ?1)",
    }
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.execute(statements[swap], (DIGEST,))
    connection.close()
    with pytest.raises(StoreUnavailable) as caught:
        holdings.held(DIGEST)
    assert "planted" not in caught.value.log


@pytest.mark.usefixtures("holdings")
def test_files_are_closed_to_others(tmp_path: Path) -> None:
    """Each file and each log has mode 0600."""
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


@pytest.mark.parametrize("name", [DATABASE_NAME, SUBJECT_KEYS_NAME, TOMBSTONES_NAME])
def test_file_that_is_no_database_is_refused(tmp_path: Path, name: str) -> None:
    """A damaged file is a clear error at the start, and nothing is served from the others."""
    (tmp_path / name).write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StoreUnavailable, match="cannot open"):
        open_holdings(tmp_path)


def test_replay_memory_and_holdings_share_a_file(tmp_path: Path) -> None:
    """Opened in either order, each finds its tables."""
    store = open_store(tmp_path / DATABASE_NAME)
    holdings = open_holdings(tmp_path)
    holdings.keep(ANNA, Item(b"x", b"x"), 20)
    assert store.find(b"r" * 16) is None
    holdings.close()
    store.close()


def _restore(folder: Path) -> None:
    for log in (f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"):
        (folder / log).unlink(missing_ok=True)
    (folder / "backup").replace(folder / DATABASE_NAME)


def _sealed_rows(folder: Path, digest: bytes) -> list[bytes]:
    with sqlite3.connect(folder / DATABASE_NAME) as connection:
        rows = connection.execute(
            "SELECT sealed_content FROM holdings WHERE subject_digest = ? ORDER BY position",
            (digest,),
        ).fetchall()
    connection.close()
    return [row[0] for row in rows]
