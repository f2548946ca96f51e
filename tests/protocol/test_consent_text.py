"""The words of a consent: they name everybody they should, and leave room in a token."""

import dataclasses

import pytest
from kizashi_protocol import (
    CHECK_VALIDITY,
    LOCALES,
    NAMING_A_RECIPIENT,
    STANDING,
    ConsentRecipient,
    InvalidConsent,
    Locale,
    Method,
    Scope,
    Terms,
    consent_text,
    sign_consent,
)
from kizashi_protocol.consent import METHODS, readable_fingerprint
from kizashi_protocol.tokens import LONGEST_TOKEN

from tests.protocol.values import NOW, PARTICIPANT, RECIPIENT, TERMS, consent_record


@pytest.mark.parametrize("scope", Scope)
def test_words_name_a_recipient_exactly_where_there_is_one(scope: Scope) -> None:
    """A text for sharing without a name, or with one where none receives, is not to be had."""
    wrong = None if scope in NAMING_A_RECIPIENT else RECIPIENT
    with pytest.raises(InvalidConsent):
        consent_text(scope, "en", TERMS, wrong)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("scope", Scope)
def test_a_text_names_everybody(scope: Scope, locale: Locale) -> None:
    """No placeholder is left, and who is named is who the record binds."""
    recipient = RECIPIENT if scope in NAMING_A_RECIPIENT else None
    text = consent_text(scope, locale, TERMS, recipient).text
    assert "{" not in text
    assert (TERMS.owner in text) == (scope not in NAMING_A_RECIPIENT)
    assert (TERMS.scoring_operator in text) == (scope is not Scope.FEEDBACK)
    assert "kizashi withdraw" in text
    if scope in STANDING:
        assert f"kizashi withdraw --scope {scope}" in text
        assert "12" in text
    if recipient is not None:
        assert recipient.name in text
        assert readable_fingerprint(recipient.fingerprint) in text
        assert readable_fingerprint(recipient.fingerprint).replace(" ", "") == (
            recipient.fingerprint.hex()
        )


def test_braces_in_a_name_are_only_braces() -> None:
    """A programme's name is shown as it is, and not filled in a second time."""
    terms = dataclasses.replace(TERMS, display_name="{owner} {0.__class__}")
    assert "{owner} {0.__class__}" in consent_text(Scope.SCORE, "en", terms).text


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("scope", Scope)
def test_the_longest_names_still_fit(scope: Scope, locale: Locale, method: Method) -> None:
    """A programme with names of 80 characters in Japanese leaves room for a receipt around it."""
    terms = Terms("a" * 64, "字" * 80, "字" * 80, "字" * 80, bytes(32))
    record = dataclasses.replace(
        consent_record(scope),
        terms=terms,
        locale=locale,
        method=method,
        expire_time=NOW + CHECK_VALIDITY,
        recipient=ConsentRecipient("字" * 80, bytes(32)) if scope in NAMING_A_RECIPIENT else None,
    )
    # A receipt holds the consent in base64url once more.
    assert len(sign_consent(record, PARTICIPANT)) * 4 / 3 + 500 < LONGEST_TOKEN
