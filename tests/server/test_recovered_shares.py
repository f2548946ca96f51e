"""A recovery code reaches what waits for a counsellor also where the check itself is forgotten."""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kizashi_protocol import Erased, Redeemed, Refusal, Scope, SealedItem, read_erasure
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.database import open_store
from kizashi_server.store.replay_contract import Tagged
from kizashi_server.store.sharing_contract import KeptShare, SharingStore
from kizashi_server.store.sharing_database import SHARES_NAME, open_sharing

from tests.server.memory_sharing import MemorySharing
from tests.server.recoverable import OTHER_SECRET, SECRET, tagged
from tests.server.sharing.opened_check import Opened, certified, opened
from tests.server.world import LEASE, World, make_world

OWNER, TAG, TERMS = b"o" * 32, b"t" * 32, b"m" * 32
ITEM = SealedItem(b"k" * 16, b"a sealed feedback of some length" * 375)


@pytest.fixture(params=["memory", "sqlite"])
def sharing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SharingStore]:
    """Each store of what waits for counsellors."""
    made: SharingStore = MemorySharing() if request.param == "memory" else open_sharing(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A server with one counsellor, on each store."""
    with ExitStack() as stack:
        store, shares = None, None
        if request.param == "sqlite":
            store, shares = open_store(tmp_path / "kizashi.sqlite"), open_sharing(tmp_path)
            stack.callback(store.close)
            stack.callback(shares.close)
        yield make_world(store, sharing=shares, certify=lambda root: [certified(root)])


def share(number: int, tag: bytes | None = TAG, programme: str = "self-check") -> KeptShare:
    """What waits of a check whose id sorts as its number does."""
    name = number.to_bytes(16, "big")
    return KeptShare(name, programme, TERMS, OWNER, ITEM, name * 2, 1000, tag)


def shared_in_the_last_days(world: World) -> tuple[Opened, Opened]:
    """Two people leave their feedback days before their sealing key goes, and the key goes."""
    ((key_id, key),) = world.intake.keyring.sealing.items()
    soon = dataclasses.replace(key, delete_time=world.clock.wall() + 60)
    keyring = dataclasses.replace(world.intake.keyring, sealing={key_id: soon})
    world.intake = dataclasses.replace(world.intake, keyring=keyring)
    own, other = opened(world, tagged()), opened(world, tagged(OTHER_SECRET))
    for person in (own, other):
        person.leave()
    world.clock.seconds += 60 + LEASE
    world.store.purge(world.clock.wall())
    # The laptops seal to a key that lives on.
    keyring = dataclasses.replace(keyring, sealing={key_id: key})
    world.intake = dataclasses.replace(world.intake, keyring=keyring)
    assert world.store.find(own.sent.report_id) is None
    return own, other


def test_a_share_that_outlives_its_checks_row_is_reached(world: World) -> None:
    """Under a signed receipt, and no other person's with it."""
    own, other = shared_in_the_last_days(world)
    outcome = world.reply_to(world.laptop.recover(SECRET)).outcome
    assert isinstance(outcome, Erased)
    receipt = read_erasure(outcome.receipt, world.directory.receipt_key_by_id())
    assert receipt.scope is Scope.SCORE
    assert isinstance(own.redeem().outcome, Refusal)
    assert isinstance(other.redeem().outcome, Redeemed)


def test_another_code_reaches_no_share(world: World) -> None:
    """And is told the same as where nothing waits."""
    own, _ = shared_in_the_last_days(world)
    outcome = world.reply_to(world.laptop.recover(bytes(32))).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "RECOVERY_UNKNOWN"
    assert isinstance(own.redeem().outcome, Redeemed)


def test_shares_come_in_pages_of_one_programme(sharing: SharingStore) -> None:
    """In the order of their checks, none twice, and none without a tag."""
    for each in (share(3), share(1), share(2), share(4, tag=None), share(5, programme="other")):
        assert sharing.leave(each)
    first = sharing.tagged("self-check", b"", 2)
    rest = sharing.tagged("self-check", first[-1].report_id, 2)
    numbers = [int.from_bytes(each.report_id, "big") for each in (*first, *rest)]
    assert numbers == [1, 2, 3]
    assert first[0] == Tagged(share(1).report_id, OWNER, TAG)
    assert sharing.tagged("self-check", rest[-1].report_id, 2) == []


def test_a_share_that_is_gone_is_found_no_more(sharing: SharingStore) -> None:
    """Taken back, fetched or expired."""
    for number in (1, 2, 3):
        sharing.leave(share(number))
    sharing.cancel({share(1).report_id}, "self-check", {OWNER})
    sharing.take(share(2).redemption_digest, share(2).destination, b"t" * 16, 0)
    sharing.settle(b"t" * 16)
    assert [each.report_id for each in sharing.tagged("self-check", b"", 9)] == [share(3).report_id]
    sharing.purge(1000)
    assert sharing.tagged("self-check", b"", 9) == []


def test_many_shares_are_taken_back_at_once_and_nobody_elses(sharing: SharingStore) -> None:
    """Those of the owners named, in their programme."""
    for each in (share(1), share(2), share(3, programme="other")):
        sharing.leave(each)
    sharing.leave(dataclasses.replace(share(4), owner_digest=b"p" * 32))
    named = {number.to_bytes(16, "big") for number in range(1, 6)}
    sharing.cancel(named, "self-check", {OWNER})
    left = [*sharing.tagged("self-check", b"", 9), *sharing.tagged("other", b"", 9)]
    assert [each.report_id[-1] for each in left] == [4, 3]


def test_a_share_with_another_tag_is_another_share(sharing: SharingStore) -> None:
    """It does not take the place of the first."""
    sharing.leave(share(1))
    assert sharing.leave(share(1))
    assert not sharing.leave(share(1, b"x" * 32))
    assert not sharing.leave(share(1, None))
    assert [each.recovery_tag for each in sharing.tagged("self-check", b"", 9)] == [TAG]


def test_no_tag_is_shown(tmp_path: Path) -> None:
    """Neither where a share is printed nor where a database resists."""
    assert repr(TAG) not in repr(share(1))
    sharing = open_sharing(tmp_path)
    sharing.close()
    (tmp_path / SHARES_NAME).write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StoreUnavailable) as caught:
        sharing.leave(share(1))
    assert "tttt" not in caught.value.log
