"""The recovery code: as a person writes it down, and when they are shown it.

It is written in base 32 (RFC 4648) in groups, with a check.

Thirty-two letters say the code, four more guard against a slip of the pen. Groups may be parted by
anything that is no letter, and capitals do not matter; 0 and 1, which base 32 does not have, are
read as O and I.
"""

import base64
import binascii
import hashlib

from kizashi_agent.device.device_state import CODE_SHOWN_FILE, DeviceState
from kizashi_agent.device.participant import RECOVERY_CODE_BYTES, recovery_code
from kizashi_agent.errors import AgentError

_GROUP = 4
_CHECK_LETTERS = 4
_CODE_LETTERS = RECOVERY_CODE_BYTES * 8 // 5
_CHECK_LABEL = b"kizashi/v1 recovery code check"


class RecoveryCodeMistyped(AgentError):
    """A recovery code that cannot have been printed."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "a recovery code does not pass its check",
            "This is no recovery code: it has nine groups of four letters and digits, and one of "
            "them is mistyped. Nothing was sent. Compare it with what you wrote down.",
            reason="RECOVERY_CODE_MISTYPED",
        )


def written_code(code: bytes) -> str:
    """The code (20 bytes) in nine groups of four, such as "ABCD-EFGH-..."."""
    letters = base64.b32encode(code).decode() + _check(code)
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def parse_code(text: str) -> bytes:
    """What `written_code` was given.

    Raises:
        RecoveryCodeMistyped: a letter is missing, too many or another one.
    """
    letters = "".join(each for each in text.upper() if each.isalnum())
    letters = letters.replace("0", "O").replace("1", "I")
    if len(letters) != _CODE_LETTERS + _CHECK_LETTERS:
        raise RecoveryCodeMistyped
    try:
        code = base64.b32decode(letters[:_CODE_LETTERS])
    except (binascii.Error, ValueError):
        raise RecoveryCodeMistyped from None
    if _check(code) != letters[_CODE_LETTERS:]:
        raise RecoveryCodeMistyped
    return code


def code_to_show(state: DeviceState) -> str | None:
    """The code as it is written down, once: at the first consent that was given on this laptop.

    None before, afterwards, and without an account. Errors as `DeviceState.seed`.
    """
    if not has_unseen_code(state):
        return None
    with state.files.sole():
        code = unseen_code(state)
        if code is not None:
            state.write(state.folder / CODE_SHOWN_FILE, b"")
        return code


def has_unseen_code(state: DeviceState) -> bool:
    """Whether consent was given on this laptop, and nobody has seen the code that goes with it."""
    shown = state.folder / CODE_SHOWN_FILE
    return state.lasting and state.has_given() and state.files.read(shown) is None


def unseen_code(state: DeviceState) -> str | None:
    """The code as it is written down, until `code_was_seen`; None and errors as `code_to_show`."""
    return written_code(recovery_code(state.seed())) if has_unseen_code(state) else None


def code_was_seen(state: DeviceState) -> None:
    """The person has the code; it is not shown again."""
    if not has_unseen_code(state):
        return
    with state.files.sole():
        state.write(state.folder / CODE_SHOWN_FILE, b"")


def _check(code: bytes) -> str:
    digest = hashlib.sha256(_CHECK_LABEL + code).digest()
    return base64.b32encode(digest).decode()[:_CHECK_LETTERS]
