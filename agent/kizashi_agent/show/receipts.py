"""A verified receipt on a terminal, and as JSON: what it says, and what that shows."""

from typing import Any

from kizashi_protocol import ConsentReceipt, ErasureReceipt, Locale, Scope, VerifiedReceipt
from rich.console import Console
from rich.text import Text

from kizashi_agent.commands.verify import Verification
from kizashi_agent.show.layout import WIDEST, print_padded
from kizashi_agent.words import minute, say


def show_verification(console: Console, locale: Locale, verification: Verification) -> None:
    """Prints what a receipt says, that it holds, where it stands in the log, and what is not shown."""
    verified = verification.verified
    head = verified.head
    width = min(console.width, WIDEST)
    console.print(Text(say(locale, "receipt_holds"), style="bold"), width=width)
    lines = [_said(locale, verified)]
    lines.append(
        say(
            locale,
            "receipt_logged",
            index=verified.leaf_index,
            size=head.size,
            date=minute(head.time),
        )
    )
    lines.append(say(locale, "receipt_root", root=verified.directory.root_fingerprint.hex()))
    lines.append(say(locale, f"in_log_{verification.in_log or 'none'}"))
    shown = verification.coverage
    lines.append(say(locale, f"witness_{shown}" if shown else "witness_none"))
    for line in lines:
        print_padded(console, line)
    console.print(Text(say(locale, "receipt_limits"), style="dim"), width=width)


def verification_json(verification: Verification) -> dict[str, Any]:
    """The same for scripts; times in seconds since the epoch."""
    verified = verification.verified
    return {
        "holds": True,
        "receipt": _fields(verified.receipt),
        "root": verified.directory.root_fingerprint.hex(),
        "log": {
            "leaf_index": verified.leaf_index,
            "size": verified.head.size,
            "tree_root": verified.head.root.hex(),
            "time": verified.head.time,
        },
        "in_published_log": None if verification.in_log is None else str(verification.in_log),
        "witness": None if verification.coverage is None else str(verification.coverage),
    }


def _fields(receipt: ConsentReceipt | ErasureReceipt) -> dict[str, Any]:
    if isinstance(receipt, ErasureReceipt):
        return {
            "kind": "erasure",
            "programme_id": receipt.programme_id,
            "report_id": None if receipt.report_id is None else receipt.report_id.hex(),
            "scope": None if receipt.scope is None else str(receipt.scope),
            "erased_time": receipt.erased_time,
            "backup_days": receipt.backup_days,
        }
    consent = receipt.consent
    return {
        "kind": "consent",
        "scope": str(consent.scope),
        "programme_id": consent.terms.programme_id,
        "owner": consent.terms.owner,
        "scoring_operator": consent.terms.scoring_operator,
        "given_time": consent.given_time,
        "received_time": receipt.received_time,
        "expire_time": consent.expire_time,
    }


def _erasure_words(receipt: ErasureReceipt) -> str:
    match receipt.scope:
        case None:
            return "receipt_erasure"
        case Scope.SHARE:
            return "receipt_erasure_share"
        case Scope.SCORE:
            return "receipt_erasure_checks"
        case _:
            return "receipt_erasure_scope"


def _said(locale: Locale, verified: VerifiedReceipt) -> str:
    receipt = verified.receipt
    if isinstance(receipt, ErasureReceipt):
        programme = verified.directory.programme(receipt.programme_id)
        scope = receipt.scope and say(locale, f"scope_{receipt.scope}")
        return say(
            locale,
            _erasure_words(receipt),
            operator=programme.scoring_operator,
            report=receipt.report_id and receipt.report_id.hex(),
            scope=scope,
            programme=programme.display_name,
            date=minute(receipt.erased_time),
            days=receipt.backup_days,
        )
    terms = receipt.consent.terms
    return say(
        locale,
        "receipt_consent",
        scope=say(locale, f"scope_{receipt.consent.scope}"),
        programme=terms.display_name,
        owner=terms.owner,
        operator=terms.scoring_operator,
        given=minute(receipt.consent.given_time),
        received=minute(receipt.received_time),
        until=minute(receipt.consent.expire_time),
    )
