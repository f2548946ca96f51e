"""The gate: over every set of consents, every fault and every moment."""

import dataclasses
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol.consent import (
    CLOCK_TOLERANCE,
    ConsentRecord,
    Scope,
    Terms,
    consent_text,
)
from kizashi_protocol.errors import InvalidConsent
from kizashi_server.consent_gate import NEEDS, NotPermitted, Permission, needed, permit

TERMS = Terms("self-check", "Self-check", "Campus", "Lab", b"f" * 32)
REPORT = b"r" * 16
GIVEN = 1_000_000_000
EXPIRE = GIVEN + 3600

WITH_TEXT = (Scope.SCORE, Scope.FEEDBACK)
"""The scopes that can be consented to so far; the others have no words yet."""


def record(scope: Scope) -> ConsentRecord:
    """A consent that holds, as far as there are words for its scope."""
    try:
        text = consent_text(scope, "en", TERMS)
        version, digest = text.version, text.digest
    except InvalidConsent:
        version, digest = 1, bytes(32)
    return ConsentRecord(
        scope=scope,
        report_id=REPORT,
        terms=TERMS,
        text_version=version,
        locale="en",
        text_digest=digest,
        given_time=GIVEN,
        expire_time=EXPIRE,
        adult=True,
        method="interactive",
        subject=b"k" * 32,
    )


SUBSETS = list(chain.from_iterable(combinations(Scope, size) for size in range(len(Scope) + 1)))


@pytest.mark.parametrize("scopes", SUBSETS, ids=lambda scopes: "+".join(scopes) or "none")
@pytest.mark.parametrize("purpose", Scope)
def test_purpose_needs_every_scope_below_it(scopes: tuple[Scope, ...], purpose: Scope) -> None:
    """Permitted exactly when each needed scope has a consent, in all 64 subsets."""
    decision = permit([record(scope) for scope in scopes], purpose, TERMS, REPORT, GIVEN)
    complete = set(needed(purpose)) <= set(scopes)
    assert isinstance(decision, Permission) == (complete and purpose in WITH_TEXT)
    if not complete and isinstance(decision, NotPermitted) and decision.scope not in scopes:
        assert decision.reason == "CONSENT_MISSING"


def test_the_lattice_is_the_one_designed() -> None:
    """Feedback, trend, cohort and research need score; share needs feedback, and so score."""
    for scope in (Scope.FEEDBACK, Scope.TREND, Scope.COHORT, Scope.RESEARCH):
        assert needed(scope) == (scope, Scope.SCORE)
    assert needed(Scope.SHARE) == (Scope.SHARE, Scope.FEEDBACK, Scope.SCORE)
    assert needed(Scope.SCORE) == (Scope.SCORE,)
    assert set(NEEDS) == set(Scope)


@given(now=st.integers(0, 2**40), purpose=st.sampled_from(WITH_TEXT))
def test_permission_lasts_from_the_giving_to_the_expiry(now: int, purpose: Scope) -> None:
    """Outside its time no consent permits anything, whichever scope has expired."""
    decision = permit([record(each) for each in WITH_TEXT], purpose, TERMS, REPORT, now)
    within = GIVEN - CLOCK_TOLERANCE <= now < EXPIRE
    assert isinstance(decision, Permission) == within


FAULTS: dict[str, dict[str, Any]] = {
    "CONSENT_TERMS_CHANGED": {"terms": dataclasses.replace(TERMS, scoring_operator="Another")},
    "CONSENT_OTHER_REPORT": {"report_id": b"x" * 16},
    "CONSENT_NOT_YET": {"given_time": GIVEN + CLOCK_TOLERANCE + 1},
    "CONSENT_EXPIRED": {"expire_time": GIVEN},
    "CONSENT_AGE": {"adult": False},
}


@pytest.mark.parametrize("reason", FAULTS)
@pytest.mark.parametrize("faulty", WITH_TEXT)
def test_fault_of_any_needed_consent_is_named(reason: str, faulty: Scope) -> None:
    """A fault in the purpose's own consent or in one below it refuses, with its reason."""
    consents = [
        dataclasses.replace(record(scope), **FAULTS[reason]) if scope is faulty else record(scope)
        for scope in WITH_TEXT
    ]
    assert permit(consents, Scope.FEEDBACK, TERMS, REPORT, GIVEN) == NotPermitted(reason, faulty)


def test_fault_of_a_consent_that_is_not_needed_does_not_matter() -> None:
    """Scoring does not look at the consent for feedback."""
    expired = dataclasses.replace(record(Scope.FEEDBACK), expire_time=GIVEN)
    decision = permit([record(Scope.SCORE), expired], Scope.SCORE, TERMS, REPORT, GIVEN)
    assert isinstance(decision, Permission)


def test_two_consents_for_one_scope_are_none() -> None:
    """Which of two records the person meant cannot be told."""
    consents = [record(Scope.SCORE), dataclasses.replace(record(Scope.SCORE), locale="ja")]
    decision = permit(consents, Scope.SCORE, TERMS, REPORT, GIVEN)
    assert decision == NotPermitted("CONSENT_INVALID", Scope.SCORE)


def test_words_that_were_not_shown_void_the_consent() -> None:
    """A digest of another text is a change of terms."""
    other = dataclasses.replace(record(Scope.SCORE), text_digest=bytes(32))
    decision = permit([other], Scope.SCORE, TERMS, REPORT, GIVEN)
    assert decision == NotPermitted("CONSENT_TERMS_CHANGED", Scope.SCORE)


@given(st.data())
def test_more_faults_never_permit_more(data: st.DataObject) -> None:
    """Spoiling any consents of any set never turns a refusal into a permission."""
    scopes = data.draw(st.sets(st.sampled_from(Scope)))
    purpose = data.draw(st.sampled_from(Scope))
    consents = [record(scope) for scope in scopes]
    spoiled = [
        dataclasses.replace(each, **FAULTS[data.draw(st.sampled_from(sorted(FAULTS)))])
        if data.draw(st.booleans())
        else each
        for each in consents
    ]
    if isinstance(permit(spoiled, purpose, TERMS, REPORT, GIVEN), Permission):
        assert isinstance(permit(consents, purpose, TERMS, REPORT, GIVEN), Permission)
