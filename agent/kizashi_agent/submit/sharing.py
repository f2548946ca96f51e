"""Leaves an opened feedback for a counsellor, and fetches what was left."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kizashi_protocol import (
    CHECK_VALIDITY,
    ConsentRecipient,
    ConsentRecord,
    Feedback,
    Locale,
    ProtocolError,
    Recipient,
    Redeemed,
    Redemption,
    Scope,
    Share,
    ShareCode,
    Shared,
    SigningKey,
    consent_text,
    read_consent,
    seal_feedback,
    share_context,
    sign_consent,
)
from kizashi_protocol.context import REPORT_ID_BYTES
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_share import open_feedback
from kizashi_protocol.share_code import SECRET_BYTES

from kizashi_agent.device.participant import participant_key
from kizashi_agent.errors import ConsentRefused, ServerUnreachable, TrustBroken
from kizashi_agent.submit.checking import Submitted
from kizashi_agent.submit.erasing import acknowledge
from kizashi_agent.submit.exchange import Attempt, Exchanged, Exchanger
from kizashi_agent.submit.receipt_checks import check_receipts

REDEMPTION_ATTEMPTS = 3
ATTEMPT_PAUSE = 2.0
"""Seconds between two attempts."""


@dataclass(frozen=True, slots=True)
class LeftFeedback:
    """A feedback that waits for a counsellor.

    Attributes:
        code: for the person to hand over.
        expire_time: when it is deleted unfetched, in seconds since the epoch.
    """

    code: ShareCode = field(repr=False)
    expire_time: int


def counsellor_named(counsellor: Recipient) -> ConsentRecipient:
    """The counsellor as the consent to share names them."""
    return ConsentRecipient(counsellor.name, counsellor.fingerprint)


def leave_feedback(
    submitted: Submitted, nonce: bytes, counsellor: Recipient, exchanger: Exchanger
) -> LeftFeedback:
    """Seals a feedback to a counsellor and leaves it with the server. Runs after consent was asked.

    Args:
        submitted: the check whose feedback was shown.
        nonce: from beside that feedback, 32 bytes.
        counsellor: named in the text that was agreed to.
        exchanger: to the server of that check.

    Raises:
        AgentError: as `Exchanger.exchange`; `TrustBroken` also when the receipt does not hold;
            `ConsentRefused` when the check was withdrawn meanwhile.
    """
    report_id = submitted.report_id
    below = _consents_below(submitted)
    _, scoring = below[Scope.SCORE]
    # Kept before sending, so that a share whose answer is lost can still be taken back.
    with exchanger.state.files.sole():
        _mark_shared(report_id, (), exchanger)
        score_key, share_key = (
            _key_of(scope, report_id, exchanger) for scope in (Scope.SCORE, Scope.SHARE)
        )
    record = _consent(scoring, counsellor, share_key, exchanger.now())
    code = ShareCode(exchanger.connection.invite, exchanger.random_bytes(SECRET_BYTES))
    share = Share(
        report_id=report_id,
        opening_nonce=nonce,
        consents=(*(token for token, _ in below.values()), sign_consent(record, share_key)),
        sealed=seal_feedback(submitted.feedback, counsellor.public, share_context(code)),
        redemption_digest=hashlib.sha256(code.redemption_secret).digest(),
    )
    own_id = exchanger.random_bytes(REPORT_ID_BYTES)
    answer = exchanger.exchange(
        share, [score_key, share_key], locale=scoring.locale, report_id=own_id
    )
    outcome = answer.reply.outcome
    if not isinstance(outcome, Shared):
        raise _untrue("a share was answered with something else")
    if outcome.expire_time > record.expire_time:
        raise _untrue("a share would be kept for longer than its consent holds")
    check_receipts(answer.reply.consent_receipts, [record], answer.directory, _untrue)
    with exchanger.state.files.sole():
        _mark_shared(report_id, answer.reply.consent_receipts, exchanger)
        exchanger.state.keep_receipt(report_id, Scope.SHARE, answer.bundles[-1])
    acknowledge(own_id, score_key, scoring.locale, exchanger)
    return LeftFeedback(code, outcome.expire_time)


def _consents_below(submitted: Submitted) -> dict[Scope, tuple[str, ConsentRecord]]:
    # Consents that outlast a check would tell the server whose other checks this one belongs to.
    return {
        record.scope: (token, record)
        for token in submitted.consents
        for record in [read_consent(token)]
        if record.scope in (Scope.SCORE, Scope.FEEDBACK)
    }


def _key_of(scope: Scope, report_id: bytes, exchanger: Exchanger) -> SigningKey:
    invite = exchanger.connection.invite
    return participant_key(
        exchanger.state.seed(),
        root_fingerprint=invite.root_fingerprint,
        programme_id=invite.programme_id,
        scope=scope,
        report_id=report_id,
    )


def _sent_patiently(
    attempt: Attempt, exchanger: Exchanger, pause: Callable[[float], None]
) -> Exchanged:
    """Sends the same envelope again when there is no answer.

    A server answers the same envelope with the same sealed reply, so that nothing is lost and
    nothing done twice.
    """
    for _ in range(REDEMPTION_ATTEMPTS - 1):
        try:
            return exchanger.send(attempt)
        except ServerUnreachable:
            pause(ATTEMPT_PAUSE)
    return exchanger.send(attempt)


def fetch_feedback(
    code: ShareCode,
    key: ItemPrivateKey,
    exchanger: Exchanger,
    locale: Locale,
    pause: Callable[[float], None] = time.sleep,
) -> Feedback:
    """What was left under a code, opened with the counsellor's key. It can be fetched once.

    Raises:
        AgentError: as `Exchanger.exchange`; `TrustBroken` also when what was left does not open.
    """
    # A key for this one errand: the server need not know who comes with the code.
    errand = SigningKey.from_seed(exchanger.random_bytes(32))
    own_id = exchanger.random_bytes(REPORT_ID_BYTES)
    redemption = Redemption(code.redemption_secret, key.public.key_id)
    attempt = exchanger.seal(redemption, [errand], locale=locale, report_id=own_id)
    answer = _sent_patiently(attempt, exchanger, pause)
    outcome = answer.reply.outcome
    if not isinstance(outcome, Redeemed):
        raise TrustBroken(
            "a redemption was answered with something else",
            "The server answered something else than was asked. Tell your site's contact.",
            reason="REDEMPTION_UNTRUE",
        )
    try:
        feedback = open_feedback(outcome.sealed, key, share_context(code))
    except ProtocolError as error:
        raise TrustBroken(
            error.log,
            "What was left under this code was changed, or was not sealed by whoever made the code. "
            "The server has handed it out and holds it no longer: ask the person to share again, and "
            "to compare your key's fingerprint.",
            reason="SHARE_UNREADABLE",
        ) from None
    acknowledge(own_id, errand, locale, exchanger)
    return feedback


def _consent(
    scoring: ConsentRecord, counsellor: Recipient, key: SigningKey, now: int
) -> ConsentRecord:
    recipient = counsellor_named(counsellor)
    text = consent_text(Scope.SHARE, scoring.locale, scoring.terms, recipient)
    return replace(
        scoring,
        scope=Scope.SHARE,
        text_version=text.version,
        text_digest=text.digest,
        given_time=now,
        expire_time=now + CHECK_VALIDITY,
        method="interactive",
        subject=key.public,
        recovery_digest=None,
        recipient=recipient,
    )


def _mark_shared(report_id: bytes, receipts: tuple[str, ...], exchanger: Exchanger) -> None:
    state = exchanger.state
    if not state.is_on_record(report_id):
        raise ConsentRefused(
            "a check was withdrawn while its feedback was about to be shared",
            "This check was withdrawn by another command meanwhile, so nobody can read its "
            "feedback. Nothing more needs to be done.",
            reason="SHARE_WITHDRAWN",
        )
    for check in state.checks():
        if check.report_id == report_id:
            state.remember_check(replace(check, receipts=(*check.receipts, *receipts), shared=True))


def _untrue(log: str) -> TrustBroken:
    return TrustBroken(
        log,
        "The server's answer about sharing does not hold. Whether the feedback waits there is not "
        "known; to be sure that it does not, take it back with: kizashi share cancel",
        reason="RECEIPT_INVALID",
    )
