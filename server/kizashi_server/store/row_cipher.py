"""Encrypts rows under a subject's key, so that erasing the key erases them wherever they are."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from kizashi_protocol.context import framed

from kizashi_server.errors import StoreUnavailable

SUBJECT_KEY_BYTES = 32

_NONCE_BYTES = 12
"""NIST SP 800-38D, 8.2.2: drawn at random, for far fewer than 2^32 rows a key."""


@dataclass(frozen=True, slots=True)
class RowCipher:
    """AES-256-GCM and HMAC-SHA256 under keys expanded from a subject's (32 bytes)."""

    key: bytes = field(repr=False)

    def name(self, *parts: bytes) -> bytes:
        """A name (32 bytes) for these parts that nobody can work out without the key."""
        return hmac.digest(self._expanded(b"row name"), framed(*parts), hashlib.sha256)

    def seal(self, content: bytes, *row: bytes) -> bytes:
        """The content, encrypted and bound to what identifies its row."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead().encrypt(nonce, content, framed(*row))

    def open(self, sealed: bytes, *row: bytes) -> bytes:
        """What `seal` was given for the same row.

        Raises:
            StoreUnavailable: it was made for another row or key, or changed since.
        """
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._aead().decrypt(nonce, ciphertext, framed(*row))
        except (InvalidTag, ValueError):
            raise StoreUnavailable("a row does not open under its subject's key") from None

    def _aead(self) -> AESGCM:
        return AESGCM(self._expanded(b"row content"))

    def _expanded(self, purpose: bytes) -> bytes:
        return HKDFExpand(SHA256(), SUBJECT_KEY_BYTES, b"kizashi/v1 " + purpose).derive(self.key)
