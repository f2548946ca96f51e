"""What `keys list` shows: each key, where it is in its life, since when and until when."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from kizashi_protocol.directory import KeyState
from kizashi_protocol.keys import key_id_of
from kizashi_protocol.v1 import directory_pb2

from kizashi_server.directory.published import Published
from kizashi_server.keys.files import read_private
from kizashi_server.keys.seed_cipher import is_sealed
from kizashi_server.keys.states import KeyKind, Schedule, ScheduledKey


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it is listed; times in seconds since the epoch.

    Attributes:
        kind: "directory", "sealing", "receipt" or "log".
        id: hexadecimal.
        state: "pending", "active" or "expired".
        since: when this state began.
        until: when it ends: pending becomes active, active expires, expired is deleted. None where
            no end is known, or it stays listed for good.
    """

    kind: str
    id: str
    state: str
    since: int
    until: int | None


def rows_of(schedule: Schedule, published: Published, now: int) -> tuple[KeyRow, ...]:
    """Every key that is not gone at `now`, the directory key first."""
    return (
        _directory_row(published, now),
        *(
            _row(key, state, now)
            for key in sorted(schedule.keys, key=lambda each: list(KeyKind).index(each.kind))
            if (state := key.state(now)) is not None
        ),
    )


def as_table(rows: Sequence[KeyRow]) -> str:
    """The rows as lines of text, under a heading."""
    heading = ("kind", "id", "state", "since", "until")
    lines = [heading] + [
        (each.kind, each.id, each.state, _written(each.since), _written(each.until))
        for each in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def as_json(rows: Sequence[KeyRow], published: Published, clear: Sequence[str]) -> str:
    """The rows as JSON, with the directory's version and end, and the seeds in the clear."""
    return json.dumps(
        {
            "directory_version": published.directory.version,
            "directory_expire_time": published.directory.expire_time,
            "seeds_in_the_clear": list(clear),
            "keys": [asdict(each) for each in rows],
        },
        indent=1,
    )


def seeds_in_the_clear(state: Path) -> tuple[str, ...]:
    """The names of the seed files in a directory that are not encrypted.

    Raises:
        KeyFault: one cannot be read, or is open to other accounts.
    """
    return tuple(
        path.name for path in sorted(state.glob("*.seed")) if not is_sealed(read_private(path))
    )


def _row(key: ScheduledKey, state: KeyState, now: int) -> KeyRow:
    since, until = {
        KeyState.PENDING: (key.announce_time, key.active_time),
        KeyState.ACTIVE: (key.active_time, key.expire_time),
        KeyState.EXPIRED: (key.expire_time or 0, None),
    }[state]
    if state is KeyState.EXPIRED and key.kind is KeyKind.SEALING:
        until = key.delete_time(now)
    return KeyRow(str(key.kind), key.key_id.hex(), str(state), since, until)


def _directory_row(published: Published, now: int) -> KeyRow:
    certificate = directory_pb2.DirectoryKeyCertificate.FromString(published.signed.certificate)
    expired = now >= certificate.expire_time
    return KeyRow(
        "directory",
        key_id_of(certificate.directory_public_key).hex(),
        str(KeyState.EXPIRED if expired else KeyState.ACTIVE),
        certificate.expire_time if expired else certificate.start_time,
        None if expired else certificate.expire_time,
    )


def _written(seconds: int | None) -> str:
    return "-" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%MZ}"
