"""Sharing from the laptop: taking back what waits."""

from kizashi_agent.commands.share import cancel_shares
from kizashi_protocol import (
    Withdrawal,
)

from tests.agent.submit.laptop import Laptop
from tests.agent.submit.sharing.person import left_one, surroundings_of


def test_cancelling_withdraws_what_was_shared_and_nothing_else(laptop: Laptop) -> None:
    """The check that was shared goes, with a signed erasure; the other stays on record."""
    left_one(laptop)
    shared = laptop.sent().report_id
    laptop.submit()
    outcome = cancel_shares(surroundings_of(laptop, None))
    assert [each.check.report_id for each in outcome.withdrawn] == [shared]
    assert laptop.server.reports[-1][1].content == Withdrawal(shared)
    assert not laptop.sent().shared


def test_there_may_be_nothing_to_cancel(laptop: Laptop) -> None:
    """A check that was not shared is left alone."""
    laptop.submit()
    outcome = cancel_shares(surroundings_of(laptop, None))
    assert (outcome.withdrawn, outcome.failed) == ((), ())
    assert Withdrawal not in laptop.contents()
