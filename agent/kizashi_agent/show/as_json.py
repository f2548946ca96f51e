"""What a script reads: the same outcomes as JSON."""

import dataclasses
import json
from datetime import date, timedelta
from typing import Any

from kizashi_protocol import Feedback, Invite, Summary, TrendEntry, read_consent

from kizashi_agent.commands.cancel_shares import CancelOutcome
from kizashi_agent.commands.check import Sent
from kizashi_agent.commands.consent import GivenConsent, ScopesWithdrawn
from kizashi_agent.commands.doctor import Finding
from kizashi_agent.commands.recovery import RecoveryOutcome
from kizashi_agent.commands.send import SendOutcome
from kizashi_agent.commands.withdraw import WithdrawalOutcome
from kizashi_agent.errors import RecordingRefused
from kizashi_agent.extract import ExtractOutcome
from kizashi_agent.landmarks import LANDMARK_COUNT
from kizashi_agent.show.showing import figure_names
from kizashi_agent.submit.standing import Life, StandingConsent


def check_json(
    feedback: Feedback, sent: Sent | None, summary: Summary, frames: int, warnings: tuple[str, ...]
) -> dict[str, Any]:
    """A check that gave feedback; `sent` is None when it was scored on the device."""
    return {
        "feedback": dataclasses.asdict(feedback),
        "scored_by": "device" if sent is None else "server",
        "sent": None if sent is None else _sent(sent, summary),
        "not_sent": {"frames": frames, "landmarks_per_frame": LANDMARK_COUNT},
        "warnings": list(warnings),
    }


def withdrawal_json(outcome: WithdrawalOutcome) -> dict[str, Any]:
    """What was withdrawn and what was not."""
    return {
        "withdrawn": [
            {
                "report_id": each.check.report_id.hex(),
                "address": each.check.invite.address,
                "receipt": None if each.receipt is None else str(each.receipt),
            }
            for each in outcome.withdrawn
        ],
        "failed": [
            {
                "report_id": check.report_id.hex(),
                "address": check.invite.address,
                "reason": error.reason,
                "message": error.person,
            }
            for check, error in outcome.failed
        ],
        "damaged": [
            {"path": str(each.path), "reason": each.reason, "message": each.person}
            for each in outcome.damaged
        ],
        "ledger": outcome.ledger,
        "ledger_cleared": outcome.cleared,
        "thrown_away": outcome.thrown_away,
    }


def late_json(outcome: SendOutcome) -> dict[str, Any]:
    """What had waited and was sent, and what was not."""
    return {
        "sent": [
            {"address": each.address, "feedback": dataclasses.asdict(each.feedback)}
            for each in outcome.sent
        ],
        "failed": [{"reason": each.reason, "message": each.person} for each in outcome.failed],
    }


def scopes_json(outcome: ScopesWithdrawn) -> dict[str, Any]:
    """Which scopes were taken back and which were not."""
    return {
        "scopes": [
            {"scope": each.scope, "address": each.invite.address, "receipt": str(each.receipt)}
            for each in outcome.erased
        ],
        "scopes_failed": [
            {
                "scope": scope,
                "address": invite.address,
                "reason": error.reason,
                "message": error.person,
            }
            for scope, invite, error in outcome.failed
        ],
        "scopes_damaged": [
            {"reason": each.reason, "message": each.person} for each in outcome.damaged
        ],
        "scopes_thrown_away": outcome.thrown_away,
    }


def consents_json(given: list[tuple[StandingConsent, Life]]) -> dict[str, Any]:
    """What was given on this laptop; times in seconds since the epoch."""
    return {"consents": [_standing(consent, life) for consent, life in given]}


def given_json(given: GivenConsent) -> dict[str, Any]:
    """A standing consent that was given; the recovery code is there the first time."""
    return {"given": _standing(given.consent, Life.HOLDS), "recovery_code": given.code}


def trend_json(entries: tuple[TrendEntry, ...]) -> dict[str, Any]:
    """A trend, the oldest entry first; `band` is null where the answer was "cannot tell"."""
    return {
        "trend": [
            dataclasses.asdict(each)
            | {"day": (date(1970, 1, 1) + timedelta(days=each.day)).isoformat()}
            for each in entries
        ]
    }


def cancelled_json(outcome: CancelOutcome) -> dict[str, Any]:
    """Of which checks nothing waits for a counsellor any more, and of which something may."""
    return {
        "taken_back": [
            {
                "report_id": each.check.report_id.hex(),
                "address": each.check.invite.address,
                "receipt": None if each.receipt is None else str(each.receipt),
            }
            for each in outcome.taken_back
        ],
        "failed": [
            {
                "report_id": check.report_id.hex(),
                "address": check.invite.address,
                "reason": error.reason,
                "message": error.person,
            }
            for check, error in outcome.failed
        ],
        "damaged": [
            {"path": str(each.path), "reason": each.reason, "message": each.person}
            for each in outcome.damaged
        ],
    }


def fetched_json(feedback: Feedback, origin: Invite) -> dict[str, Any]:
    """A feedback that was shared, and where its code led."""
    return {
        "origin": {
            "address": origin.address,
            "programme_id": origin.programme_id,
            "root": origin.root_fingerprint.hex(),
        },
        "feedback": dataclasses.asdict(feedback),
    }


def recovery_json(outcome: RecoveryOutcome) -> dict[str, Any]:
    """What a recovery code took back; `receipt` is the receipt itself where no file has it."""
    fault = outcome.fault
    return {
        "address": outcome.invite.address,
        "erased": [
            {
                "scope": each.scope,
                "file": None if each.file is None else str(each.file),
                "receipt": json.loads(each.receipt.to_text()) if each.file is None else None,
            }
            for each in outcome.erased
        ],
        "failed": None if fault is None else {"reason": fault.reason, "message": fault.person},
    }


def findings_json(findings: list[Finding]) -> dict[str, Any]:
    """What doctor found; `holds` is null where something could not be looked at."""
    return {"findings": [dataclasses.asdict(each) for each in findings]}


def extract_json(outcome: ExtractOutcome) -> dict[str, Any]:
    """How each recording ended."""
    return {
        "extractor_id": outcome.extractor_id,
        "mode": outcome.mode,
        "neutral": None if outcome.neutral is None else dataclasses.asdict(outcome.neutral),
        "recordings": [
            dataclasses.asdict(each) | {"video": str(each.video), "table": str(each.table)}
            for each in outcome.clips
        ],
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
        "withdrawable": sent.account,
        "figures": figure_names(summary),
        "receipts": list(submitted.receipts),
        "receipt_files": [str(each) for each in submitted.receipt_files if sent.account],
        "consents": [str(read_consent(token).scope) for token in submitted.consents],
    }


def _standing(consent: StandingConsent, life: Life) -> dict[str, Any]:
    record = consent.record
    return {
        "scope": str(record.scope),
        "address": consent.invite.address,
        "programme_id": record.terms.programme_id,
        "life": life.name.lower(),
        "given_time": record.given_time,
        "expire_time": record.expire_time,
    }
