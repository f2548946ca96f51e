"""Submits a check: consents signed, summary sealed, reply opened, receipts kept."""

from dataclasses import dataclass, field, replace

from kizashi_protocol import (
    Acknowledged,
    Acknowledgement,
    Check,
    Directory,
    Erased,
    Feedback,
    InvalidConsent,
    Locale,
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
        consents: as they were sent, scoring first.
        opening_nonce: from beside the feedback, 32 bytes; None where nothing can be shared. It is
            kept in memory alone, for as long as the command runs.
    """

    report_id: bytes
    feedback: Feedback = field(repr=False)
    receipts: tuple[str, ...] = field(repr=False)
    sent_bytes: int
    received_bytes: int
    acknowledged: bool
    consents: tuple[str, ...] = field(default=(), repr=False)
    opening_nonce: bytes | None = field(default=None, repr=False)


def submit_check(summary: Summary, agreement: Agreement, exchanger: Exchanger) -> Submitted:
    """Sends one check and returns its feedback.

    Raises:
        AgentError: as `Exchanger.exchange`; `TrustBroken` also when a receipt does not hold.
    """
    connection, state = exchanger.connection, exchanger.state
    report_id = exchanger.random_bytes(REPORT_ID_BYTES)
    now = exchanger.now()
    terms = connection.programme.terms(connection.invite.root_fingerprint)
    # Kept before sending, so that a check whose reply is lost can still be withdrawn.
    sent = SentCheck(report_id, connection.invite, now)
    seed = state.open_check(sent)
    consents = sign_agreement(agreement, seed, terms, report_id=report_id, now=now)
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
    return Submitted(
        report_id,
        feedback,
        receipts,
        answer.sent_bytes,
        answer.received_bytes,
        acknowledge(report_id, consents.keys[0], agreement.locale, exchanger),
        consents.tokens,
        answer.reply.opening_nonce,
    )


def withdraw_check(check: SentCheck, exchanger: Exchanger, locale: Locale) -> str:
    """Has the server erase what it holds of a check; returns the erasure receipt.

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
    return outcome.receipt


def _score_key(check: SentCheck, exchanger: Exchanger) -> SigningKey:
    return participant_key(
        exchanger.state.seed(),
        root_fingerprint=check.invite.root_fingerprint,
        programme_id=check.invite.programme_id,
        scope=Scope.SCORE,
        report_id=check.report_id,
    )


def acknowledge(report_id: bytes, key: SigningKey, locale: Locale, exchanger: Exchanger) -> bool:
    """Has the server drop its sealed copy of a reply that arrived; whether it said that it did."""
    try:
        answer = exchanger.exchange(
            Acknowledgement(report_id),
            [key],
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
