"""Takes back with the recovery code everything that was given to a programme, from any laptop."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from kizashi_protocol import STANDING, Invite, ReceiptBundle, Scope

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.recovery_code import parse_code
from kizashi_agent.device.state_folder import put_in_place
from kizashi_agent.errors import AgentError
from kizashi_agent.submit.scope_requests import recover_scope

RECOVERED = (*STANDING, Scope.SCORE)
"""What a code reaches: each consent that outlasts a check, and every check with what is left of it
for a counsellor. Checks come last: they have to be searched for, which others may keep waiting."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """A scope that was taken back.

    Attributes:
        receipt: the server's signed statement, with what it takes to verify it offline.
        file: where it was written, if the person named a folder.
    """

    scope: Scope
    receipt: ReceiptBundle = field(repr=False)
    file: Path | None


@dataclass(frozen=True, slots=True)
class RecoveryOutcome:
    """What was taken back, and what stopped the rest.

    Attributes:
        fault: the first, if there was one; each scope was asked for all the same.
    """

    invite: Invite
    erased: tuple[Recovered, ...]
    fault: AgentError | None


def recover(
    text: str, invite: Invite, surroundings: Surroundings, receipts: Path | None = None
) -> RecoveryOutcome:
    """Takes back all that a recovery code reaches, and leaves nothing on this laptop but receipts.

    What is on record here is somebody else's, or was the person's own: neither is touched.

    Args:
        text: the code as it was typed.
        invite: to the programme.
        surroundings: of the command.
        receipts: a folder for the receipts, made if it is not there; None to keep none.

    Raises:
        AgentError: the code is mistyped, or the server cannot be reached.
        OSError: the folder cannot be written to.
    """
    code = parse_code(text)
    if receipts is not None:
        # Before anything is sent: receipts without a folder would be lost.
        receipts.mkdir(mode=0o700, parents=True, exist_ok=True)
    alone = surroundings.without_account(invite)
    exchanger = alone.exchanger(alone.connect(invite))
    erased: list[Recovered] = []
    fault: AgentError | None = None
    for scope in RECOVERED:
        try:
            receipt = recover_scope(code, scope, exchanger, surroundings.locale)
        except AgentError as error:
            fault = fault or error
            continue
        if receipt is None:
            continue
        file = None
        if receipts is not None:
            file = receipts / _name(scope, receipt)
            put_in_place(file, file.with_suffix(".half-written"), receipt.to_text().encode())
        erased.append(Recovered(scope, receipt, file))
    return RecoveryOutcome(invite, tuple(erased), fault)


def _name(scope: Scope, receipt: ReceiptBundle) -> str:
    return f"erasure-{scope}-{hashlib.sha256(receipt.token.encode()).hexdigest()[:16]}.json"
