"""Sharing from the laptop: what waits is taken back, and the check stays."""

from dataclasses import replace

import pytest
from kizashi_agent.commands.cancel_shares import CancelOutcome, cancel_shares
from kizashi_agent.errors import TrustBroken
from kizashi_agent.show.sharing import show_cancelled
from kizashi_agent.submit.erasing import withdraw_check
from kizashi_protocol import (
    Erased,
    ErasureReceipt,
    Refusal,
    Scope,
    ShareWithdrawal,
    Withdrawal,
    write_erasure,
)

from tests.agent.submit.laptop import Laptop
from tests.agent.submit.sharing.person import GONE, Person, left_one, surroundings_of
from tests.protocol.values import NOW, PROGRAMME, RECEIPT_KEY


def cancelled(laptop: Laptop) -> tuple[CancelOutcome, str]:
    """What comes of it, and what is shown."""
    person = Person([])
    world = surroundings_of(laptop, person)
    outcome = cancel_shares(world)
    show_cancelled(world.console, "en", outcome)
    return outcome, person.words()


def test_what_was_shared_is_taken_back_and_nothing_else(laptop: Laptop) -> None:
    """A signed receipt is kept; the check stays on record with its own, as does the other check."""
    left_one(laptop)
    before = laptop.sent()
    laptop.submit()
    outcome, words = cancelled(laptop)
    (taken_back,) = outcome.taken_back
    assert laptop.server.reports[-1][1].content == ShareWithdrawal(before.report_id)
    assert replace(before, shared=False) in laptop.state.checks()
    assert len(laptop.state.checks()) == 2
    assert Withdrawal not in laptop.contents()
    assert taken_back.receipt is not None
    assert taken_back.receipt.is_file()
    assert taken_back.receipt.name == f"{before.report_id.hex()}-share.json"
    assert "Taken back" in words
    assert cancelled(laptop)[0].taken_back == ()


def test_what_waits_to_be_sent_stays(laptop: Laptop) -> None:
    """Taking a share back throws no check away."""
    left_one(laptop)
    laptop.server.faults.append(GONE)
    laptop.error()
    waiting = [path for path in laptop.state.folder.rglob("*.sealed") if "waiting" in path.parts]
    assert len(waiting) == 1
    cancelled(laptop)
    assert waiting[0].exists()


def test_there_may_be_nothing_to_take_back(laptop: Laptop) -> None:
    """A check that was not shared is left alone."""
    laptop.submit()
    outcome, words = cancelled(laptop)
    assert outcome == CancelOutcome((), (), ())
    assert ShareWithdrawal not in laptop.contents()
    assert "Nothing was shared" in words


def test_what_could_not_be_taken_back_stays_on_record(laptop: Laptop) -> None:
    """Said with the reason; the next try takes it back."""
    left_one(laptop)
    laptop.server.faults.append(GONE)
    outcome, words = cancelled(laptop)
    assert outcome.fault is GONE
    assert laptop.sent().shared
    assert "Not yet taken back" in words
    assert cancelled(laptop)[0].fault is None
    assert not laptop.sent().shared


def test_a_server_that_holds_nothing_has_nothing_waiting(laptop: Laptop) -> None:
    """Under seal it says so, and no receipt is owed."""
    left_one(laptop)
    laptop.server.answer_with(Refusal("REPORT_UNKNOWN", "Nothing is held."))
    outcome, words = cancelled(laptop)
    assert [each.receipt for each in outcome.taken_back] == [None]
    assert not laptop.sent().shared
    assert "nothing of it waits" in words


@pytest.mark.parametrize("scope", [None, Scope.SHARE], ids=["check", "share"])
def test_a_receipt_for_the_other_is_not_believed(laptop: Laptop, scope: Scope | None) -> None:
    """Who asked for the whole check is not put off with its share, nor the other way about."""
    left_one(laptop)
    check = laptop.sent()
    receipt = ErasureReceipt(check.report_id, PROGRAMME.programme_id, NOW, 0, scope)
    laptop.server.answer_with(Erased(write_erasure(receipt, RECEIPT_KEY)))
    if scope is None:
        fault = cancelled(laptop)[0].fault
        assert isinstance(fault, TrustBroken)
        assert fault.reason == "RECEIPT_INVALID"
        assert laptop.sent().shared
        return
    with pytest.raises(TrustBroken):
        withdraw_check(check, laptop.exchanger, "en")


def test_a_damaged_record_is_told(laptop: Laptop) -> None:
    """Nobody knows whether it was shared; the others are taken back all the same."""
    left_one(laptop)
    (laptop.state.folder / "checks" / f"{'0' * 32}.json").write_text("{")
    outcome, words = cancelled(laptop)
    assert len(outcome.taken_back) == 1
    assert outcome.fault is outcome.damaged[0]
    assert outcome.damaged[0].person.split(".")[0] in words
