"""The HTTP status of a fault, and its JSON: for a person, and nothing of what was measured."""

from typing import Any

from kizashi_protocol import MalformedInvite

from kizashi_agent.edge import described
from kizashi_agent.errors import (
    AgentError,
    InputError,
    RecordingRefused,
    ServerRefused,
    ServerUnreachable,
    TrustBroken,
)
from kizashi_agent.loopback.page_errors import BadRequest, error_json


def error_answer(error: Exception) -> tuple[int, dict[str, Any]]:
    """Status and body; every reason, where the recording gate had several."""
    reason, message, _ = described(error)
    reasons = error.reasons if isinstance(error, RecordingRefused) else None
    return _status(error), error_json(reason, message, reasons)


def _status(error: Exception) -> int:
    match error:
        case BadRequest() | InputError() | MalformedInvite():
            return 400
        case ServerUnreachable() | ServerRefused() | TrustBroken():
            return 502
        case AgentError():
            return 409
        case _:
            return 500
