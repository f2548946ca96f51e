"""A `HoldingsStore` in a dictionary, for tests that are not about databases."""

import threading
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from kizashi_protocol.consent import Scope
from kizashi_server.store.holdings_contract import (
    MOST_RECOVERED,
    RECOVERED_SECONDS,
    TOMBSTONE_SECONDS,
    Held,
    Item,
    Subject,
)


@dataclass
class Kept:
    """A subject and its items by name, in the order they came."""

    subject: Subject
    items: dict[bytes, Item] = field(default_factory=dict)


@dataclass(frozen=True)
class Stone:
    """What a tombstone says."""

    scope: Scope
    programme_id: str
    recovery_digest: bytes | None
    time: int


class MemoryHoldings:
    """Keeps the contract of `HoldingsStore`, under one lock, until the process ends."""

    def __init__(self) -> None:
        """Starts empty."""
        self._kept: dict[bytes, Kept] = {}
        self._stones: dict[bytes, Stone] = {}
        self._recovered: dict[tuple[str, bytes], int] = {}
        self._erased_items: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def withdrawn_times(self, digests: AbstractSet[bytes]) -> Mapping[bytes, int]:
        """See `HoldingsStore`."""
        with self._lock:
            return {each: stone.time for each, stone in self._stones.items() if each in digests}

    def keep(self, subject: Subject, item: Item, most: int) -> bool:
        """See `HoldingsStore`."""
        with self._lock:
            for digest in (subject.digest, subject.recovery_digest):
                stone = self._stones.get(digest)
                if stone is not None and subject.given_time <= stone.time:
                    return False
            if item.erasure_name in self._erased_items:
                return False
            kept = self._kept.setdefault(subject.digest, Kept(subject))
            if kept.subject.given_time < subject.given_time:
                kept.subject = subject
            kept.items.pop(item.name, None)
            kept.items[item.name] = item
            for name in list(kept.items)[:-most]:
                del kept.items[name]
        return True

    def held(self, digest: bytes) -> Held | None:
        """See `HoldingsStore`."""
        with self._lock:
            kept = self._kept.get(digest)
            if kept is None:
                return None
            return Held(kept.subject, tuple(item.content for item in kept.items.values()))

    def subjects(self) -> Sequence[Subject]:
        """See `HoldingsStore`."""
        with self._lock:
            return [kept.subject for kept in self._kept.values()]

    def erase(self, digest: bytes) -> None:
        """See `HoldingsStore`."""
        with self._lock:
            self._kept.pop(digest, None)

    def holds_any(self, erasure_names: AbstractSet[bytes]) -> bool:
        """See `HoldingsStore`."""
        with self._lock:
            return any(
                item.erasure_name in erasure_names
                for kept in self._kept.values()
                for item in kept.items.values()
            )

    def erase_items(self, erasure_names: AbstractSet[bytes], now: int) -> None:
        """See `HoldingsStore`."""
        with self._lock:
            self._erased_items |= dict.fromkeys(erasure_names, now)
            for kept in self._kept.values():
                kept.items = {
                    name: item
                    for name, item in kept.items.items()
                    if item.erasure_name not in erasure_names
                }

    def withdraw(self, digest: bytes, scope: Scope, programme_id: str, now: int) -> None:
        """See `HoldingsStore`."""
        with self._lock:
            self._withdraw(digest, scope, programme_id, now)

    def recover(self, recovery_digest: bytes, programme_id: str, now: int) -> Scope | None:
        """See `HoldingsStore`."""
        with self._lock:
            for kept in list(self._kept.values()):
                subject = kept.subject
                whose = (subject.recovery_digest, subject.programme_id)
                if whose == (recovery_digest, programme_id):
                    self._withdraw(subject.digest, subject.scope, programme_id, now)
            for digest, stone in list(self._stones.items()):
                if (stone.recovery_digest, stone.programme_id) == (recovery_digest, programme_id):
                    self._withdraw(digest, stone.scope, programme_id, now)
                    return stone.scope
        return None

    def remember_recovery(self, secret: bytes, programme_id: str, now: int) -> None:
        """See `HoldingsStore`."""
        with self._lock:
            mine = (programme_id, secret)
            self._recovered[mine] = max(now, self._recovered.get(mine, 0))
            ours = [each for each in self._recovered if each[0] == programme_id]
            latest = sorted(ours, key=self._recovered.__getitem__, reverse=True)
            for each in latest[MOST_RECOVERED:]:
                del self._recovered[each]

    def recoveries(self, programme_id: str) -> Mapping[bytes, int]:
        """See `HoldingsStore`."""
        with self._lock:
            return {
                secret: time
                for (programme, secret), time in self._recovered.items()
                if programme == programme_id
            }

    def purge(self, now: int) -> int:
        """See `HoldingsStore`."""
        with self._lock:
            late = [each for each, kept in self._kept.items() if kept.subject.expire_time <= now]
            for digest in late:
                del self._kept[digest]
            self._recovered = {
                each: time
                for each, time in self._recovered.items()
                if now - RECOVERED_SECONDS < time
            }
            self._stones = {
                digest: stone
                for digest, stone in self._stones.items()
                if now - TOMBSTONE_SECONDS < stone.time
            }
            self._erased_items = {
                name: time
                for name, time in self._erased_items.items()
                if now - TOMBSTONE_SECONDS < time
            }
        return len(late)

    def close(self) -> None:
        """See `HoldingsStore`."""

    def _withdraw(self, digest: bytes, scope: Scope, programme_id: str, now: int) -> None:
        kept, earlier = self._kept.pop(digest, None), self._stones.get(digest)
        time, recovery = now, None
        if kept is not None:
            time, recovery = max(now, kept.subject.given_time), kept.subject.recovery_digest
        if earlier is not None:
            time, recovery = max(time, earlier.time), recovery or earlier.recovery_digest
        self._stones[digest] = Stone(scope, programme_id, recovery, time)
