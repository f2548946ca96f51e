"""Has a server erase what it holds of a check, of a share, or of a reply that has arrived."""

from kizashi_protocol import (
    Acknowledged,
    Acknowledgement,
    ErasureReceipt,
    Locale,
    ReceiptBundle,
    Scope,
    ShareWithdrawal,
    SigningKey,
    Withdrawal,
)
from kizashi_protocol.context import REPORT_ID_BYTES

from kizashi_agent.device.device_state import SentCheck
from kizashi_agent.device.participant import participant_key
from kizashi_agent.errors import AgentError, TrustBroken
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.receipt_checks import erasure_in


def withdraw_check(check: SentCheck, exchanger: Exchanger, locale: Locale) -> ReceiptBundle:
    """Has the server erase what it holds of a check; returns the erasure receipt with its proof.

    Raises:
        AgentError: as `Exchanger.exchange`; `TrustBroken` also when the receipt does not hold.
    """
    return _erasure(Withdrawal(check.report_id), None, check, exchanger, locale)


def withdraw_share(check: SentCheck, exchanger: Exchanger, locale: Locale) -> ReceiptBundle:
    """Has the server erase feedback that waits for a counsellor; the check stays.

    Returns the erasure receipt with its proof; errors as `withdraw_check`.
    """
    return _erasure(ShareWithdrawal(check.report_id), Scope.SHARE, check, exchanger, locale)


def _erasure(
    content: Withdrawal | ShareWithdrawal,
    scope: Scope | None,
    check: SentCheck,
    exchanger: Exchanger,
    locale: Locale,
) -> ReceiptBundle:
    answer = exchanger.exchange(
        content,
        [score_key_of(check, exchanger)],
        locale=locale,
        report_id=exchanger.random_bytes(REPORT_ID_BYTES),
    )
    erasure = erasure_in(answer, _untrue)
    asked = ErasureReceipt(
        check.report_id,
        check.invite.programme_id,
        erasure.erased_time,
        erasure.backup_days,
        scope,
    )
    if erasure != asked:
        raise _untrue("the erasure receipt is for something else")
    return answer.bundles[-1]


def score_key_of(check: SentCheck, exchanger: Exchanger) -> SigningKey:
    """The key that signed the consent to score a check, which may also take it back."""
    return participant_key(
        exchanger.state.seed(),
        root_fingerprint=check.invite.root_fingerprint,
        programme_id=check.invite.programme_id,
        scope=Scope.SCORE,
        report_id=check.report_id,
    )


def acknowledge(report_id: bytes, key: SigningKey, locale: Locale, exchanger: Exchanger) -> bool:
    """Has the server drop its sealed copy of a reply that arrived; returns whether it said so."""
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


def _untrue(log: str) -> TrustBroken:
    return TrustBroken(
        log,
        "The erasure receipt the server sent does not hold, so nothing shows that it erased anything. "
        "It stays on record here, so that you can try again. Tell your site's contact.",
        reason="RECEIPT_INVALID",
    )
