"""How an entry lies on disk: AES-256-GCM under the ledger key, bound to its number.

A nonce is random, 96 bits. NIST SP 800-38D, 8.3, allows 2^32 messages under one key that way; a
ledger gets some thousands.
"""

from enum import Enum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kizashi_protocol.context import framed

NONCE_BYTES = 12


class Place(Enum):
    """What sealed bytes are; an entry does not open as a head."""

    ENTRY = b"kizashi/v1 ledger entry"
    HEAD = b"kizashi/v1 ledger head"


def seal(place: Place, number: int, plaintext: bytes, key: bytes, nonce: bytes) -> bytes:
    """The nonce (12 bytes) and the ciphertext of an entry, or of the head, whose number is 0."""
    return nonce + AESGCM(key).encrypt(nonce, plaintext, _bound(place, number))


def unseal(place: Place, number: int, sealed: bytes, key: bytes) -> bytes:
    """What `seal` was given.

    Raises:
        ValueError: another key, place or number, or changed bytes; which cannot be told.
    """
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, _bound(place, number))
    except InvalidTag:
        raise ValueError("sealed bytes of the ledger do not open") from None


def _bound(place: Place, number: int) -> bytes:
    return framed(place.value, number.to_bytes(8, "big"))
