"""What a script reads: the same outcomes as JSON."""

import dataclasses
from typing import Any

from kizashi_protocol import Feedback, Summary

from kizashi_agent.errors import RecordingRefused
from kizashi_agent.show.showing import LANDMARKS, Sent, figure_names


def check_json(
    feedback: Feedback, sent: Sent | None, summary: Summary, frames: int, warnings: list[str]
) -> dict[str, Any]:
    """A check that gave feedback; `sent` is None when it was scored on the device."""
    return {
        "feedback": dataclasses.asdict(feedback),
        "scored_by": "device" if sent is None else "server",
        "sent": None if sent is None else _sent(sent, summary),
        "not_sent": {"frames": frames, "landmarks_per_frame": LANDMARKS},
        "warnings": warnings,
    }


def error_json(reason: str, message: str, exit_code: int, error: Exception) -> dict[str, Any]:
    """An error, with every reason of the recording gate."""
    described: dict[str, Any] = {"reason": reason, "message": message, "exit_code": exit_code}
    if isinstance(error, RecordingRefused):
        described["reasons"] = list(error.reasons)
    return {"error": described}


def _sent(sent: Sent, summary: Summary) -> dict[str, Any]:
    submitted = sent.submitted
    return {
        "address": sent.address,
        "programme_id": sent.programme.programme_id,
        "report_id": submitted.report_id.hex(),
        "sent_bytes": submitted.sent_bytes,
        "received_bytes": submitted.received_bytes,
        "acknowledged": submitted.acknowledged,
        "figures": figure_names(summary),
        "receipts": list(submitted.receipts),
    }
