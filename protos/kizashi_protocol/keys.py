"""X-Wing keys as bytes: the one serialisation the library leaves to us.

A public key is the ML-KEM-768 encapsulation key followed by the X25519 public key; a private key
grows from a 32-byte seed through SHAKE-256, as X-Wing (draft-connolly-cfrg-xwing-kem) and
draft-ietf-hpke-pq have it. Checked in the tests against the published vectors.

The private half here is a building block without a purpose: `open_report` and `open_reply` wrap it
in key types of their own, so that neither can be used for the other's work.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from kizashi_protocol.errors import MalformedMessage

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

KEY_ID_BYTES = 16
SEED_BYTES = 32
MLKEM_PUBLIC_BYTES = 1184
PUBLIC_KEY_BYTES = MLKEM_PUBLIC_BYTES + 32
OVERHEAD_BYTES = 1120 + 16
"""Encapsulated key and authentication tag, which every ciphertext carries besides its text."""

_MLKEM_SEED_BYTES = 64

_PROBE = X25519PrivateKey.from_private_bytes(bytes(32))
"""Guards nothing: an exchange with it fails for exactly the points of low order."""


def fingerprint(public: bytes) -> bytes:
    """SHA-256 of a public key, 32 bytes."""
    return hashlib.sha256(public).digest()


def key_id_of(public: bytes) -> bytes:
    """The key id of a public key: the first 16 bytes of its fingerprint."""
    return fingerprint(public)[:KEY_ID_BYTES]


@dataclass(frozen=True)
class SealingPublicKey:
    """A public key to seal to.

    Attributes:
        raw: 1,216 bytes, ML-KEM-768 then X25519.

    Raises:
        MalformedMessage: the bytes are no such key.
    """

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != PUBLIC_KEY_BYTES:
            raise MalformedMessage(f"a sealing key has {PUBLIC_KEY_BYTES} bytes")
        try:
            _ = self.primitive
            # Sealing to a point of low order fails, and would fail only after the scoring.
            _PROBE.exchange(X25519PublicKey.from_public_bytes(self.raw[MLKEM_PUBLIC_BYTES:]))
        except ValueError:
            raise MalformedMessage("the sealing key is not on its scheme") from None

    @cached_property
    def key_id(self) -> bytes:
        """The first 16 bytes of the key's SHA-256."""
        return key_id_of(self.raw)

    @cached_property
    def primitive(self) -> MLKEM768X25519PublicKey:
        """The library's key."""
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(self.raw[:MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(self.raw[MLKEM_PUBLIC_BYTES:]),
        )


def expand(seed: bytes) -> tuple[MLKEM768X25519PrivateKey, SealingPublicKey]:
    """The key pair of a 32-byte seed: SHAKE-256 gives 64 bytes of ML-KEM seed and 32 of X25519.

    Raises:
        ValueError: the seed has another length.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed has {SEED_BYTES} bytes")
    expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_BYTES + 32)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
    x25519 = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])
    raw = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(mlkem, x25519), SealingPublicKey(raw)
