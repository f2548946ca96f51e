"""The token bucket: pure, bounded, and apart for each programme."""

from hypothesis import given
from hypothesis import strategies as st
from kizashi_server.exchange.rate_limit import Bucket, Rate, RateLimiter, take


def test_burst_is_a_minutes_worth_and_comes_back_evenly() -> None:
    """Six a minute: six at once, then one each ten seconds."""
    limiter = RateLimiter({"a": Rate(6)}, now=0)
    assert [limiter.allows("a", 0) for _ in range(7)] == [True] * 6 + [False]
    assert not limiter.allows("a", 9.9)
    assert limiter.allows("a", 10)
    assert not limiter.allows("a", 10)


def test_programmes_do_not_share_a_bucket() -> None:
    """A busy programme takes nothing from another."""
    limiter = RateLimiter({"a": Rate(1), "b": Rate(1)}, now=0)
    assert limiter.allows("a", 0)
    assert not limiter.allows("a", 0)
    assert limiter.allows("b", 0)


@given(
    steps=st.lists(st.floats(0, 600, allow_nan=False), max_size=60),
    per_minute=st.integers(1, 50),
)
def test_never_more_than_burst_and_rate_allow(steps: list[float], per_minute: int) -> None:
    """Over any course of requests, no more pass than one burst and what came back since."""
    rate, bucket, now, passed = Rate(per_minute), Bucket(float(per_minute), 0), 0.0, 0
    for step in steps:
        now += step
        bucket, allowed = take(bucket, rate, now)
        passed += allowed
        assert 0 <= bucket.tokens <= per_minute
    assert passed <= per_minute + now * per_minute / 60 + 1e-6


def test_clock_that_goes_back_brings_no_tokens() -> None:
    """An earlier time neither fills the bucket nor moves its own time back."""
    bucket, allowed = take(Bucket(0.5, 100), Rate(60), 50)
    assert (bucket, allowed) == (Bucket(0.5, 100), False)
