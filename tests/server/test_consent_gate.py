"""The gate: over every set of consents, every fault and every moment."""

import dataclasses
import hashlib
from itertools import chain, combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol.consent import (
    NAMING_A_RECIPIENT,
    STANDING,
    ConsentRecipient,
    ConsentRecord,
    Scope,
    Terms,
    consent_text,
)
from kizashi_protocol.moments import CLOCK_TOLERANCE
from kizashi_server.consent_gate import (
    NEEDS,
    NotPermitted,
    Permission,
    needed,
    permit,
    permit_held,
)

TERMS = Terms("self-check", "Self-check", "Campus", "Lab", b"f" * 32)
REPORT = b"r" * 16
GIVEN = 1_000_000_000
EXPIRE = GIVEN + 3600

RECIPIENT = ConsentRecipient("Counselling office", b"c" * 32)


def record(scope: Scope) -> ConsentRecord:
    """A consent that holds; each scope has a subject of its own."""
    recipient = RECIPIENT if scope in NAMING_A_RECIPIENT else None
    text = consent_text(scope, "en", TERMS, recipient)
    return ConsentRecord(
        scope=scope,
        report_id=None if scope in STANDING else REPORT,
        terms=TERMS,
        text_version=text.version,
        locale="en",
        text_digest=text.digest,
        given_time=GIVEN,
        expire_time=EXPIRE,
        adult=True,
        method="interactive",
        subject=subject(scope),
        recovery_digest=b"v" * 32 if scope in STANDING else None,
        recipient=recipient,
    )


def subject(scope: Scope) -> bytes:
    """The key of a scope."""
    return hashlib.sha256(scope.encode()).digest()


SUBSETS = list(chain.from_iterable(combinations(Scope, size) for size in range(len(Scope) + 1)))


@pytest.mark.parametrize("purpose", Scope)
def test_purpose_needs_every_scope_below_it(purpose: Scope) -> None:
    """Permitted exactly when each needed scope has a consent, in all 64 subsets."""
    for scopes in SUBSETS:
        decision = permit([record(scope) for scope in scopes], purpose, TERMS, REPORT, GIVEN)
        complete = set(needed(purpose)) <= set(scopes)
        assert isinstance(decision, Permission) == complete, scopes
        if isinstance(decision, NotPermitted):
            assert (decision.reason, decision.scope in scopes) == ("CONSENT_MISSING", False), scopes
        else:
            assert {each.scope for each in decision.records} == set(needed(purpose)), scopes


MOMENTS = (0, GIVEN - CLOCK_TOLERANCE - 1, GIVEN - CLOCK_TOLERANCE, GIVEN, EXPIRE - 1, EXPIRE)


LATE = {scope: record(scope) for scope in Scope}
EARLY = {scope: dataclasses.replace(late, expire_time=GIVEN + 1) for scope, late in LATE.items()}


@pytest.mark.parametrize("purpose", Scope)
def test_every_subset_of_expired_consents_at_every_moment(purpose: Scope) -> None:
    """All 64 sets of given consents, all subsets of them expired early, at each moment that counts.

    Permitted exactly when every needed consent is given, has not expired, and the moment is within
    its time; everything else is refused.
    """
    seen = set()
    for scopes in SUBSETS:
        for early in SUBSETS:
            if not set(early) <= set(scopes):
                continue
            consents = [EARLY[scope] if scope in early else LATE[scope] for scope in scopes]
            for now in MOMENTS:
                decision = permit(consents, purpose, TERMS, REPORT, now)
                given = set(needed(purpose)) <= set(scopes)
                ends = GIVEN + 1 if set(needed(purpose)) & set(early) else EXPIRE
                expected = given and GIVEN - CLOCK_TOLERANCE <= now < ends
                assert isinstance(decision, Permission) == expected, (scopes, early, now)
                seen.add(expected)
    assert seen == {True, False}


@pytest.mark.parametrize("purpose", Scope)
def test_what_was_taken_back_permits_nothing_that_rests_on_it(purpose: Scope) -> None:
    """A withdrawal of a subject voids its earlier records, and leaves others as they are."""
    consents = [record(scope) for scope in Scope]
    for taken_back, when in product(Scope, (GIVEN - 1, GIVEN, GIVEN + 1)):
        withdrawn = {subject(taken_back): when}
        decision = permit(consents, purpose, TERMS, REPORT, GIVEN, withdrawn)
        if taken_back in needed(purpose) and when >= GIVEN:
            assert decision == NotPermitted("CONSENT_WITHDRAWN", taken_back), when
        else:
            assert isinstance(decision, Permission), (taken_back, when)


@pytest.mark.parametrize("scope", Scope)
def test_only_standing_consents_permit_holding(scope: Scope) -> None:
    """What is held rests on its own consent alone, until that expires or is taken back."""
    held = record(scope)
    assert isinstance(permit_held(held, TERMS, GIVEN), Permission) == (scope in STANDING)
    for decision in (
        permit_held(held, TERMS, EXPIRE),
        permit_held(held, TERMS, GIVEN, withdrawn_time=GIVEN),
        permit_held(held, dataclasses.replace(TERMS, owner="Another"), GIVEN),
    ):
        assert isinstance(decision, NotPermitted)


def test_the_lattice_is_the_one_designed() -> None:
    """Feedback, trend, cohort and research need score; share needs feedback, and so score."""
    for scope in (Scope.FEEDBACK, Scope.TREND, Scope.COHORT, Scope.RESEARCH):
        assert needed(scope) == (scope, Scope.SCORE)
    assert needed(Scope.SHARE) == (Scope.SHARE, Scope.FEEDBACK, Scope.SCORE)
    assert needed(Scope.SCORE) == (Scope.SCORE,)
    assert set(NEEDS) == set(Scope)


@given(now=st.integers(0, 2**40), purpose=st.sampled_from(Scope))
def test_permission_lasts_from_the_giving_to_the_expiry(now: int, purpose: Scope) -> None:
    """Outside its time no consent permits anything, whichever scope has expired."""
    decision = permit([record(each) for each in Scope], purpose, TERMS, REPORT, now)
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
def test_fault_of_any_needed_consent_is_named(reason: str) -> None:
    """A fault in the purpose's own consent or in one below it refuses, with its reason."""
    for purpose in Scope:
        for faulty in needed(purpose):
            consents = [
                spoiled(scope, reason) if scope is faulty else record(scope) for scope in Scope
            ]
            decision = permit(consents, purpose, TERMS, REPORT, GIVEN)
            if reason == "CONSENT_OTHER_REPORT" and faulty in STANDING:
                assert isinstance(decision, Permission), (purpose, faulty)
            else:
                assert decision == NotPermitted(reason, faulty), purpose


def spoiled(scope: Scope, reason: str) -> ConsentRecord:
    """A consent with a fault; a standing one is for no check, so cannot be for another."""
    if reason == "CONSENT_OTHER_REPORT" and scope in STANDING:
        return record(scope)
    return dataclasses.replace(record(scope), **FAULTS[reason])


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
    worse = [
        spoiled(each.scope, data.draw(st.sampled_from(sorted(FAULTS))))
        if data.draw(st.booleans())
        else each
        for each in consents
    ]
    withdrawn = {subject(each): GIVEN for each in data.draw(st.sets(st.sampled_from(Scope)))}
    if isinstance(permit(worse, purpose, TERMS, REPORT, GIVEN, withdrawn), Permission):
        assert isinstance(permit(consents, purpose, TERMS, REPORT, GIVEN), Permission)
