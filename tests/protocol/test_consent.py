"""A consent is for these words, this programme and this check, or there is one reason why not."""

import dataclasses

import pytest
from kizashi_protocol import (
    CHECK_VALIDITY,
    STANDING,
    ConsentRecipient,
    ConsentRecord,
    Scope,
    fault_of,
)
from kizashi_protocol.consent import LONGEST_VALIDITY
from kizashi_protocol.moments import CLOCK_TOLERANCE

from tests.protocol.values import NOW, RECIPIENT, REPORT_ID, TERMS, consent_record

SOUND = consent_record()
STANDS = consent_record(Scope.TREND)
FAULTS: dict[str, tuple[ConsentRecord, str | None]] = {
    "sound": (SOUND, None),
    "another programme": (
        dataclasses.replace(SOUND, terms=dataclasses.replace(TERMS, programme_id="autumn-check")),
        "CONSENT_TERMS_CHANGED",
    ),
    "another name": (
        dataclasses.replace(SOUND, terms=dataclasses.replace(TERMS, display_name="Autumn check")),
        "CONSENT_TERMS_CHANGED",
    ),
    "another owner": (
        dataclasses.replace(SOUND, terms=dataclasses.replace(TERMS, owner="Somebody else")),
        "CONSENT_TERMS_CHANGED",
    ),
    "another operator": (
        dataclasses.replace(SOUND, terms=dataclasses.replace(TERMS, scoring_operator="Other")),
        "CONSENT_TERMS_CHANGED",
    ),
    "another root": (
        dataclasses.replace(SOUND, terms=dataclasses.replace(TERMS, root_fingerprint=bytes(32))),
        "CONSENT_TERMS_CHANGED",
    ),
    "an older text": (dataclasses.replace(SOUND, text_version=0), "CONSENT_TERMS_CHANGED"),
    "another text": (dataclasses.replace(SOUND, text_digest=bytes(32)), "CONSENT_TERMS_CHANGED"),
    "another language": (dataclasses.replace(SOUND, locale="ja"), "CONSENT_TERMS_CHANGED"),
    "another scope's text": (
        dataclasses.replace(SOUND, scope=Scope.FEEDBACK),
        "CONSENT_TERMS_CHANGED",
    ),
    "another check": (dataclasses.replace(SOUND, report_id=bytes(16)), "CONSENT_OTHER_REPORT"),
    "a clock ahead": (dataclasses.replace(SOUND, given_time=NOW + CLOCK_TOLERANCE), None),
    "a clock too far ahead": (
        dataclasses.replace(SOUND, given_time=NOW + CLOCK_TOLERANCE + 1),
        "CONSENT_NOT_YET",
    ),
    "the last second": (dataclasses.replace(SOUND, expire_time=NOW + 1), None),
    "expired now": (dataclasses.replace(SOUND, expire_time=NOW), "CONSENT_EXPIRED"),
    "a week for a check": (dataclasses.replace(SOUND, expire_time=NOW + CHECK_VALIDITY), None),
    "longer than a week for a check": (
        dataclasses.replace(SOUND, expire_time=NOW + CHECK_VALIDITY + 1),
        "CONSENT_EXPIRED",
    ),
    "twelve months": (dataclasses.replace(STANDS, expire_time=NOW + LONGEST_VALIDITY), None),
    "longer than twelve months": (
        dataclasses.replace(STANDS, expire_time=NOW + LONGEST_VALIDITY + 1),
        "CONSENT_EXPIRED",
    ),
    "a minor": (dataclasses.replace(SOUND, adult=False), "CONSENT_AGE"),
}


STANDS = consent_record(Scope.TREND)
WITHDRAWN: dict[str, tuple[int, int | None, str | None]] = {
    "never": (NOW, None, None),
    "before it was given": (NOW, NOW - 1, None),
    "in the same second": (NOW, NOW, "CONSENT_WITHDRAWN"),
    "afterwards": (NOW, NOW + 1, "CONSENT_WITHDRAWN"),
    "and given anew": (NOW + 2, NOW + 1, None),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_reason(name: str) -> None:
    """A record holds, or there is one reason why it does not."""
    record, reason = FAULTS[name]
    assert fault_of(record, TERMS, REPORT_ID, NOW) == reason


@pytest.mark.parametrize("name", WITHDRAWN)
def test_what_was_taken_back_counts_only_when_given_later(name: str) -> None:
    """A record of before the withdrawal never counts again; a later one of the subject does."""
    given_time, withdrawn_time, reason = WITHDRAWN[name]
    record = dataclasses.replace(STANDS, given_time=given_time, expire_time=given_time + 9)
    assert fault_of(record, TERMS, REPORT_ID, NOW, withdrawn_time) == reason


def test_every_reason_was_seen() -> None:
    """The tables above leave none of the documented reasons out."""
    seen = {reason for _, reason in FAULTS.values()} | {reason for *_, reason in WITHDRAWN.values()}
    documented = fault_of.__doc__ or ""
    named = {each.strip(",.") for each in documented.split() if each.startswith("CONSENT_")}
    assert seen - {None} == named


@pytest.mark.parametrize("scope", STANDING)
@pytest.mark.parametrize("report_id", [REPORT_ID, bytes(16), None])
def test_a_standing_consent_is_for_every_check(scope: Scope, report_id: bytes | None) -> None:
    """It holds whichever check it rides along with, and by itself."""
    assert fault_of(consent_record(scope), TERMS, report_id, NOW) is None


def test_a_consent_for_one_check_does_not_hold_by_itself() -> None:
    """Where no check is looked at, only standing consents count."""
    assert fault_of(SOUND, TERMS, None, NOW) == "CONSENT_OTHER_REPORT"


def test_another_recipient_voids_a_consent() -> None:
    """Who receives is in the words that were shown, and so in their digest."""
    record = consent_record(Scope.SHARE)
    for other in (
        ConsentRecipient("Somebody else", RECIPIENT.fingerprint),
        ConsentRecipient(RECIPIENT.name, bytes(32)),
    ):
        changed_record = dataclasses.replace(record, recipient=other)
        assert fault_of(changed_record, TERMS, REPORT_ID, NOW) == "CONSENT_TERMS_CHANGED"
