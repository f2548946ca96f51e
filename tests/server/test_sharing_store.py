"""What is left for counsellors: one contract, run on each store."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kizashi_protocol import SealedItem
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.sharing_contract import Destination, KeptShare, SharingStore
from kizashi_server.store.sharing_database import SHARES_NAME, open_sharing
from kizashi_server.store.sharing_schema import SHARES_METADATA

from tests.server.memory_sharing import MemorySharing

CHECK = b"r" * 16
OWNER = b"o" * 32
SECRET = b"s" * 32
TAKER, OTHER = b"t" * 16, b"u" * 16
ITEM = SealedItem(b"k" * 16, b"a sealed feedback of some length" * 375)
TERMS = b"m" * 32
SHARE = KeptShare(CHECK, "self-check", TERMS, OWNER, ITEM, SECRET, expire_time=1000)
HERE = SHARE.destination


@pytest.fixture(params=["memory", "sqlite"])
def sharing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SharingStore]:
    """Each store that keeps the contract."""
    if request.param == "memory":
        yield MemorySharing()
        return
    made = open_sharing(tmp_path)
    yield made
    made.close()


def taken(sharing: SharingStore, taker: bytes = TAKER, now: int = 0) -> SealedItem | None:
    """What a report gets under the secret."""
    return sharing.take(SECRET, HERE, taker, now)


def test_what_was_left_is_fetched_once(sharing: SharingStore) -> None:
    """By the report that came first, and then it is gone for everybody."""
    assert sharing.leave(SHARE)
    assert taken(sharing) == ITEM
    assert taken(sharing, OTHER) is None
    sharing.settle(TAKER)
    assert taken(sharing, OTHER) is None
    assert taken(sharing) is None


def test_report_whose_answer_was_lost_fetches_again(sharing: SharingStore) -> None:
    """Until it is settled; what another has taken is not settled with it."""
    sharing.leave(SHARE)
    taken(sharing)
    sharing.settle(OTHER)
    assert taken(sharing) == ITEM


@pytest.mark.parametrize(
    ("secret", "destination", "now"),
    [
        (b"x" * 32, HERE, 0),
        (SECRET, replace(HERE, key_id=b"j" * 16), 0),
        (SECRET, replace(HERE, programme_id="another"), 0),
        (SECRET, replace(HERE, terms_digest=b"n" * 32), 0),
        (SECRET, HERE, 1000),
    ],
    ids=["another secret", "another key", "another programme", "other terms", "expired"],
)
def test_nothing_else_fetches_it(
    sharing: SharingStore, secret: bytes, destination: Destination, now: int
) -> None:
    """And a failed attempt leaves it where it is."""
    sharing.leave(SHARE)
    assert sharing.take(secret, destination, OTHER, now) is None
    assert taken(sharing, now=999) == ITEM


@pytest.mark.parametrize(
    "change",
    [
        {"redemption_digest": b"y" * 32},
        {"sealed": replace(ITEM, key_id=b"j" * 16, ciphertext=b"x" * 12_000)},
        {"owner_digest": b"p" * 32},
        {"programme_id": "another"},
        {"terms_digest": b"n" * 32},
        {"report_id": b"q" * 16},
    ],
    ids=lambda change: next(iter(change)),
)
def test_one_share_is_kept_of_a_check_and_under_a_secret(
    sharing: SharingStore, change: dict[str, Any]
) -> None:
    """Another one is not taken, and the first stays as it is."""
    sharing.leave(SHARE)
    assert not sharing.leave(replace(SHARE, **change))
    assert taken(sharing) == ITEM


def test_the_very_same_share_may_be_left_again(sharing: SharingStore) -> None:
    """A worker that was cut off goes on where it was, but not once somebody has taken it."""
    sharing.leave(SHARE)
    assert sharing.leave(replace(SHARE, expire_time=1005))
    taken(sharing)
    assert not sharing.leave(SHARE)


@pytest.mark.parametrize(
    ("check", "programme", "owners", "gone"),
    [
        (CHECK, "self-check", {OWNER}, True),
        (CHECK, "self-check", {b"x" * 32}, False),
        (CHECK, "self-check", set(), False),
        (CHECK, "another", {OWNER}, False),
        (b"x" * 16, "self-check", {OWNER}, False),
    ],
)
def test_only_its_owner_cancels_it(
    sharing: SharingStore, check: bytes, programme: str, owners: set[bytes], gone: bool
) -> None:
    """Another key, another programme or another check changes nothing."""
    sharing.leave(SHARE)
    sharing.cancel({check}, programme, owners)
    assert taken(sharing) == (None if gone else ITEM)


def test_it_is_deleted_on_its_day(sharing: SharingStore) -> None:
    """Fetched or not; one that was taken and never settled goes too."""
    sharing.leave(SHARE)
    taken(sharing)
    assert sharing.purge(999) == 0
    assert sharing.purge(1000) == 1
    assert sharing.purge(1000) == 0
    assert sharing.leave(SHARE)


def test_one_of_many_takers_wins(sharing: SharingStore) -> None:
    """Of sixteen reports with the secret at once, one gets it."""
    sharing.leave(SHARE)
    ready = threading.Barrier(16)
    found: list[SealedItem | None] = []

    def work(number: int) -> None:
        ready.wait()
        found.append(taken(sharing, bytes([number]) * 16))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 16
    assert [each for each in found if each is not None] == [ITEM]


@pytest.mark.parametrize("how", ["settle", "cancel", "purge"])
def test_what_is_gone_is_in_no_file(tmp_path: Path, how: str) -> None:
    """It is overwritten in the database and its log, not only unlinked."""
    store = open_sharing(tmp_path)
    store.leave(SHARE)
    assert ITEM.ciphertext[:64] in b"".join(each.read_bytes() for each in tmp_path.iterdir())
    if how == "settle":
        taken(store)
        store.settle(TAKER)
    elif how == "cancel":
        store.cancel({CHECK}, "self-check", {OWNER})
    else:
        store.purge(1000)
    after = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert ITEM.ciphertext[:64] not in after
    assert SECRET not in after
    store.close()


def test_only_what_is_left_for_those_named_stays(sharing: SharingStore) -> None:
    """By programme, terms and key, whether or not somebody has begun to fetch it."""
    sharing.leave(SHARE)
    others = {
        replace(HERE, key_id=b"j" * 16),
        replace(HERE, programme_id="another"),
        replace(HERE, terms_digest=b"n" * 32),
    }
    assert sharing.keep_only({HERE} | others) == 0
    assert taken(sharing) == ITEM
    assert sharing.keep_only(others) == 1
    assert taken(sharing) is None
    assert sharing.leave(SHARE)
    assert sharing.keep_only(frozenset()) == 1


def test_it_outlives_the_process_in_a_file_closed_to_others(tmp_path: Path) -> None:
    """What was left is there after opening again."""
    first = open_sharing(tmp_path)
    first.leave(SHARE)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    first.close()
    second = open_sharing(tmp_path)
    assert taken(second) == ITEM
    second.close()


def test_every_column_is_commented() -> None:
    """Each says what it holds."""
    (table,) = SHARES_METADATA.sorted_tables
    assert all(column.comment for column in table.columns)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A damaged file is a clear error at the start."""
    (tmp_path / SHARES_NAME).write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StoreUnavailable, match="cannot open"):
        open_sharing(tmp_path)


def test_database_in_the_hands_of_another_is_unavailable(tmp_path: Path) -> None:
    """A write that cannot be made is told as such, and names no value."""
    store = open_sharing(tmp_path)
    with sqlite3.connect(tmp_path / SHARES_NAME) as connection:
        connection.execute("DROP TABLE shares")
    connection.close()
    with pytest.raises(StoreUnavailable) as caught:
        store.leave(SHARE)
    assert "ssss" not in caught.value.log
    store.close()
