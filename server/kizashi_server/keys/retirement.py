"""Which key an operator may retire, and what that does to checks and receipts, told before."""

from pathlib import Path

from kizashi_protocol.directory import KeyState

from kizashi_server.errors import KeyFault
from kizashi_server.keys.schedule_file import read_schedule
from kizashi_server.keys.states import KeyKind, ScheduledKey, present_key, retire


def key_to_retire(
    state: Path, key_id: bytes, *, now: int, delete: bool
) -> tuple[ScheduledKey, KeyState]:
    """The key of an id, and its state at `now`, if it may be retired; nothing is changed.

    Raises:
        KeyFault: it is a directory key or none, or as `key_states.retire`.
    """
    if any(path.stem == f"directory-{key_id.hex()}" for path in state.glob("directory-*.seed")):
        raise KeyFault(
            "a directory key is not retired",
            f"{key_id.hex()} is a directory key, which ends with its certificate or when another "
            "is installed. If somebody else may have got hold of it: kizashi-server keys request "
            "--config FILE, then root-certify where the root is, then: kizashi-server keys install "
            "CERTIFICATE --config FILE",
        )
    schedule = read_schedule(state)
    found = present_key(schedule, key_id, now)
    retire(schedule, key_id, now=now, delete=delete)
    return found


def what_retiring_does(kind: KeyKind, state: KeyState, *, delete: bool) -> str:
    """What comes of retiring a key, for whoever has to say yes; `delete` as in `retire`."""
    if state is KeyState.PENDING:
        return "Nobody has used this key yet. It goes, and the active one stays in use."
    if kind is KeyKind.SEALING:
        return _SEALING_DELETED if delete else _SEALING_EXPIRES
    return _SIGNING_DELETED if delete else _SIGNING_EXPIRES


_SEALING_EXPIRES = (
    "From now on laptops seal to its successor. What was sealed to it is still opened, for 7 days."
)
_SEALING_DELETED = (
    "Its seed is erased at once. A check that is on its way is refused, and its laptop seals it "
    "again to the key in use, by itself. An answer that has not reached its laptop yet cannot be "
    "fetched any more: that check has to be made again."
)
_SIGNING_EXPIRES = "It signs no more. What it signed still verifies."
_SIGNING_DELETED = (
    "It signs no more, and the directory lists it no more: what it signed verifies only by the "
    "older directory in a receipt's own file. A check that is on its way may have to be made again."
)
