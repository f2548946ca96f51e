"""Opens replies with the one-time key of a report. Runs on the device."""

from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from kizashi_protocol.context import Header, Label, info
from kizashi_protocol.envelope import Envelope, unpad
from kizashi_protocol.errors import UnreadableEnvelope
from kizashi_protocol.keys import SUITE, SealingPublicKey, expand


@dataclass(frozen=True)
class ReplyPrivateKey:
    """The one-time private key that one reply is sealed to; never shown.

    Attributes:
        primitive: the library's key.
        public: what travels inside the report.
    """

    primitive: MLKEM768X25519PrivateKey = field(repr=False)
    public: SealingPublicKey = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key of a 32-byte seed; `ValueError` for another length."""
        return cls(*expand(seed))


def open_reply(
    envelope: Envelope, key: ReplyPrivateKey, *, programme_id: str, report_id: bytes
) -> bytes:
    """The plaintext that `seal_reply` was given for this report of this programme.

    Raises:
        UnreadableEnvelope: another key, another report or changed bytes; which is not said.
    """
    expected = Header(key.public.key_id, programme_id, report_id)
    try:
        padded = SUITE.decrypt(envelope.ciphertext, key.primitive, info=info(Label.REPLY, expected))
    except InvalidTag:
        raise UnreadableEnvelope("a reply did not open") from None
    return unpad(padded)
