"""How often checks are searched for a recovery code, and how whoever has to wait is told."""

from kizashi_protocol import Envelope, Feedback, Refusal
from kizashi_server.exchange.rate_limit import SEARCHES, RateLimiter

from tests.server.recoverable import check
from tests.server.world import World


def refused_searches(world: World, count: int) -> list[str]:
    """The reasons that so many made-up codes are answered with, each of them under seal."""
    reasons = []
    for number in range(count):
        outcome = world.reply_to(world.laptop.recover(bytes([number]) * 32)).outcome
        assert isinstance(outcome, Refusal)
        reasons.append(outcome.reason)
    return reasons


def test_a_search_that_must_wait_is_told_under_seal(world: World) -> None:
    """Outside, its answer is like any other: of one size, and again the same when sent again."""
    assert "RATE_LIMITED" in refused_searches(world, SEARCHES.per_minute + 1)
    late = world.laptop.recover(bytes(32))
    answered = world.exchange(late.envelope)
    other = check(world)
    assert len(answered.ciphertext) == len(world.exchange(other.envelope).ciphertext)
    assert isinstance(world.reply_to(other).outcome, Feedback)
    again: Envelope = world.exchange(late.envelope)
    assert again == answered


def test_fewer_searches_come_at_once_than_in_a_minute() -> None:
    """A burst keeps a core for seconds; the rest of the minute's come one by one."""
    limiter = RateLimiter({"a": SEARCHES}, now=0)
    burst = [limiter.allows_search("a", 0) for _ in range(SEARCHES.per_minute)]
    assert burst.count(True) == SEARCHES.burst == 4
    apart = [limiter.allows_search("a", 5 * number) for number in range(1, SEARCHES.per_minute)]
    assert all(apart)
