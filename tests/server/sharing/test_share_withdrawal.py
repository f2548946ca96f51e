"""Taking a share back on the server: what waits goes, the check stays, and nothing can follow."""

import dataclasses
import os

import pytest
from kizashi_protocol import (
    Acknowledged,
    Erased,
    ErasureReceipt,
    Redeemed,
    Reply,
    Scope,
    Share,
    Shared,
    ShareWithdrawal,
    SigningKey,
    read_erasure,
)
from kizashi_server.exchange.answering import owner_digest_of

from tests.server.memory_store import MemoryStore
from tests.server.sharing.opened_check import Opened, opened, refused
from tests.server.world import PROGRAMME, START, World


def take_back(person: Opened, key: SigningKey | None = None) -> Reply:
    """What comes of taking the share of somebody's check back, with its key or another."""
    content = ShareWithdrawal(person.sent.report_id)
    return person.world.reply_to(person.laptop.send(content, [key or person.keys[Scope.SCORE]]))


def erasure_in(world: World, reply: Reply) -> ErasureReceipt:
    """The erasure receipt of a reply."""
    assert isinstance(reply.outcome, Erased)
    return read_erasure(reply.outcome.receipt, world.directory.receipt_key_by_id())


def test_what_waits_goes_and_the_check_stays(any_world: World) -> None:
    """A receipt names check and scope; the sealed reply is still there to be acknowledged."""
    person, other = opened(any_world), opened(any_world)
    person.leave()
    other.leave()
    before = any_world.store.find(person.sent.report_id)
    receipt = erasure_in(any_world, take_back(person))
    assert receipt == ErasureReceipt(
        person.sent.report_id, PROGRAMME.id, START, PROGRAMME.backup_days, Scope.SHARE
    )
    assert refused(person.redeem()) == "SHARE_UNKNOWN"
    assert isinstance(other.redeem().outcome, Redeemed)
    assert before is not None
    assert before.sealed_reply is not None
    assert any_world.store.find(person.sent.report_id) == before
    acknowledged = person.laptop.acknowledge(person.sent, person.keys[Scope.SCORE])
    assert any_world.reply_to(acknowledged).outcome == Acknowledged()


@pytest.mark.parametrize("left", [True, False], ids=["left", "not yet there"])
def test_a_share_that_comes_later_is_refused(any_world: World, left: bool) -> None:
    """One that somebody held back on its way, or made anew: consent stays taken back."""
    person = opened(any_world)
    if left:
        person.leave()
    take_back(person)
    assert refused(person.leave()) == "SHARE_NOT_OPENED"
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


def test_asked_again_it_is_said_again(any_world: World) -> None:
    """Before anything was left, after it was fetched, and after the check was withdrawn."""
    person = opened(any_world)
    person.leave()
    person.redeem()
    receipts = [erasure_in(any_world, take_back(person)) for _ in range(2)]
    withdrawal = person.laptop.withdraw(person.sent, person.keys[Scope.SCORE])
    assert erasure_in(any_world, any_world.reply_to(withdrawal)).scope is None
    receipts.append(erasure_in(any_world, take_back(person)))
    assert {each.scope for each in receipts} == {Scope.SHARE}


def test_a_stranger_takes_nothing_back(any_world: World) -> None:
    """The share key does not either; what waits still waits, and can still be left."""
    person, other = opened(any_world), opened(any_world)
    person.leave()
    for key in (SigningKey.from_seed(os.urandom(32)), person.keys[Scope.SHARE]):
        assert refused(take_back(person, key)) == "REPORT_UNKNOWN"
        assert refused(take_back(other, key)) == "REPORT_UNKNOWN"
    assert isinstance(person.redeem().outcome, Redeemed)
    assert isinstance(other.leave().outcome, Shared)


def test_what_waits_goes_though_the_check_is_forgotten(world: World) -> None:
    """As after a restore of the replay memory, which knows nothing of the check."""
    person = opened(world)
    person.leave()
    assert isinstance(world.store, MemoryStore)
    world.store.forget(person.sent.report_id)
    assert refused(take_back(person)) == "REPORT_UNKNOWN"
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


def test_taking_back_at_the_same_moment_wins(world: World) -> None:
    """A share that is kept while it is taken back goes at once."""
    person = opened(world)
    leave, owners = world.sharing.leave, {owner_digest_of(person.keys[Scope.SCORE].public)}

    class Overtaken:
        """A store on which the taking back falls between two steps of the share."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.sharing, name)

        def leave(self, share: Share) -> bool:
            assert world.store.drop_opening(person.sent.report_id, PROGRAMME.id, owners)
            return leave(share)  # type: ignore[arg-type]

    sharing = dataclasses.replace(world.intake.sharing, store=Overtaken())  # type: ignore[arg-type]
    person.world = dataclasses.replace(
        world, intake=dataclasses.replace(world.intake, sharing=sharing)
    )
    assert refused(person.leave()) == "SHARE_NOT_OPENED"
    person.world = world
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


def test_another_programme_drops_no_opening(any_world: World) -> None:
    """The store asks whose check it is, and of which programme."""
    person = opened(any_world)
    report_id, owners = person.sent.report_id, {owner_digest_of(person.keys[Scope.SCORE].public)}
    assert not any_world.store.drop_opening(report_id, "another", owners)
    assert not any_world.store.drop_opening(report_id, PROGRAMME.id, {bytes(32)})
    assert isinstance(person.leave().outcome, Shared)
    assert any_world.store.drop_opening(report_id, PROGRAMME.id, owners)
