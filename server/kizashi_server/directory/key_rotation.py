"""Rotates, retires and deletes the keys of a state directory.

Each step is written so that a crash after any file leaves a server that starts: first the fresh
seeds, then the schedule, then the directory, and only then are seeds erased. What is in the
schedule and not yet in the directory is signed at the next start.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kizashi_server.directory.published import (
    Published,
    read_dated,
    read_published,
    sign_if_changed,
)
from kizashi_server.directory.recipient_files import kept_recipients
from kizashi_server.keys.files import erase, locked, write_seed
from kizashi_server.keys.ring import Random, public_key_of
from kizashi_server.keys.schedule_file import read_schedule, write_schedule
from kizashi_server.keys.seed_cipher import SEED_BYTES, SeedCipher
from kizashi_server.keys.states import (
    KeyKind,
    Schedule,
    announce,
    refuse_second_successors,
    retire,
    seed_name,
    seeds_needed,
    with_keys,
)

_KINDS = "|".join(KeyKind)
_SEED_NAME = re.compile(rf"(?:{_KINDS})-[0-9a-f]{{32}}\.seed(?:\.new)?")


def rotate(  # noqa: PLR0913 - what, when, and the world
    state: Path,
    kinds: Sequence[KeyKind],
    *,
    now: int,
    announce_seconds: int,
    random: Random,
    cipher: SeedCipher | None,
) -> Schedule:
    """Makes a successor for the active key of each kind, listed now and active later.

    Args:
        state: the state directory.
        kinds: which keys.
        now: seconds since the epoch.
        announce_seconds: how long the successor is pending; 0 makes it active at once.
        random: gives that many unpredictable bytes.
        cipher: what seeds are encrypted with.

    Raises:
        KeyFault: a file is missing, damaged or expired, the disk refuses, or a successor of one of
            these kinds is pending already; nothing is made then.
    """
    with locked(state):
        published, schedule = read_dated(state, now), read_schedule(state)
        refuse_second_successors(schedule, kinds, now)
        for kind in kinds:
            schedule = with_successor(
                state,
                schedule,
                kind,
                now=now,
                active_time=now + announce_seconds,
                seal_until=published.directory.expire_time,
                random=random,
                cipher=cipher,
            )
        _apply(state, published, schedule, now, cipher)
        return schedule


def with_successor(  # noqa: PLR0913 - as `announce`, and the world
    state: Path,
    schedule: Schedule,
    kind: KeyKind,
    *,
    now: int,
    active_time: int,
    seal_until: int,
    random: Random,
    cipher: SeedCipher | None,
) -> Schedule:
    """Writes the seed of a fresh key and announces it; see `key_states.announce`.

    Raises:
        KeyFault: the disk refuses.
    """
    seed = random(SEED_BYTES)
    fresh = announce(
        schedule,
        kind,
        public_key_of(kind, seed),
        now=now,
        active_time=active_time,
        seal_until=seal_until,
    )
    write_seed(state / seed_name(kind, fresh.keys[-1].key_id), seed, cipher)
    return fresh


def retire_key(
    state: Path, key_id: bytes, *, now: int, delete: bool, cipher: SeedCipher | None
) -> Schedule:
    """Ends the use of a key at once; see `key_states.retire`.

    Raises:
        KeyFault: the key may not be retired, or as `rotate`.
    """
    with locked(state):
        published = read_dated(state, now)
        schedule = retire(read_schedule(state), key_id, now=now, delete=delete)
        _apply(state, published, schedule, now, cipher)
        return schedule


def refresh(state: Path, now: int, cipher: SeedCipher | None) -> Published:
    """The directory as it should stand now: signed anew if a key's turn or a recipient has come.

    Raises:
        KeyFault: as `rotate`; also when the directory is older than one published before, or a
            recipient does not hold.
    """
    with locked(state):
        published, schedule = read_published(state, now), read_schedule(state)
        recipients = kept_recipients(state, published.signed.root_public_key, now)
        listing = replace(published.directory, recipients=recipients)
        wanted = with_keys(listing, schedule, now)
        return sign_if_changed(state, published, wanted, now, cipher)


def delete_due(state: Path, now: int) -> tuple[str, ...]:
    """Erases every seed whose key is gone or needs none, and takes gone keys off the schedule.

    Returns:
        The names of the files erased.

    Raises:
        KeyFault: the schedule cannot be read, or a file resists.
    """
    with locked(state):
        return _delete_due(state, read_schedule(state), now)


def _apply(
    state: Path, published: Published, schedule: Schedule, now: int, cipher: SeedCipher | None
) -> None:
    write_schedule(state, schedule)
    wanted = with_keys(published.directory, schedule, now)
    sign_if_changed(state, published, wanted, now, cipher)
    _delete_due(state, schedule, now)


def _delete_due(state: Path, schedule: Schedule, now: int) -> tuple[str, ...]:
    present = Schedule(schedule.present(now))
    if present != schedule:
        write_schedule(state, present)
    needed = seeds_needed(present, now)
    due = sorted(
        path.name
        for path in state.iterdir()
        if _SEED_NAME.fullmatch(path.name) and path.name not in needed
    )
    for name in due:
        erase(state / name)
    return tuple(due)
