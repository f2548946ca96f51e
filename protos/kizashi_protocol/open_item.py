"""Opens sealed items with the key they were sealed to. The server's code may not import this."""

from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from kizashi_protocol.context import Label
from kizashi_protocol.errors import UnreadableEnvelope
from kizashi_protocol.keys import SUITE, SealingPublicKey, expand
from kizashi_protocol.padding import unpadded
from kizashi_protocol.sealed_item import ITEM_PLAINTEXT_BYTES, SealedItem, item_info


@dataclass(frozen=True)
class ItemPrivateKey:
    """The private key of a trend, of a counsellor or of research; never shown.

    Attributes:
        primitive: the library's key.
        public: what others seal to.
    """

    primitive: MLKEM768X25519PrivateKey = field(repr=False)
    public: SealingPublicKey = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key of a 32-byte seed; `ValueError` for another length."""
        return cls(*expand(seed))


def open_item(label: Label, item: SealedItem, private: ItemPrivateKey, context: bytes) -> bytes:
    """The plaintext that `seal_item` was given for this purpose and place.

    Raises:
        UnreadableEnvelope: another key, another purpose, another place or changed bytes; which of
            them is not said.
    """
    info = item_info(label, private.public.key_id, context)
    try:
        data = SUITE.decrypt(item.ciphertext, private.primitive, info=info)
    except InvalidTag:
        raise UnreadableEnvelope("an item did not open") from None
    return unpadded(data, ITEM_PLAINTEXT_BYTES[label])
