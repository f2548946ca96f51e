"""One look at a server's log: seen to continue, remembered, signed. Or not signed, and said why."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kizashi_protocol import Invite, SigningKey, WitnessedHead, cosign

from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import TrustBroken
from kizashi_agent.submit.log_trust import LogForked
from kizashi_agent.submit.trust import Connection


@dataclass(frozen=True, slots=True)
class Observed:
    """A head the witness signed.

    Attributes:
        token: the co-signed head, to be published.
    """

    witnessed: WitnessedHead
    token: str


def observe(
    invite: Invite,
    connect: Callable[[Invite], Connection],
    state: DeviceState,
    key: SigningKey,
    now: int,
) -> Observed:
    """Looks at the log once, and signs its newest head if it continues all that was seen before.

    The head is remembered before it is signed: a witness never signs what its next look would not
    be held against.

    Args:
        invite: leads to the server and pins its root.
        connect: verifies everything, the log against `state` too.
        state: remembers the newest head.
        key: the witness's.
        now: seconds since the epoch.

    Raises:
        TrustBroken: nothing was signed; with reason LOG_SHRUNK or LOG_INCONSISTENT the two heads
            are kept in the state's folder as evidence.
        ServerUnreachable: nobody answers.
    """
    root = invite.root_fingerprint
    try:
        connection = connect(invite)
    except LogForked as error:
        raise _refused(error, invite, state, now) from None
    state.remember_directory_version(root, connection.directory.version)
    state.remember_log_head(root, connection.log)
    witnessed = WitnessedHead(root, connection.log.head, connection.log.token, now)
    return Observed(witnessed, cosign(witnessed, key))


def _refused(error: LogForked, invite: Invite, state: DeviceState, now: int) -> TrustBroken:
    path = state.folder / f"fork-{now}.json"
    evidence = {
        "root": invite.root_fingerprint.hex(),
        "address": invite.address,
        "reason": error.reason,
        "seen_head": error.seen,
        "shown_head": error.shown,
        "time": now,
    }
    replace_text(path, json.dumps(evidence, indent=1) + "\n")
    return TrustBroken(
        error.log,
        f"THE LOG OF {invite.address} IS NOT WHAT IT WAS ({error.reason}): the head it shows now "
        f"does not continue the one it showed before. Nothing was signed. Both heads, each with "
        f"the server's signature, are in {path}: publish that file, and ask who runs the server.",
        reason=error.reason,
    )


def replace_text(path: Path, text: str) -> None:
    """Puts a file of ASCII text in the place of another: whoever reads finds one of them, whole."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(text, "ascii")
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    beside.replace(path)
