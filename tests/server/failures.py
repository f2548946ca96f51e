"""Envelopes that do not open, each for another cause; to whoever sends one, all must look alike."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kizashi_protocol import Envelope, SealingPublicKey, seal_reply, seal_report
from kizashi_protocol.keys import expand

from tests.server.laptop import Laptop, Sent

MLKEM_CIPHERTEXT_BYTES = 1088
"""ML-KEM-768 (FIPS 203, table 3); the X25519 share of 32 bytes follows it."""


@dataclass(frozen=True)
class Failing:
    """A good report, and what its envelope is made of, so that it can be spoilt."""

    laptop: Laptop
    sent: Sent
    plaintext: bytes

    def flipped(self, at: int) -> Envelope:
        """The envelope with one bit of its ciphertext turned."""
        ciphertext = bytearray(self.sent.envelope.ciphertext)
        ciphertext[at] ^= 1
        return dataclasses.replace(self.sent.envelope, ciphertext=bytes(ciphertext))

    def with_x25519_share(self, share: bytes) -> Envelope:
        """The envelope with another X25519 share."""
        ciphertext = self.sent.envelope.ciphertext
        end = MLKEM_CIPHERTEXT_BYTES
        changed = ciphertext[:end] + share + ciphertext[end + 32 :]
        return dataclasses.replace(self.sent.envelope, ciphertext=changed)

    def under_another_context(self) -> Envelope:
        """Sealed for another report id."""
        sealed = self._sealed(seal_report, self.recipient, os.urandom(16))
        return Envelope(self.sent.envelope.header, sealed)

    def under_another_label(self) -> Envelope:
        """Sealed as a reply, to the server's key, under the very header."""
        sealed = self._sealed(seal_reply, self.recipient, self.sent.report_id)
        return Envelope(self.sent.envelope.header, sealed)

    def to_another_key(self) -> Envelope:
        """Sealed to a key that is not the header's."""
        sealed = self._sealed(seal_report, expand(os.urandom(32))[1], self.sent.report_id)
        return Envelope(self.sent.envelope.header, sealed)

    @property
    def recipient(self) -> SealingPublicKey:
        """The server's key."""
        return self.laptop.directory.active_sealing_key()

    def _sealed(
        self, seal: Callable[..., Envelope], recipient: SealingPublicKey, report_id: bytes
    ) -> bytes:
        programme = self.laptop.programme_id
        sealed = seal(self.plaintext, recipient, programme_id=programme, report_id=report_id)
        return sealed.ciphertext


FAILURES: Mapping[str, Callable[[Failing], Envelope]] = {
    "tag flipped": lambda failing: failing.flipped(-1),
    "text flipped": lambda failing: failing.flipped(20_000),
    "ML-KEM half flipped": lambda failing: failing.flipped(100),
    "X25519 half flipped": lambda failing: failing.flipped(MLKEM_CIPHERTEXT_BYTES + 5),
    "X25519 share of low order": lambda failing: failing.with_x25519_share(bytes(32)),
    "another context": Failing.under_another_context,
    "another label": Failing.under_another_label,
    "another key": Failing.to_another_key,
}
"""Cause -> the envelope."""


def failing(laptop: Laptop) -> Failing:
    """A fresh report of a laptop; its own envelope opens."""
    return Failing(laptop, laptop.check(), b"a report")
