"""The schedule of keys on disk: `keys.json` in the state directory, public keys and times."""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import read_private, replace_file
from kizashi_server.keys.states import KeyKind, Schedule, ScheduledKey

SCHEDULE_NAME = "keys.json"

_PUBLIC_BYTES = {KeyKind.SEALING: 1216, KeyKind.RECEIPT: 32, KeyKind.LOG: 32}


def schedule_json(schedule: Schedule) -> bytes:
    """A schedule as the file holds it; `read_schedule` gives back an equal one."""
    rows = [
        {
            "kind": str(each.kind),
            "id": each.key_id.hex(),
            "announce_time": each.announce_time,
            "active_time": each.active_time,
            "expire_time": each.expire_time,
            "last_delete_time": each.last_delete_time,
            "public": b64encode(each.public).decode(),
        }
        for each in schedule.keys
    ]
    return json.dumps({"keys": rows}, indent=1).encode()


def write_schedule(state: Path, schedule: Schedule) -> None:
    """Puts a schedule in the place of the one before; errors as `replace_file`."""
    replace_file(state / SCHEDULE_NAME, schedule_json(schedule))


def read_schedule(state: Path) -> Schedule:
    """The schedule of a state directory.

    Raises:
        KeyFault: it is missing, open to other accounts or damaged.
    """
    path = state / SCHEDULE_NAME
    try:
        rows = json.loads(read_private(path))["keys"]
        return Schedule(tuple(map(_key, rows)))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise KeyFault(
            f"{path} is damaged",
            f"{path} is damaged. Put back the file and directory.signed as they were together, or "
            "make a new state directory: kizashi-server init --help tells how.",
        ) from None


def _key(row: dict[str, Any]) -> ScheduledKey:
    kind = KeyKind(row["kind"])
    public = b64decode(row["public"], validate=True)
    expire_time = row["expire_time"]
    key = ScheduledKey(
        kind,
        public,
        _seconds(row["announce_time"]),
        _seconds(row["active_time"]),
        None if expire_time is None else _seconds(expire_time),
        _seconds(row["last_delete_time"]),
    )
    if len(public) != _PUBLIC_BYTES[kind] or key.key_id.hex() != row["id"]:
        raise ValueError("a key of another length or id")
    return key


def _seconds(value: object) -> int:
    # bool is an int to Python, and to it alone.
    if type(value) is not int or value < 0:
        raise ValueError("a time was expected")
    return value
