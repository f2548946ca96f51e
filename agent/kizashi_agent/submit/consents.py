"""The person's consents for one check, signed by a key of each scope."""

from dataclasses import dataclass, field

from kizashi_protocol import (
    CHECK_VALIDITY,
    ConsentRecord,
    Locale,
    Method,
    Scope,
    SigningKey,
    Terms,
    consent_text,
    read_consent,
    recovery_tag,
    sign_consent,
)

from kizashi_agent.device.participant import (
    participant_key,
    recovery_code,
    recovery_secret,
    standing_key,
)

NEEDED = (Scope.SCORE, Scope.FEEDBACK)
"""A check asks for these: without the first nothing is scored, without the second nothing comes
back, so there would be no reason to send."""


def no_consent(scope: Scope) -> str:
    """The reason of a no to a scope."""
    return f"NO_CONSENT_{scope.upper()}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the person agreed to, before it is signed.

    Attributes:
        scopes: the consents given.
        locale: the language the texts were shown in.
        method: asked in words, or given on a command line.
        adult: the person declared to be 18 or older.
    """

    scopes: tuple[Scope, ...]
    locale: Locale
    method: Method
    adult: bool


@dataclass(frozen=True, slots=True)
class SignedConsents:
    """Consent tokens of one check and the keys that signed them, in the agreement's order."""

    tokens: tuple[str, ...] = field(repr=False)
    keys: tuple[SigningKey, ...] = field(repr=False)


def sign_agreement(  # noqa: PLR0913 - what was agreed to, by whom, when, for which check
    agreement: Agreement,
    seed: bytes,
    terms: Terms,
    *,
    report_id: bytes,
    now: int,
    recoverable: bool = True,
) -> SignedConsents:
    """Signs each consent with a key of its own.

    Args:
        agreement: what the person agreed to.
        seed: of the participant's keys, 32 bytes.
        terms: everybody the consents name.
        report_id: the check, 16 bytes.
        now: seconds since the epoch.
        recoverable: the recovery code that grows from the seed reaches the check.
    """
    tag = _tag(seed, terms, report_id) if recoverable else None
    keys = tuple(
        participant_key(
            seed,
            root_fingerprint=terms.root_fingerprint,
            programme_id=terms.programme_id,
            scope=scope,
            report_id=report_id,
        )
        for scope in agreement.scopes
    )

    def signed(scope: Scope, key: SigningKey) -> str:
        text = consent_text(scope, agreement.locale, terms)
        record = ConsentRecord(
            scope=scope,
            report_id=report_id,
            terms=terms,
            text_version=text.version,
            locale=agreement.locale,
            text_digest=text.digest,
            given_time=now,
            expire_time=now + CHECK_VALIDITY,
            adult=agreement.adult,
            method=agreement.method,
            subject=key.public,
            recovery_digest=tag if scope is Scope.SCORE else None,
        )
        return sign_consent(record, key)

    return SignedConsents(tuple(map(signed, agreement.scopes, keys)), keys)


def signing_keys(consents: tuple[str, ...], seed: bytes) -> tuple[SigningKey, ...]:
    """The keys that signed these consents, grown again from the seed, in their order.

    Raises:
        InvalidConsent: a token does not hold.
    """
    return tuple(_key_of(read_consent(token), seed) for token in consents)


def _tag(seed: bytes, terms: Terms, report_id: bytes) -> bytes:
    root, programme_id = terms.root_fingerprint, terms.programme_id
    secret = recovery_secret(recovery_code(seed), root, programme_id, Scope.SCORE)
    return recovery_tag(secret, report_id)


def _key_of(record: ConsentRecord, seed: bytes) -> SigningKey:
    root, programme_id = record.terms.root_fingerprint, record.terms.programme_id
    if record.report_id is None:
        return standing_key(seed, root, programme_id, record.scope)
    return participant_key(
        seed,
        root_fingerprint=root,
        programme_id=programme_id,
        scope=record.scope,
        report_id=record.report_id,
    )
