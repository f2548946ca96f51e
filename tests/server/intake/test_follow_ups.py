"""What follows a check: acknowledgement and withdrawal, by the report's owner alone."""

import dataclasses
import os

import pytest
from kizashi_protocol import Acknowledged, Acknowledgement, Erased, SigningKey, read_erasure
from kizashi_server.store.replay_contract import ReportState

from tests.server.refusals import refusal_of, refused
from tests.server.world import START, World


def test_acknowledged_reply_is_dropped(any_world: World) -> None:
    """By the key that owns the report; afterwards the same envelope is told that it is gone."""
    sent = any_world.laptop.check()
    any_world.exchange(sent.envelope)
    reply = any_world.reply_to(any_world.laptop.acknowledge(sent))
    assert reply.outcome == Acknowledged()
    found = any_world.store.find(sent.report_id)
    assert found is not None
    assert found.sealed_reply is None
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"
    assert any_world.weigh.calls == 1


def test_withdrawn_check_is_erased_under_signature(any_world: World) -> None:
    """The receipt names check, programme, time and backups; asked again it is given again."""
    sent = any_world.laptop.check()
    any_world.exchange(sent.envelope)
    for _ in range(2):
        reply = any_world.reply_to(any_world.laptop.withdraw(sent))
        assert isinstance(reply.outcome, Erased)
        keys = any_world.directory.receipt_key_by_id()
        erasure = read_erasure(reply.outcome.receipt, keys)
        assert (erasure.report_id, erasure.programme_id) == (sent.report_id, "self-check")
        assert (erasure.erased_time, erasure.backup_days) == (START, 7)
    found = any_world.store.find(sent.report_id)
    assert found is not None
    assert (found.state, found.sealed_reply) == (ReportState.ERASED, None)
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"


@pytest.mark.parametrize("act", ["acknowledge", "withdraw"])
def test_only_the_owner_may_and_nobody_learns_more(any_world: World, act: str) -> None:
    """A stranger's answer is the same for a report that is there and one that never was."""
    laptop, stranger = any_world.laptop, SigningKey.from_seed(os.urandom(32))
    known, unknown = laptop.check(), laptop.check()
    any_world.exchange(known.envelope)
    answers = {
        any_world.reply_to(getattr(laptop, act)(sent, stranger)) for sent in (known, unknown)
    }
    assert [refusal_of(each) for each in answers] == ["REPORT_UNKNOWN"]
    found = any_world.store.find(known.report_id)
    assert found is not None
    assert found.sealed_reply is not None


def test_feedback_key_does_not_own_the_report(world: World) -> None:
    """Only the score key does."""
    sent = world.laptop.check()
    world.exchange(sent.envelope)
    other = dataclasses.replace(sent, score_key=SigningKey.from_seed(os.urandom(32)))
    assert refusal_of(world.reply_to(world.laptop.withdraw(other))) == "REPORT_UNKNOWN"


def test_refused_check_of_a_known_owner_can_be_withdrawn(world: World) -> None:
    """A check that was refused for its consent still belongs to whoever signed it."""
    sent = world.laptop.check(scorer_id="other/1")
    world.exchange(sent.envelope)
    assert isinstance(world.reply_to(world.laptop.withdraw(sent)).outcome, Erased)


def test_repeated_withdrawal_envelope_gets_the_same_receipt(world: World) -> None:
    """Lost on the way, sent again."""
    sent = world.laptop.check()
    world.exchange(sent.envelope)
    withdrawal = world.laptop.withdraw(sent)
    assert world.exchange(withdrawal.envelope) == world.exchange(withdrawal.envelope)


def test_acknowledgement_of_itself_is_unknown(world: World) -> None:
    """A report cannot own itself."""
    key, report_id = SigningKey.from_seed(os.urandom(32)), os.urandom(16)
    sent = world.laptop.send(Acknowledgement(report_id), [key], report_id=report_id)
    assert refusal_of(world.reply_to(sent)) == "REPORT_UNKNOWN"
