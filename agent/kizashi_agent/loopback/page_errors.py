"""What can be wrong with a request of a page; no command ends with one of these."""

from collections.abc import Sequence
from typing import Any

from kizashi_agent.errors import AgentError


class BadRequest(AgentError):
    """A request that the page itself would not have made."""

    exit_code = 2

    def __init__(self, log: str) -> None:
        super().__init__(
            log,
            "The page sent something that cannot be read. Reload it and try again.",
            reason="BAD_REQUEST",
        )


class OutOfTurn(AgentError):
    """A step that does not come next; nothing was done."""

    exit_code = 2

    def __init__(self, step: str, stage: str) -> None:
        super().__init__(
            f"{step} does not come at {stage}",
            "This step does not come now, so nothing was done. Reload the page to see where you "
            "are.",
            reason="OUT_OF_TURN",
        )


def error_json(reason: str, message: str, reasons: Sequence[str] | None = None) -> dict[str, Any]:
    """What an answer says of a fault: every reason, where the recording gate had several."""
    described: dict[str, Any] = {"reason": reason, "message": message}
    if reasons is not None:
        described["reasons"] = list(reasons)
    return {"error": described}
