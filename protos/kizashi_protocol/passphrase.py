"""One rule for every passphrase: of a backup, of a counsellor's or the root's key, of seeds at rest.

Its key comes from scrypt (RFC 7914) with N = 2^17, r = 8, p = 1, the least that OWASP's Password
Storage Cheat Sheet asks for; a guess takes 128 MiB and about half a second.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SHORTEST_PASSPHRASE = 15
"""Characters; NIST SP 800-63B-4, 3.1.1.2, for a password that stands alone."""

SALT_BYTES = 16
"""RFC 7914, section 2, wants a salt drawn at random; NIST SP 800-132, section 5.1, 128 bits."""

SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1
"""Cost, block size and parallelism."""

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A passphrase in its one form.

    Attributes:
        prepared: what the key is made from.
    """

    prepared: str = field(repr=False)

    @classmethod
    def typed(cls, text: str) -> Self:
        """One form, whichever keyboard typed it: RFC 8265, section 4.2.2, OpaqueString.

        Every space becomes U+0020, and what is left takes Unicode's form NFC.
        """
        spaces = "".join(" " if unicodedata.category(each) == "Zs" else each for each in text)
        return cls(unicodedata.normalize("NFC", spaces))

    @property
    def is_long_enough(self) -> bool:
        """Whether it may be chosen: `SHORTEST_PASSPHRASE` characters or more."""
        return len(self.prepared) >= SHORTEST_PASSPHRASE

    def key(self, salt: bytes) -> bytes:
        """The key (32 bytes) that scrypt makes of it with a salt of `SALT_BYTES`."""
        derivation = Scrypt(salt=salt, length=_KEY_BYTES, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P)
        return derivation.derive(self.prepared.encode())
