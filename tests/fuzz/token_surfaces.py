"""Signed tokens: consents, the receipts that countersign them, and receipts of erasure."""

from collections.abc import Mapping
from random import Random
from typing import Any

from kizashi_protocol import (
    ConsentReceipt,
    ConsentRecord,
    ErasureReceipt,
    InvalidConsent,
    Scope,
    SigningKey,
    countersign,
    key_id_of,
    read_consent,
    read_erasure,
    read_receipt,
    sign_consent,
    write_erasure,
)

from tests.fuzz import judge
from tests.fuzz.hostile_tokens import spoil_token
from tests.fuzz.surface import ReadingSurface
from tests.protocol.jws import decoded, parts
from tests.protocol.values import NOW, PARTICIPANT, RECEIPT_KEY, REPORT_ID, consent_token

RECEIPT_KEYS = {key_id_of(RECEIPT_KEY.public): RECEIPT_KEY.public}


def consents() -> ReadingSurface[str]:
    """Consent records."""
    keys = {scope: SigningKey.from_seed(scope.encode().ljust(32)) for scope in SCOPES}
    goods = [(consent_token(scope, key), key) for scope, key in keys.items()]

    def proper(token: str, value: object) -> bool:
        read = judge.read_signed_token(token, "kizashi-consent+jws")
        if read is None or not isinstance(value, ConsentRecord) or read[1] != value.subject:
            return False
        # What was read says what was signed, member for member.
        key = next((key for _, key in goods if key.public == value.subject), None)
        return key is None or judge.same_json(parts(sign_consent(value, key))[1], read[2])

    return ReadingSurface(
        "consent",
        14,
        lambda draw: _token(draw, *draw.choice(goods)),
        read_consent,
        (InvalidConsent,),
        proper,
        [token for token, _ in goods],
    )


SCOPES = (Scope.SCORE, Scope.FEEDBACK)


def receipts() -> ReadingSurface[str]:
    """Countersigned consents."""
    good = countersign(consent_token(), RECEIPT_KEY, now=NOW)

    def make(draw: Random) -> tuple[str, str]:
        if draw.random() < 0.3:
            how, consent = _token(draw, consent_token(), PARTICIPANT)
            return f"inner {how}", _countersigned(consent)
        return _token(draw, good, RECEIPT_KEY)

    def proper(token: str, value: object) -> bool:
        payload = _by_receipt_key(token, "kizashi-consent-receipt+jws")
        if payload is None or not isinstance(value, ConsentReceipt):
            return False
        inner = judge.read_signed_token(payload["consent"], "kizashi-consent+jws")
        return inner is not None and inner[1] == value.consent.subject

    return ReadingSurface(
        "receipt",
        9,
        make,
        lambda token: read_receipt(token, RECEIPT_KEYS),
        (InvalidConsent,),
        proper,
        [good],
    )


def erasures() -> ReadingSurface[str]:
    """Erasure receipts."""
    good = write_erasure(ErasureReceipt(REPORT_ID, "self-check", NOW, 7), RECEIPT_KEY)

    def proper(token: str, value: object) -> bool:
        payload = _by_receipt_key(token, "kizashi-erasure-receipt+jws")
        return payload is not None and isinstance(value, ErasureReceipt)

    return ReadingSurface(
        "erasure",
        6,
        lambda draw: _token(draw, good, RECEIPT_KEY),
        lambda token: read_erasure(token, RECEIPT_KEYS),
        (InvalidConsent,),
        proper,
        [good],
    )


def _token(draw: Random, token: str, key: SigningKey) -> tuple[str, str]:
    how, data = spoil_token(draw, token, key)
    # A token may come from a file or a message; only a file can hold half a character.
    return how, data.decode("utf-8", draw.choice(("replace", "surrogateescape")))


def _countersigned(consent: str) -> str:
    return countersign(consent.encode("utf-8", "replace").decode(), RECEIPT_KEY, now=NOW)


def _by_receipt_key(token: str, kind: str) -> Mapping[str, Any] | None:
    read = judge.read_signed_token(token, kind)
    first, second, third = token.split(".")
    bound = f"{first}.{second}".encode()
    if read is None or not judge.holds(RECEIPT_KEY.public, decoded(third), bound):
        return None
    return read[2]
