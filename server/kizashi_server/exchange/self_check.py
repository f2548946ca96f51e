"""Answers a check: reads the consents, asks the gate, scores, keeps, words the feedback."""

from collections.abc import Callable, Mapping, Sequence

from kizashi_models.errors import ExtractorWithoutNorms
from kizashi_models.feedback import compose
from kizashi_models.scorer import score
from kizashi_protocol.consent import ConsentRecord, Scope, read_consent
from kizashi_protocol.errors import InvalidConsent
from kizashi_protocol.receipts import countersign
from kizashi_protocol.reply import OPENING_NONCE_BYTES, Reply, Withheld
from kizashi_protocol.report import Check

from kizashi_server.consent_gate import NotPermitted, Permission, permit_check
from kizashi_server.exchange.answering import Answered, ReportContext, owner_digest_of
from kizashi_server.exchange.keeping import Keeping, keep_of_check, misfit
from kizashi_server.exchange.recovery import recovered_among
from kizashi_server.exchange.refusals import refusal
from kizashi_server.exchange.subjects import latest, withdrawn_among

NEED_THE_SCORE = {Scope.FEEDBACK, Scope.TREND, Scope.COHORT}
"""What a score is worked out for; without consent to any of them nobody would see it."""

NoteOwner = Callable[[bytes, bytes], None]
"""Notes the owner's digest and the recovery tag (32 bytes each) of the check being answered."""


def answer_check(
    check: Check, context: ReportContext, keeping: Keeping, note_owner: NoteOwner
) -> Answered:
    """Scores a check if its consents allow it, keeps what they allow, and says what came of it.

    Nothing is scored without consent to score, nor without consent to anything that needs the
    score. Without consent to return the feedback the answer is `Withheld`. A consent that was given
    but does not hold is refused with its reason, so that the person learns of it.

    What a recovery code finds the check by is noted before anything is done with it, so that a code
    used meanwhile has no answer leave.
    """
    try:
        consents = tuple(read_consent(token) for token in check.consents)
    except InvalidConsent as error:
        return Answered(refusal(error.reason, context.locale))
    if not {each.subject for each in consents} <= context.signers:
        return Answered(refusal("SIGNATURE_INVALID", context.locale))
    scoring = _scoring(consents)
    if scoring is None:
        return Answered(_reply(check, consents, context, keeping))
    owner = owner_digest_of(scoring.subject)
    if scoring.recovery_digest is not None:
        note_owner(owner, scoring.recovery_digest)
    return Answered(_reply(check, consents, context, keeping), owner)


def _reply(
    check: Check, consents: Sequence[ConsentRecord], context: ReportContext, keeping: Keeping
) -> Reply:
    locale, programme = context.locale, context.programme
    if check.scorer_id != programme.scorer.id:
        return refusal("SCORER_CHANGED", locale)
    permitted = _permit(consents, context, keeping)
    if isinstance(permitted, NotPermitted):
        return refusal(permitted.reason, locale)
    fault = misfit(check, permitted, keeping.researchers(programme.settings.id, context.now))
    if fault is not None:
        return refusal(fault, locale)
    result = None
    if NEED_THE_SCORE & permitted.keys():
        try:
            result = score(check.summary, programme.scorer)
        except ExtractorWithoutNorms as error:
            return refusal(error.reason, locale)
    keep_of_check(check, permitted, result, context, keeping.store)
    receipts = _receipts(check, consents, permitted, context)
    if result is None or Scope.FEEDBACK not in permitted:
        return Reply(Withheld(), receipts)
    feedback = compose(result, locale, programme.help_first(locale))
    return Reply(feedback, receipts, context.random_bytes(OPENING_NONCE_BYTES))


def _permit(
    consents: Sequence[ConsentRecord], context: ReportContext, keeping: Keeping
) -> Mapping[Scope, Permission] | NotPermitted:
    terms, report_id = context.programme.terms, context.header.report_id
    recoveries = keeping.store.recoveries(terms.programme_id)
    withdrawn = latest(
        withdrawn_among(consents, terms.programme_id, keeping.store),
        recovered_among(consents, report_id, recoveries),
    )
    return permit_check(consents, terms, report_id, context.now, withdrawn)


def _receipts(
    check: Check,
    consents: Sequence[ConsentRecord],
    permitted: Mapping[Scope, Permission],
    context: ReportContext,
) -> tuple[str, ...]:
    """The consents that were acted on, countersigned, in the order they came."""
    return tuple(
        countersign(token, context.receipt_key, now=context.now)
        for token, record in zip(check.consents, consents, strict=True)
        if record.scope in permitted
    )


def _scoring(consents: Sequence[ConsentRecord]) -> ConsentRecord | None:
    records = [each for each in consents if each.scope is Scope.SCORE]
    return records[0] if len(records) == 1 else None
