"""Answers a check: reads the consents, asks the gate, scores, words the feedback."""

from collections.abc import Sequence

from kizashi_models.errors import ExtractorWithoutNorms
from kizashi_models.feedback import compose
from kizashi_models.scorer import score
from kizashi_protocol.consent import ConsentRecord, Scope, read_consent
from kizashi_protocol.errors import InvalidConsent
from kizashi_protocol.receipts import countersign
from kizashi_protocol.reply import OPENING_NONCE_BYTES, Reply, Withheld
from kizashi_protocol.report import Check

from kizashi_server.answering import Answered, ReportContext, owner_digest_of
from kizashi_server.consent_gate import NotPermitted, Permission, permit
from kizashi_server.refusals import refusal


def answer_check(check: Check, context: ReportContext) -> Answered:
    """Scores a check if its consents allow it, and says what came of it.

    Nothing is scored without consent to score. Nor is it without consent to return the feedback,
    since nobody would see the score: the answer is then `Withheld`. A consent that was given but
    does not hold is refused with its reason, so that the person learns of it.
    """
    try:
        consents = tuple(read_consent(token) for token in check.consents)
    except InvalidConsent as error:
        return Answered(refusal(error.reason, context.locale))
    if not {each.subject for each in consents} <= context.signers:
        return Answered(refusal("SIGNATURE_INVALID", context.locale))
    return Answered(_reply(check, consents, context), _owner(consents))


def _reply(check: Check, consents: Sequence[ConsentRecord], context: ReportContext) -> Reply:
    locale, programme = context.locale, context.programme
    if check.scorer_id != programme.scorer.id:
        return refusal("SCORER_CHANGED", locale)
    scoring = _permit(consents, Scope.SCORE, context)
    if isinstance(scoring, NotPermitted):
        return refusal(scoring.reason, locale)
    returning = _permit(consents, Scope.FEEDBACK, context)
    if isinstance(returning, NotPermitted):
        if returning.reason != "CONSENT_MISSING":
            return refusal(returning.reason, locale)
        return Reply(Withheld(), _receipts(check, consents, scoring, context))
    try:
        result = score(check.summary, programme.scorer)
    except ExtractorWithoutNorms as error:
        return refusal(error.reason, locale)
    feedback = compose(result, locale, programme.help_first(locale))
    receipts = _receipts(check, consents, returning, context)
    return Reply(feedback, receipts, context.random_bytes(OPENING_NONCE_BYTES))


def _permit(
    consents: Sequence[ConsentRecord], purpose: Scope, context: ReportContext
) -> Permission | NotPermitted:
    return permit(consents, purpose, context.programme.terms, context.header.report_id, context.now)


def _receipts(
    check: Check,
    consents: Sequence[ConsentRecord],
    permission: Permission,
    context: ReportContext,
) -> tuple[str, ...]:
    """The consents that a permission rests on, countersigned, in the order they came."""
    return tuple(
        countersign(token, context.receipt_key, now=context.now)
        for token, record in zip(check.consents, consents, strict=True)
        if record in permission.records
    )


def _owner(consents: Sequence[ConsentRecord]) -> bytes | None:
    subjects = [each.subject for each in consents if each.scope is Scope.SCORE]
    return owner_digest_of(subjects[0]) if len(subjects) == 1 else None
