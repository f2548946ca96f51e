"""How many exchanges a programme may have a minute, and how many searches: token buckets.

`take` is pure; `RateLimiter` holds two buckets a programme behind a lock. Nothing here knows a
person or an address: the buckets belong to the programme.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """Exchanges a minute, at least 1.

    Attributes:
        at_once: the largest burst, at least 1; None for a minute's worth.
    """

    per_minute: int
    at_once: int | None = None

    @property
    def burst(self) -> float:
        """Tokens that a full bucket has."""
        return float(self.per_minute if self.at_once is None else self.at_once)


SEARCHES = Rate(12, at_once=4)
"""Recovery codes that a programme's checks are searched for: twelve people's a minute, since
only the secret of checks needs one. A search costs a core some 20 microseconds a check, and some 100
more for each that is erased (`python -m tests.bench.recovery`), until half of the call's time is over
(`recovery_search`). No more than four come at once, since nobody else is answered by a core that
searches."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens left (0 to the rate's burst) at a time in seconds of a monotonic clock."""

    tokens: float
    time: float


def take(bucket: Bucket, rate: Rate, now: float) -> tuple[Bucket, bool]:
    """The bucket after one request at `now`, and whether the request may go on.

    Tokens come back evenly at the rate, up to its burst. A clock that stands still or
    goes back brings none.
    """
    passed = max(0.0, now - bucket.time)
    tokens = min(rate.burst, bucket.tokens + passed * rate.per_minute / 60)
    time = max(now, bucket.time)
    if tokens < 1:
        return Bucket(tokens, time), False
    return Bucket(tokens - 1, time), True


class RateLimiter:
    """Two buckets for each programme; safe to share between threads."""

    def __init__(self, rates: Mapping[str, Rate], now: float) -> None:
        """Starts with every bucket full, at `now` in seconds of a monotonic clock."""
        self._rates = dict(rates)
        self._buckets = {name: Bucket(rate.burst, now) for name, rate in rates.items()}
        self._searches = {name: Bucket(SEARCHES.burst, now) for name in rates}
        self._lock = threading.Lock()

    def allows(self, programme_id: str, now: float) -> bool:
        """Takes a token of a programme that was named at the start; False when none is left."""
        with self._lock:
            bucket, allowed = take(self._buckets[programme_id], self._rates[programme_id], now)
            self._buckets[programme_id] = bucket
        return allowed

    def allows_search(self, programme_id: str, now: float) -> bool:
        """The same for a search of all checks of the programme."""
        with self._lock:
            bucket, allowed = take(self._searches[programme_id], SEARCHES, now)
            self._searches[programme_id] = bucket
        return allowed
