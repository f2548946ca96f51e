"""Receipts in the log: on the disk before the reply, proved in it, and heads shared by everybody."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from kizashi_protocol import (
    NO_HEAD,
    Erased,
    LogHead,
    Refusal,
    Reply,
    Scope,
    SigningKey,
    Withheld,
    key_id_of,
    read_log_head,
    verify_evidence,
)
from kizashi_protocol.merkle import verify_consistency
from kizashi_server.errors import StoreUnavailable
from kizashi_server.log.head_schedule import HEAD_SECONDS, is_due
from kizashi_server.store.log_contract import LogStore, PublishedHead, StoredLeaf
from kizashi_server.store.log_tree import Subtree
from kizashi_server.store.replay_contract import ReportState

from tests.server.laptop import Sent
from tests.server.memory_log import MemoryLogStore
from tests.server.world import START, World, make_world

HEAD = PublishedHead(3, 10, bytes(32), START, "t")


def checked(world: World) -> tuple[Sent, Reply]:
    """A check, answered."""
    sent = world.laptop.check()
    return sent, world.reply_to(sent)


def head_of(reply: Reply, world: World, seen: LogHead = NO_HEAD) -> LogHead:
    """The head of a reply whose receipts are all proved."""
    assert reply.log is not None
    return verify_evidence(reply.receipts, reply.log, seen, world.directory.log_key_by_id())


def shown(world: World, log_size: int = 0) -> LogHead:
    """The published head."""
    token, _ = world.intake.shown_log(log_size)
    return read_log_head(token, world.directory.log_key_by_id())


def test_consents_and_erasures_are_entries() -> None:
    """Each receipt of each reply stands in the log, in the order of the proofs."""
    world = make_world()
    sent, reply = checked(world)
    assert (len(reply.consent_receipts), head_of(reply, world).size) == (2, 2)
    erased = world.reply_to(world.laptop.withdraw(sent))
    assert isinstance(erased.outcome, Erased)
    assert head_of(erased, world).size == 3
    assert erased.log is not None
    assert [each.leaf_index for each in erased.log.proofs] == [2]


def test_withheld_feedback_has_its_receipt_in_the_log() -> None:
    """Whatever comes of a check, what was consented to is entered."""
    world = make_world()
    reply = world.reply_to(world.laptop.check([Scope.SCORE]))
    assert isinstance(reply.outcome, Withheld)
    assert head_of(reply, world).size == 1


def test_a_reply_without_receipts_enters_nothing() -> None:
    """Refusals and acknowledgements leave no trace."""
    world = make_world()
    sent, _ = checked(world)
    for each in (world.laptop.acknowledge(sent), world.laptop.check(scorer_id="other/1")):
        assert world.reply_to(each).log is None
    assert world.intake.receipt_log.store.size() == 2


def test_two_receipts_of_one_consent_have_two_salts() -> None:
    """Equal receipts could otherwise be seen to be equal."""
    world = make_world()
    log = world.intake.receipt_log
    for _ in range(2):
        log.entered(Reply(Withheld(), ("one", "one")), 0, world.keys.log)
    assert len({leaf for _, leaf in log.store.leaves()}) == 4


def test_the_same_envelope_is_entered_once() -> None:
    """A repeat gets the kept reply, and the log does not grow."""
    world = make_world()
    sent, reply = checked(world)
    assert world.reply_to(sent) == reply
    assert world.intake.receipt_log.store.size() == 2


@dataclass
class Watched:
    """A log store that looks at the world when an entry comes, and can be out of order."""

    inner: LogStore
    world: World
    report_id: bytes = b""
    states: list[ReportState] = field(default_factory=list)
    broken: bool = False

    def append(self, leaves: Sequence[bytes]) -> int:
        """See `LogStore`."""
        if self.broken:
            raise StoreUnavailable("out of order")
        found = self.world.store.find(self.report_id)
        assert found is not None
        self.states.append(found.state)
        return self.inner.append(leaves)

    def size(self) -> int:
        """See `LogStore`."""
        return self.inner.size()

    def subtrees(self, wanted: Collection[Subtree]) -> Mapping[Subtree, bytes]:
        """See `LogStore`."""
        return self.inner.subtrees(wanted)

    def newest_head(self) -> PublishedHead | None:
        """See `LogStore`."""
        return self.inner.newest_head()

    def publish(self, head: PublishedHead) -> bool:
        """See `LogStore`."""
        return self.inner.publish(head)

    def leaves(self) -> Iterator[StoredLeaf]:
        """See `LogStore`."""
        return self.inner.leaves()

    def all_subtrees(self) -> Iterator[tuple[Subtree, bytes]]:
        """See `LogStore`."""
        return self.inner.all_subtrees()

    def heads(self) -> Iterator[PublishedHead]:
        """See `LogStore`."""
        return self.inner.heads()

    def close(self) -> None:
        """See `LogStore`."""


def watched_world() -> tuple[World, Watched]:
    """A world whose log is watched."""
    world = make_world()
    store = Watched(MemoryLogStore(), world)
    log = replace(world.intake.receipt_log, store=store)
    world.intake = replace(world.intake, receipt_log=log)
    return world, store


def test_the_entry_is_made_before_the_answer_is_kept() -> None:
    """While the report is still pending: no receipt can leave without its entry."""
    world, store = watched_world()
    sent = world.laptop.check()
    store.report_id = sent.report_id
    assert head_of(world.reply_to(sent), world).size == 2
    assert store.states == [ReportState.PENDING]


def test_no_entry_no_receipt() -> None:
    """When the log cannot be written, nothing is answered, and the same envelope may come again."""
    world, store = watched_world()
    sent = world.laptop.check()
    store.report_id, store.broken = sent.report_id, True
    with pytest.raises(StoreUnavailable):
        world.exchange(sent.envelope)
    store.broken = False
    assert head_of(world.reply_to(sent), world).size == 2


def test_a_reply_continues_the_head_the_report_named() -> None:
    """For every size the log has had; for others there is no proof."""
    world = make_world()
    log = world.intake.receipt_log
    seen: list[LogHead] = []
    for number in range(1, 20):
        reply = log.entered(Reply(Withheld(), (f"receipt {number}",)), 0, world.keys.log)
        seen.append(head_of(reply, world))
        for head in seen:
            later = log.entered(Reply(Withheld(), ("another",)), head.size, world.keys.log)
            assert head_of(later, world, head).size > head.size
    for unknown in (0, log.store.size() + 2, 2**60):
        evidence = log.entered(Reply(Withheld(), ("r",)), unknown, world.keys.log).log
        assert evidence is not None
        assert evidence.consistency == ()


def test_the_report_names_the_size() -> None:
    """What the laptop says inside the envelope is where the proof begins."""
    world = make_world()
    first = head_of(checked(world)[1], world)
    sent = world.laptop.check(log_size=first.size)
    assert head_of(world.reply_to(sent), world, first).size == 4


def test_everybody_is_shown_one_head_for_an_hour() -> None:
    """Then a new one, if the log has grown; the older ones are its beginning."""
    world = make_world()
    first = shown(world)
    assert first == LogHead(0, NO_HEAD.root, START)
    checked(world)
    world.clock.seconds += HEAD_SECONDS - 1
    assert shown(world) == first
    world.clock.seconds += 1
    second = shown(world)
    assert (second.size, second.time) == (2, START + HEAD_SECONDS)
    world.clock.seconds += 10 * HEAD_SECONDS
    assert shown(world) == second
    checked(world)
    token, proof = world.intake.shown_log(second.size)
    third = read_log_head(token, world.directory.log_key_by_id())
    verify_consistency(
        proof,
        old_size=second.size,
        old_root=second.root,
        new_size=third.size,
        new_root=third.root,
    )
    assert third.size == 4


@pytest.mark.parametrize("size", [0, 4, 5, 2**60])
def test_no_proof_from_a_size_that_is_not_older(size: int) -> None:
    """Nor from 0: there is nothing to prove, or nothing that could be."""
    world = make_world()
    for _ in range(2):
        checked(world)
    assert shown(world).size == 4
    assert world.intake.shown_log(size).consistency == ()


def test_a_new_log_key_signs_a_new_head_at_once() -> None:
    """A head by a key that is no longer listed would be believed by nobody."""
    world = make_world()
    shown(world)
    fresh = SigningKey.from_seed(os.urandom(32))
    log = world.intake.receipt_log
    token, _ = log.shown(0, fresh)
    assert read_log_head(token, {key_id_of(fresh.public): fresh.public}).size == 0
    assert [each.number for each in log.store.heads()] == [0, 1]


@pytest.mark.parametrize(
    ("newest", "size", "later", "ours", "due"),
    [
        (None, 0, 0, False, True),
        (HEAD, 10, 0, True, False),
        (HEAD, 10, HEAD_SECONDS * 9, True, False),
        (HEAD, 11, HEAD_SECONDS - 1, True, False),
        (HEAD, 11, HEAD_SECONDS, True, True),
        (HEAD, 11, 1 - HEAD_SECONDS, True, False),
        (HEAD, 11, -HEAD_SECONDS, True, True),
        (HEAD, 10, 0, False, True),
    ],
)
def test_when_a_head_is_due(
    newest: PublishedHead | None, size: int, later: int, ours: bool, due: bool
) -> None:
    """At most once an hour, only for more entries, and at once for another key."""
    assert is_due(newest, size, START + later, newest_is_ours=ours) == due


def test_a_log_that_lost_a_subtree_shows_nothing() -> None:
    """Rather than a wrong root."""
    world, store = watched_world()
    store.inner.append([bytes(32)] * 4)

    def nothing(wanted: Collection[Subtree]) -> Mapping[Subtree, bytes]:
        return {}

    store.subtrees = nothing  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable, match="log verify"):
        world.intake.shown_log(0)


def test_a_refusal_is_no_receipt() -> None:
    """What was refused has no entry, and its reply no evidence."""
    world = make_world()
    log = world.intake.receipt_log
    reply = Reply(Refusal("R", "words"))
    assert log.entered(reply, 0, world.keys.log) is reply
