"""What the server signs in return: that a consent was received, and that something was erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kizashi_protocol.consent import STANDING, ConsentRecord, Scope, read_consent
from kizashi_protocol.context import REPORT_ID_BYTES
from kizashi_protocol.errors import InvalidConsent
from kizashi_protocol.signing import SigningKey
from kizashi_protocol.tokens import (
    decode,
    encode,
    kind_of,
    listed_signer,
    moment,
    read_token,
    unchecked_payload,
    whole,
    words,
    write_token,
)

RECEIPT_TYPE = "kizashi-consent-receipt+jws"
ERASURE_TYPE = "kizashi-erasure-receipt+jws"


@dataclass(frozen=True, slots=True)
class ConsentReceipt:
    """A consent, countersigned.

    Attributes:
        consent: the participant's record; its own signature was checked too.
        received_time: seconds since the epoch, by the server's clock.
    """

    consent: ConsentRecord
    received_time: int


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """A statement that what was held of a check, or under a scope, is erased.

    Attributes:
        report_id: the check, 16 bytes; None where a scope was erased.
        erased_time: seconds since the epoch, by the server's clock.
        backup_days: longest time in days that residual pages and backups may still hold what was
            erased; they hold no key that opens it.
        scope: what was taken back, one of `STANDING`, or score for every check that a recovery
            code reaches; share, beside its check, where what waited for a counsellor was erased and
            the check stays; None where one check was erased.

    Raises:
        ValueError: it names both a check and another scope, or neither.
    """

    report_id: bytes | None
    programme_id: str
    erased_time: int
    backup_days: int
    scope: Scope | None = None

    def __post_init__(self) -> None:
        of_check = self.report_id is not None and self.scope in (None, Scope.SHARE)
        of_scope = self.report_id is None and self.scope in (Scope.SCORE, *STANDING)
        if not (of_check or of_scope):
            raise ValueError("an erasure is of a check or of a scope")


def countersign(consent: str, key: SigningKey, *, now: int) -> str:
    """A receipt for a consent that `read_consent` has read. Runs on the server."""
    payload = {"consent": consent, "received": now}
    return write_token(RECEIPT_TYPE, payload, key, name_key=False)


def read_receipt(token: str, receipt_keys: Mapping[bytes, bytes]) -> ConsentReceipt:
    """The receipt in a token, both signatures checked.

    Args:
        token: the compact JWS.
        receipt_keys: public keys (32 bytes) of the directory by key id (16 bytes).

    Raises:
        InvalidConsent: a signature or a field does not hold, or the key is not listed.
    """
    payload = _read(RECEIPT_TYPE, token, receipt_keys)
    try:
        consent, received = words(payload["consent"]), moment(payload["received"])
    except (KeyError, ValueError):
        raise InvalidConsent("a receipt does not parse") from None
    return ConsentReceipt(read_consent(consent), received)


def consent_within(token: str) -> str:
    """The consent, itself a token, inside a receipt whose own signature is not checked here.

    Raises:
        InvalidConsent: it is no receipt.
    """
    if kind_of(token) != RECEIPT_TYPE:
        raise InvalidConsent("a receipt is of another kind")
    try:
        return words(unchecked_payload(token)["consent"])
    except (KeyError, ValueError):
        raise InvalidConsent("a receipt does not parse") from None


def write_erasure(receipt: ErasureReceipt, key: SigningKey) -> str:
    """An erasure receipt as a token. Runs on the server."""
    payload = {
        **({} if receipt.report_id is None else {"report": encode(receipt.report_id)}),
        **({} if receipt.scope is None else {"scope": str(receipt.scope)}),
        "programme": receipt.programme_id,
        "erased": receipt.erased_time,
        "backup_days": receipt.backup_days,
    }
    return write_token(ERASURE_TYPE, payload, key, name_key=False)


def read_erasure(token: str, receipt_keys: Mapping[bytes, bytes]) -> ErasureReceipt:
    """The erasure receipt in a token; see `read_receipt` for arguments and errors."""
    payload = _read(ERASURE_TYPE, token, receipt_keys)
    try:
        return ErasureReceipt(
            decode(payload["report"], REPORT_ID_BYTES) if "report" in payload else None,
            words(payload["programme"]),
            moment(payload["erased"]),
            whole(payload["backup_days"]),
            Scope(payload["scope"]) if "scope" in payload else None,
        )
    except (KeyError, ValueError):
        raise InvalidConsent("an erasure receipt does not parse") from None


def _read(kind: str, token: str, receipt_keys: Mapping[bytes, bytes]) -> dict[str, Any]:
    return read_token(kind, token, listed_signer(receipt_keys))[0]
