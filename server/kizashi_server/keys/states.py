"""Where each key is in its life: pure decisions over a schedule and the time.

    announced ─ pending ─> active_time ─ active ─> expire_time ─ expired ─> delete_time ─ gone

The successor of a key is listed as pending before it is used, so that a laptop which fetched the
directory a moment ago knows the key that its receipts are signed with. A key becomes active in the
second in which the one before it expires: one of each kind is active at any time, never two.

An expired sealing key still opens what was sealed to it, until its delete time. Expired receipt and
log keys stay listed for good, so that old receipts verify; their seeds go at once.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from kizashi_protocol.consent import CHECK_VALIDITY
from kizashi_protocol.directory import (
    Directory,
    KeyState,
    LogKeyEntry,
    ReceiptKeyEntry,
    SealingKeyEntry,
)
from kizashi_protocol.keys import SealingPublicKey, key_id_of

from kizashi_server.errors import KeyFault

SEALING_KEY_GRACE = CHECK_VALIDITY
"""Seconds a sealing key outlives its last use: consent for a check holds that long, so that a
report sealed on the last day can still arrive, and none later could be accepted."""


class KeyKind(StrEnum):
    """What a key is for."""

    SEALING = "sealing"
    RECEIPT = "receipt"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class ScheduledKey:
    """A key and the turns of its life; times in seconds since the epoch.

    Attributes:
        public: 1,216 bytes of a sealing key, 32 of the others.
        announce_time: when it was first listed.
        active_time: when its use begins.
        expire_time: when its use ends; None while no successor is known.
        last_delete_time: when a sealing key's seed goes at the latest, and 0 for the others. It
            never changes, because replay memory is kept for no longer.
    """

    kind: KeyKind
    public: bytes
    announce_time: int
    active_time: int
    expire_time: int | None = None
    last_delete_time: int = 0

    @property
    def key_id(self) -> bytes:
        """The first 16 bytes of the public key's SHA-256."""
        return key_id_of(self.public)

    def delete_time(self, now: int) -> int:
        """When a sealing key's seed goes, as far as is known at `now`; later never, earlier once.

        While the key is in use that is its last delete time; once it has expired, the grace later
        if that is sooner.
        """
        if self.expire_time is None or now < self.expire_time:
            return self.last_delete_time
        return min(self.last_delete_time, self.expire_time + SEALING_KEY_GRACE)

    def state(self, now: int) -> KeyState | None:
        """Pending, active or expired at `now`; None when it is gone."""
        if self.kind is KeyKind.SEALING and now >= self.delete_time(now):
            return None
        if now < self.active_time:
            return KeyState.PENDING
        if self.expire_time is None or now < self.expire_time:
            return KeyState.ACTIVE
        return KeyState.EXPIRED


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every key that is not gone, in the order announced."""

    keys: tuple[ScheduledKey, ...]

    def in_state(self, kind: KeyKind, state: KeyState, now: int) -> ScheduledKey | None:
        """The key of a kind that is pending or active at `now`; of neither is there ever a second."""
        found = (each for each in self.keys if each.kind is kind and each.state(now) is state)
        return next(found, None)

    def find(self, key_id: bytes) -> ScheduledKey | None:
        """The key of an id."""
        return next((each for each in self.keys if each.key_id == key_id), None)

    def present(self, now: int) -> tuple[ScheduledKey, ...]:
        """The keys that are not gone at `now`."""
        return tuple(each for each in self.keys if each.state(now) is not None)


def announce(  # noqa: PLR0913 - a key and its times
    schedule: Schedule,
    kind: KeyKind,
    public: bytes,
    *,
    now: int,
    active_time: int,
    seal_until: int,
) -> Schedule:
    """The schedule with a fresh key as the successor of the active one.

    A successor that was announced before and is still pending goes: nobody has used it. Where no
    key of the kind is active, the fresh one is at once.

    Args:
        schedule: as it is.
        kind: of the key.
        public: the fresh key.
        now: seconds since the epoch.
        active_time: when it takes over, `now` or later.
        seal_until: the end of the directory, after which nobody seals.
    """
    active = schedule.in_state(kind, KeyState.ACTIVE, now)
    last_delete_time = seal_until + SEALING_KEY_GRACE if kind is KeyKind.SEALING else 0
    begins = max(now, active_time) if active else now
    fresh = ScheduledKey(kind, public, now, begins, last_delete_time=last_delete_time)
    pending = schedule.in_state(kind, KeyState.PENDING, now)
    kept = (
        replace(each, expire_time=begins) if each is active else each
        for each in schedule.present(now)
        if each is not pending
    )
    return Schedule((*kept, fresh))


def refuse_second_successors(schedule: Schedule, kinds: Collection[KeyKind], now: int) -> None:
    """Returns when no key of these kinds waits to take over at `now`.

    A laptop may already know a key that waits, and an operator who announced it once and asks again
    wants to know that it is there: it is not replaced without a word.

    Raises:
        KeyFault: one waits.
    """
    waiting = [
        (kind, key) for kind in kinds if (key := schedule.in_state(kind, KeyState.PENDING, now))
    ]
    if waiting:
        said = ", ".join(
            f"{kind} key {key.key_id.hex()} ({_written(key.active_time)})" for kind, key in waiting
        )
        raise KeyFault(
            "a successor is pending already",
            f"Nothing was made, since a successor waits already, and takes over by itself: {said}. "
            "To have it take over now, retire the active key; to replace it, retire the one that "
            "waits and rotate again: kizashi-server keys retire ID --config FILE.",
        )


def retire(schedule: Schedule, key_id: bytes, *, now: int, delete: bool) -> Schedule:
    """The schedule with a key expired at once, and its pending successor active.

    With `delete` the key is gone at once instead: what was sealed to it is not opened any more, and
    what it signed does not verify. A pending key goes in either case, since nobody has used it.

    Raises:
        KeyFault: there is no such key, it has expired and is not to be deleted, or it is active and
            nothing is announced that could take its place.
    """
    key, state = present_key(schedule, key_id, now)
    if state is KeyState.EXPIRED and not delete:
        raise _refused("the key has expired already", "to delete it as well, add --now")
    others = [each for each in schedule.present(now) if each is not key]
    if state is KeyState.EXPIRED:
        return Schedule(tuple(others))
    if state is KeyState.PENDING:
        return Schedule(tuple(_in_use_again(each, key.kind, now) for each in others))
    successor = schedule.in_state(key.kind, KeyState.PENDING, now)
    if successor is None:
        raise _refused(
            f"it is the only {key.kind} key",
            f"first make another with: kizashi-server keys rotate --kind {key.kind} --config FILE",
        )
    ended = () if delete else (replace(key, expire_time=now),)
    begun = replace(successor, active_time=now)
    rest = (each for each in others if each is not successor)
    return Schedule((*rest, *ended, begun))


def present_key(schedule: Schedule, key_id: bytes, now: int) -> tuple[ScheduledKey, KeyState]:
    """The key of an id, and where it is in its life at `now`.

    Raises:
        KeyFault: there is no such key, or it is gone.
    """
    key = schedule.find(key_id)
    state = None if key is None else key.state(now)
    if key is None or state is None:
        raise _refused(
            f"no key has the id {key_id.hex()}",
            "it may be gone already, or be another server's. Those there are: "
            "kizashi-server keys list --config FILE",
        )
    return key, state


def with_keys(directory: Directory, schedule: Schedule, now: int) -> Directory:
    """The directory as it lists the keys of a schedule at `now`."""
    sealing, receipts, logs = [], [], []
    for key in schedule.keys:
        state = key.state(now)
        if state is None:
            continue
        match key.kind:
            case KeyKind.SEALING:
                public = SealingPublicKey(key.public)
                sealing.append(SealingKeyEntry(public, state, key.delete_time(now)))
            case KeyKind.RECEIPT:
                receipts.append(ReceiptKeyEntry(key.public, state))
            case KeyKind.LOG:
                logs.append(LogKeyEntry(key.public, state))
    return replace(
        directory,
        sealing_keys=tuple(sealing),
        receipt_keys=tuple(receipts),
        log_keys=tuple(logs),
    )


def seed_name(kind: KeyKind, key_id: bytes) -> str:
    """The file of a key's seed."""
    return f"{kind}-{key_id.hex()}.seed"


def seeds_needed(schedule: Schedule, now: int) -> frozenset[str]:
    """The seed files that are still used at `now`: sealing keys to open with, others to sign with."""
    return frozenset(
        seed_name(each.kind, each.key_id)
        for each in schedule.present(now)
        if each.kind is KeyKind.SEALING or each.state(now) is not KeyState.EXPIRED
    )


def _in_use_again(key: ScheduledKey, kind: KeyKind, now: int) -> ScheduledKey:
    if key.kind is kind and key.state(now) is KeyState.ACTIVE:
        return replace(key, expire_time=None)
    return key


def _written(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%MZ}"


def _refused(what: str, remedy: str) -> KeyFault:
    return KeyFault(what, f"{what[0].upper()}{what[1:]}; {remedy}.")
