"""Submits a check: consents signed, summary sealed, reply opened, receipts kept."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from kizashi_protocol import (
    Acknowledged,
    Acknowledgement,
    Check,
    Directory,
    Erased,
    Feedback,
    InvalidConsent,
    Locale,
    ReceiptBundle,
    Scope,
    SigningKey,
    Summary,
    Withdrawal,
    read_erasure,
    read_receipt,
)
from kizashi_protocol.context import REPORT_ID_BYTES

from kizashi_agent.errors import AgentError, ServerRefused, TrustBroken
from kizashi_agent.submit.consents import Agreement, SignedConsents, sign_agreement
from kizashi_agent.submit.device_state import SentCheck
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.participant import participant_key


@dataclass(frozen=True, slots=True)
class Submitted:
    """A check that was answered.

    Attributes:
        report_id: 16 bytes.
        feedback: for the person alone.
        receipts: consents, countersigned.
        sent_bytes: size of the sealed report.
        received_bytes: size of the sealed reply.
        acknowledged: the server was told to drop its sealed copy of the reply.
        receipt_files: the receipts with what it takes to verify them offline.
    """

    report_id: bytes
    feedback: Feedback = field(repr=False)
    receipts: tuple[str, ...] = field(repr=False)
    sent_bytes: int
    received_bytes: int
    acknowledged: bool
    receipt_files: tuple[Path, ...]


def submit_check(summary: Summary, agreement: Agreement, exchanger: Exchanger) -> Submitted:
    """Sends one check and returns its feedback.

    Raises:
        AgentError: as `Exchanger.exchange`; `TrustBroken` also when a receipt does not hold.
    """
    connection, state = exchanger.connection, exchanger.state
    report_id = exchanger.random_bytes(REPORT_ID_BYTES)
    now = exchanger.now()
    terms = connection.programme.terms(connection.invite.root_fingerprint)
    consents = sign_agreement(agreement, state.seed(), terms, report_id=report_id, now=now)
    # Kept before sending, so that a check whose reply is lost can still be withdrawn.
    sent = SentCheck(report_id, connection.invite, now)
    state.remember_check(sent)
    state.remember_invite(connection.invite)
    answer = exchanger.exchange(
        Check(consents.tokens, connection.programme.scorer_id, summary),
        consents.keys,
        locale=agreement.locale,
        report_id=report_id,
    )
    feedback = answer.reply.outcome
    if not isinstance(feedback, Feedback):
        raise ServerRefused(
            "the server returned no feedback",
            "The server returned no feedback on this check. Tell your site's contact.",
            reason="NO_FEEDBACK",
        )
    receipts = answer.reply.consent_receipts
    _verify_receipts(receipts, consents, answer.directory)
    state.remember_check(replace(sent, receipts=receipts))
    kept = tuple(
        state.keep_receipt(report_id, scope, bundle)
        for scope, bundle in zip(agreement.scopes, answer.bundles, strict=True)
    )
    return Submitted(
        report_id,
        feedback,
        receipts,
        answer.sent_bytes,
        answer.received_bytes,
        _acknowledge(sent, agreement.locale, exchanger),
        kept,
    )


def withdraw_check(check: SentCheck, exchanger: Exchanger, locale: Locale) -> ReceiptBundle:
    """Has the server erase what it holds of a check; returns the erasure receipt with its proof.

    Raises:
        AgentError: as `Exchanger.exchange`; `TrustBroken` also when the receipt does not hold.
    """
    key = _score_key(check, exchanger)
    answer = exchanger.exchange(
        Withdrawal(check.report_id),
        [key],
        locale=locale,
        report_id=exchanger.random_bytes(REPORT_ID_BYTES),
    )
    outcome = answer.reply.outcome
    if not isinstance(outcome, Erased):
        raise _untrue("a withdrawal was answered with something else")
    try:
        erasure = read_erasure(outcome.receipt, answer.directory.receipt_key_by_id())
    except InvalidConsent as error:
        raise _untrue(error.log) from None
    if (erasure.report_id, erasure.programme_id) != (check.report_id, check.invite.programme_id):
        raise _untrue("the erasure receipt is for another check")
    return answer.bundles[-1]


def _score_key(check: SentCheck, exchanger: Exchanger) -> SigningKey:
    return participant_key(
        exchanger.state.seed(),
        root_fingerprint=check.invite.root_fingerprint,
        programme_id=check.invite.programme_id,
        scope=Scope.SCORE,
        report_id=check.report_id,
    )


def _acknowledge(check: SentCheck, locale: Locale, exchanger: Exchanger) -> bool:
    try:
        answer = exchanger.exchange(
            Acknowledgement(check.report_id),
            [_score_key(check, exchanger)],
            locale=locale,
            report_id=exchanger.random_bytes(REPORT_ID_BYTES),
        )
    except AgentError:
        # The feedback is here; the server drops its sealed copy by itself within a day.
        return False
    return isinstance(answer.reply.outcome, Acknowledged)


def _verify_receipts(
    receipts: tuple[str, ...], consents: SignedConsents, directory: Directory
) -> None:
    keys = directory.receipt_key_by_id()
    try:
        subjects = [read_receipt(token, keys).consent.subject for token in receipts]
    except InvalidConsent as error:
        raise _untrue(error.log) from None
    if subjects != [key.public for key in consents.keys]:
        raise _untrue("the receipts are not for the consents given")


def _untrue(log: str) -> TrustBroken:
    return TrustBroken(
        log,
        "A receipt the server signed does not hold, so its answer was not shown. "
        "Tell your site's contact.",
        reason="RECEIPT_INVALID",
    )
