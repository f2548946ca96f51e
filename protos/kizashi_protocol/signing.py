"""Ed25519 signatures with a label for each purpose."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kizashi_protocol.context import Label, framed
from kizashi_protocol.errors import InvalidSigner, MalformedMessage

PUBLIC_KEY_BYTES = 32


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 private key; only its public half is ever shown."""

    primitive: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key of a 32-byte seed; `ValueError` for another length."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @cached_property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self.primitive.public_key().public_bytes_raw()

    def sign(self, label: Label, message: bytes) -> bytes:
        """A signature, 64 bytes, over label and message."""
        return self.primitive.sign(framed(label.value, message))

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.hex()})"


def verify(public: bytes, signature: bytes, label: Label, message: bytes) -> None:
    """Returns when the signature holds.

    Raises:
        MalformedMessage: the public key is none.
        InvalidSigner: the signature is not this key's over label and message.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        raise MalformedMessage("a signing key has 32 bytes") from None
    try:
        key.verify(signature, framed(label.value, message))
    except InvalidSignature:
        raise InvalidSigner(f"a signature for {label.name} does not hold") from None
