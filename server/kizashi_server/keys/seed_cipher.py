r"""Seeds encrypted at rest: AES-256-GCM, bound to the name of their file.

    b"kizashi-seed-1\n" (15 bytes) | nonce (12) | encrypted seed (32) | tag (16)

The file's name is authenticated, so that a seed put in another's place does not open. Names hold
purpose and key id. A nonce is random; a key encrypts a few hundred seeds in its life, far below the
2^32 that NIST SP 800-38D, section 8.3, allows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kizashi_protocol.context import framed
from kizashi_protocol.passphrase import Passphrase

SEED_BYTES = 32

SEALED_MARK = b"kizashi-seed-1\n"
SEALED_BYTES = len(SEALED_MARK) + 12 + SEED_BYTES + 16

_PURPOSE = b"kizashi/v1 seed at rest"


class SeedDoesNotOpen(Exception):
    """Another key, another file's seed or changed bytes; which of them cannot be told."""


@dataclass(frozen=True, slots=True)
class SeedCipher:
    """The key that a directory's seeds are encrypted under, 32 bytes."""

    key: bytes = field(repr=False)

    @classmethod
    def from_passphrase(cls, passphrase: Passphrase, salt: bytes) -> "SeedCipher":
        """The key of a passphrase and a salt (16 bytes)."""
        return cls(passphrase.key(salt))

    def seal(self, name: str, seed: bytes, random: Callable[[int], bytes]) -> bytes:
        """A seed of 32 bytes as the file of this name holds it."""
        nonce = random(12)
        return SEALED_MARK + nonce + AESGCM(self.key).encrypt(nonce, seed, _bound_to(name))

    def open(self, name: str, data: bytes) -> bytes:
        """The seed, 32 bytes, in what a file of this name holds.

        Raises:
            SeedDoesNotOpen: it was encrypted under another key or name, or is damaged.
        """
        if not is_sealed(data):
            raise SeedDoesNotOpen
        nonce, text = data[len(SEALED_MARK) :][:12], data[len(SEALED_MARK) + 12 :]
        try:
            return AESGCM(self.key).decrypt(nonce, text, _bound_to(name))
        except InvalidTag:
            raise SeedDoesNotOpen from None


def is_sealed(data: bytes) -> bool:
    """Whether a file's bytes have the form of an encrypted seed."""
    return len(data) == SEALED_BYTES and data.startswith(SEALED_MARK)


def _bound_to(name: str) -> bytes:
    return framed(_PURPOSE, name.encode())
