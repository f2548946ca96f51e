"""Opens reports. The server's alone: the agent may not import this module."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from kizashi_protocol.context import Label, info
from kizashi_protocol.envelope import Envelope, unpad
from kizashi_protocol.errors import UnreadableEnvelope
from kizashi_protocol.keys import SUITE, SealingPublicKey, expand


@dataclass(frozen=True)
class ReportPrivateKey:
    """A server's private key for reports; only its key id is ever shown.

    Attributes:
        primitive: the library's key.
        public: what agents seal to.
    """

    primitive: MLKEM768X25519PrivateKey = field(repr=False)
    public: SealingPublicKey = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key of a 32-byte seed; `ValueError` for another length."""
        return cls(*expand(seed))

    @cached_property
    def key_id(self) -> bytes:
        """The first 16 bytes of the public key's SHA-256."""
        return self.public.key_id

    def __repr__(self) -> str:
        return f"ReportPrivateKey(key_id={self.key_id.hex()})"


def open_report(envelope: Envelope, key: ReportPrivateKey) -> bytes:
    """The plaintext that `seal_report` was given.

    Raises:
        UnreadableEnvelope: another key, another header or changed bytes; which of them is not said.
    """
    try:
        padded = SUITE.decrypt(
            envelope.ciphertext, key.primitive, info=info(Label.REPORT, envelope.header)
        )
    except InvalidTag:
        raise UnreadableEnvelope("a report did not open") from None
    return unpad(padded)
