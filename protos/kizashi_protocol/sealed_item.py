"""Something sealed to a key that the server does not hold: it may keep it and cannot read it.

Three things travel so: an entry of a person's own trend, a summary given for research, and a
feedback left for a counsellor. Each is padded to one size for its purpose, so that its size says
nothing about what it holds, and is bound to a context, so that it opens in no other place.
"""

from dataclasses import dataclass, field
from typing import Self

from kizashi_protocol.context import PROTOCOL_VERSION, Label, framed
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.keys import KEY_ID_BYTES, OVERHEAD_BYTES, SUITE, SealingPublicKey
from kizashi_protocol.padding import padded
from kizashi_protocol.v1 import exchange_pb2

ITEM_PLAINTEXT_BYTES = {
    Label.TREND_ENTRY: 160,
    Label.RESEARCH_SUMMARY: 4_096,
    Label.SHARED_FEEDBACK: 10_864,
}
"""What each kind of item is padded to, its length (4 bytes) included. The largest makes 12,000
bytes of ciphertext, the most that the message allows."""

LARGEST_ITEM = max(ITEM_PLAINTEXT_BYTES.values()) + OVERHEAD_BYTES
"""Bytes of ciphertext."""


@dataclass(frozen=True, slots=True)
class SealedItem:
    """Something sealed to a recipient other than the server.

    Attributes:
        key_id: 16 bytes, of the recipient's public key.
        ciphertext: encapsulated key (1,120 bytes), ciphertext and tag (16 bytes); at most 12,000
            bytes.

    Raises:
        MalformedMessage: a part has another size.
    """

    key_id: bytes
    ciphertext: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key_id) != KEY_ID_BYTES:
            raise MalformedMessage(f"a key id has {KEY_ID_BYTES} bytes")
        if not OVERHEAD_BYTES < len(self.ciphertext) <= LARGEST_ITEM:
            raise MalformedMessage("a sealed item has another size")

    @classmethod
    def parse(cls, message: exchange_pb2.SealedItem) -> Self:
        """Reads the outside of an item; opens nothing.

        Raises:
            MalformedMessage: a part has another size.
        """
        return cls(message.key_id, message.ciphertext)

    def to_message(self) -> exchange_pb2.SealedItem:
        """The item as a protobuf message; `parse` gives back an equal one."""
        return exchange_pb2.SealedItem(key_id=self.key_id, ciphertext=self.ciphertext)

    def is_sized_for(self, label: Label) -> bool:
        """Whether it has the one size of items for this purpose."""
        return len(self.ciphertext) == ITEM_PLAINTEXT_BYTES[label] + OVERHEAD_BYTES


def seal_item(
    label: Label, plaintext: bytes, recipient: SealingPublicKey, context: bytes
) -> SealedItem:
    """Seals something to a recipient other than the server.

    Args:
        label: what for; one of `ITEM_PLAINTEXT_BYTES`.
        plaintext: what to seal.
        recipient: whose it is.
        context: where it belongs; who opens it has to name the same.

    Raises:
        MalformedMessage: the plaintext does not fit.
    """
    info = item_info(label, recipient.key_id, context)
    data = padded(plaintext, ITEM_PLAINTEXT_BYTES[label])
    sealed = SUITE.encrypt(data, recipient.primitive, info=info)
    return SealedItem(recipient.key_id, sealed)


def item_info(label: Label, key_id: bytes, context: bytes) -> bytes:
    """The HPKE `info` of an item: purpose, protocol version, recipient and place."""
    return framed(label.value, PROTOCOL_VERSION.to_bytes(4, "big"), key_id, context)
