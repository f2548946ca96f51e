"""Whether consents allow a purpose: the one function that everything done with a check asks.

Scopes form a lattice: feedback, trend, cohort and research need score; share needs feedback. A
purpose is permitted when its own consent and every one below it hold for these terms, this check
and this moment, and were not taken back since. What is held under a standing consent is looked at
by that consent alone: the check it came from was permitted when it was made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kizashi_protocol.consent import ConsentRecord, Scope, Terms, fault_of
from kizashi_protocol.errors import InvalidConsent

NEEDS: dict[Scope, tuple[Scope, ...]] = {
    Scope.SCORE: (),
    Scope.FEEDBACK: (Scope.SCORE,),
    Scope.TREND: (Scope.SCORE,),
    Scope.COHORT: (Scope.SCORE,),
    Scope.RESEARCH: (Scope.SCORE,),
    Scope.SHARE: (Scope.FEEDBACK,),
}
"""Scope -> the scopes that must be consented to besides."""

NOTHING_WITHDRAWN: Mapping[bytes, int] = {}


@dataclass(frozen=True, slots=True)
class Permission:
    """A purpose is permitted.

    Attributes:
        records: the consents it rests on, the purpose's own first.
    """

    records: tuple[ConsentRecord, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """A purpose is not permitted.

    Attributes:
        reason: CONSENT_MISSING, CONSENT_INVALID or one of `consent.fault_of`.
        scope: the scope whose consent is at fault.
    """

    reason: str
    scope: Scope


def permit(  # noqa: PLR0913, PLR0917 - consents and purpose; the rest is what they must hold for
    consents: Sequence[ConsentRecord],
    purpose: Scope,
    terms: Terms,
    report_id: bytes,
    now: int,
    withdrawn: Mapping[bytes, int] = NOTHING_WITHDRAWN,
) -> Permission | NotPermitted:
    """Whether consents permit a purpose for one check; never raises.

    Args:
        consents: records whose signatures were checked, in any order.
        purpose: what is to be done.
        terms: those of the programme as it is now.
        report_id: the check, 16 bytes.
        now: seconds since the epoch.
        withdrawn: subject (32 bytes) -> when it last took consent back, in seconds since the epoch.
    """
    records = []
    for scope in needed(purpose):
        record = _only_record(consents, scope)
        if isinstance(record, NotPermitted):
            return record
        fault = _fault(record, terms, report_id, now, withdrawn.get(record.subject))
        if fault is not None:
            return NotPermitted(fault, scope)
        records.append(record)
    return Permission(tuple(records))


OF_A_CHECK = (Scope.SCORE, Scope.FEEDBACK, Scope.TREND, Scope.COHORT, Scope.RESEARCH)
"""What may be done with a check when it comes; sharing is asked for afterwards."""


def permit_check(
    consents: Sequence[ConsentRecord],
    terms: Terms,
    report_id: bytes,
    now: int,
    withdrawn: Mapping[bytes, int] = NOTHING_WITHDRAWN,
) -> Mapping[Scope, Permission] | NotPermitted:
    """All that consents permit to be done with a check; arguments as `permit`.

    Not permitted at all without consent to score, nor when a consent was given that does not hold:
    the person is told instead, and nothing is done that they might not mean.
    """
    permitted = {}
    for purpose in OF_A_CHECK:
        decision = permit(consents, purpose, terms, report_id, now, withdrawn)
        if isinstance(decision, Permission):
            permitted[purpose] = decision
        elif purpose is Scope.SCORE or decision.reason != "CONSENT_MISSING":
            return decision
    return permitted


def permit_held(
    record: ConsentRecord, terms: Terms, now: int, withdrawn_time: int | None = None
) -> Permission | NotPermitted:
    """Whether what is held under a standing consent may go on being held and used; never raises.

    Args:
        record: the consent, whose signature was checked.
        terms: those of the programme as it is now.
        now: seconds since the epoch.
        withdrawn_time: when its subject last took consent back, in seconds since the epoch.
    """
    fault = _fault(record, terms, None, now, withdrawn_time)
    if fault is not None:
        return NotPermitted(fault, record.scope)
    return Permission((record,))


def needed(purpose: Scope) -> tuple[Scope, ...]:
    """The scopes a purpose rests on, its own first."""
    below = (scope for need in NEEDS[purpose] for scope in needed(need))
    return (purpose, *below)


def _only_record(consents: Sequence[ConsentRecord], scope: Scope) -> ConsentRecord | NotPermitted:
    records = [each for each in consents if each.scope is scope]
    if not records:
        return NotPermitted("CONSENT_MISSING", scope)
    if len(records) > 1:
        # Two records for one scope leave open which of them the person meant.
        return NotPermitted("CONSENT_INVALID", scope)
    return records[0]


def _fault(
    record: ConsentRecord,
    terms: Terms,
    report_id: bytes | None,
    now: int,
    withdrawn_time: int | None,
) -> str | None:
    try:
        return fault_of(record, terms, report_id, now, withdrawn_time)
    except InvalidConsent as error:
        return error.reason
