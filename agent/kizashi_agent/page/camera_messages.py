"""The texts of the camera's socket and the codes that it closes with."""

import json
from typing import Any

from kizashi_agent.errors import AgentError, InputError, RecordingRefused
from kizashi_agent.page.recording import Interruption, Live, ends_at, phase

MEASURED_CODE = 1000
"""A socket closes with this after "measured": there is nothing more to do."""

UNREADABLE_CODE = 4000
"""After a message that the page would not have sent."""

MOVED_CODE = 4001
"""Another tab took over."""

NOT_ADMITTED_CODE = 4003
"""The first message did not open it."""

_LONGEST = 1024  # characters
_PAGE_MAY_SAY = {Interruption.STOPPED, Interruption.HIDDEN, Interruption.UNPLUGGED}


def read_text(text: object) -> dict[str, Any]:
    """A text message of the page.

    Raises:
        InputError: MESSAGE_MALFORMED, it is no short JSON object.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise not_understood()
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise not_understood() from None
    if not isinstance(message, dict):
        raise not_understood()
    return message


def read_stop(message: dict[str, Any]) -> Interruption:
    """Why the page stops a recording.

    Raises:
        InputError: MESSAGE_MALFORMED, that is none of its reasons.
    """
    reason = message.get("reason", Interruption.STOPPED)
    for each in _PAGE_MAY_SAY:
        if each == reason:
            return each
    raise not_understood()


def phase_text(state: Live) -> dict[str, Any]:
    """What the person is doing, and until when on the camera's clock."""
    return {"type": "phase", "phase": phase(state), "ends_at": ends_at(state)}


def error_text(error: AgentError) -> dict[str, Any]:
    """What was asked for and not done, and why."""
    return {"type": "error", "reason": error.reason, "message": error.person}


def refused_text(error: RecordingRefused) -> dict[str, Any]:
    """Why a recording is not fit."""
    return error_text(error) | {"type": "refused", "reasons": list(error.reasons)}


def not_understood() -> InputError:
    """A message that is none of the page's."""
    return InputError(
        "a message of the page cannot be read",
        "The page sent something that cannot be read. Reload it and try again.",
        reason="MESSAGE_MALFORMED",
    )
