"""A second reading of X-Wing and of HPKE's base mode, to hold the library's against.

It stands on the same ML-KEM, X25519, HMAC and AES-GCM, but puts them together by itself, from
draft-connolly-cfrg-xwing-kem (5.2 to 5.4), draft-ietf-hpke-pq and RFC 9180 (4, 5.1). It serves
tests alone: nothing in it is careful about time or memory.
"""

import hashlib
import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ENCAPSULATED_BYTES = 1120
_MLKEM_CIPHERTEXT_BYTES = 1088
_XWING_LABEL = bytes.fromhex("5c2e2f2f5e5c")

XWING_HKDF_SHA256_AES_256_GCM = b"HPKE" + bytes.fromhex("647a00010002")
"""The suite id of our envelopes."""


class KeySchedule(NamedTuple):
    """What HPKE derives from a shared secret, for the first message."""

    key: bytes
    base_nonce: bytes


def decapsulate(seed: bytes, encapsulated: bytes) -> bytes:
    """X-Wing's shared secret (32 bytes) of an encapsulated key (1,120 bytes), by the seed."""
    expanded = hashlib.shake_256(seed).digest(96)
    x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
    ciphertext_m = encapsulated[:_MLKEM_CIPHERTEXT_BYTES]
    ciphertext_x = encapsulated[_MLKEM_CIPHERTEXT_BYTES:]
    secret_m = MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).decapsulate(ciphertext_m)
    secret_x = x25519.exchange(X25519PublicKey.from_public_bytes(ciphertext_x))
    public_x = x25519.public_key().public_bytes_raw()
    combined = secret_m + secret_x + ciphertext_x + public_x + _XWING_LABEL
    return hashlib.sha3_256(combined).digest()


def key_schedule(shared_secret: bytes, info: bytes, suite_id: bytes) -> KeySchedule:
    """RFC 9180, 5.1, base mode with HKDF-SHA256 and an AEAD with a 32-byte key."""
    context = b"\0"
    context += _labeled_extract(suite_id, b"", b"psk_id_hash", b"")
    context += _labeled_extract(suite_id, b"", b"info_hash", info)
    secret = _labeled_extract(suite_id, shared_secret, b"secret", b"")
    return KeySchedule(
        _labeled_expand(suite_id, secret, b"key", context, 32),
        _labeled_expand(suite_id, secret, b"base_nonce", context, 12),
    )


def open_first(seed: bytes, ciphertext: bytes, info: bytes) -> bytes:
    """The plaintext of a single-shot message of our suite, without associated data."""
    shared_secret = decapsulate(seed, ciphertext[:ENCAPSULATED_BYTES])
    schedule = key_schedule(shared_secret, info, XWING_HKDF_SHA256_AES_256_GCM)
    sealed = ciphertext[ENCAPSULATED_BYTES:]
    return AESGCM(schedule.key).decrypt(schedule.base_nonce, sealed, None)


def _labeled_extract(suite_id: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    labeled = b"HPKE-v1" + suite_id + label + material
    return hmac.digest(salt or bytes(32), labeled, "sha256")


def _labeled_expand(
    suite_id: bytes, secret: bytes, label: bytes, information: bytes, length: int
) -> bytes:
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + information
    # One block of HKDF-Expand is 32 bytes, and nothing longer is asked for here.
    assert length <= 32
    return hmac.digest(secret, labeled + b"\x01", "sha256")[:length]
