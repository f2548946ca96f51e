"""A feedback for a counsellor: sealed on the laptop, in one size whatever it says."""

from kizashi_protocol.context import Label, framed
from kizashi_protocol.keys import SealingPublicKey
from kizashi_protocol.reply import Feedback, write_feedback
from kizashi_protocol.sealed_item import SealedItem, seal_item


def share_context(root_fingerprint: bytes, programme_id: str) -> bytes:
    """Where a shared feedback belongs: a root (fingerprint of 32 bytes) and a programme.

    The recipient's key is bound by `seal_item` itself.
    """
    return framed(root_fingerprint, programme_id.encode())


def seal_feedback(feedback: Feedback, recipient: SealingPublicKey, context: bytes) -> SealedItem:
    """The feedback, sealed to a counsellor's key for a `share_context`. Runs on the device.

    Raises:
        MalformedMessage: the feedback is longer than any server's.
    """
    return seal_item(Label.SHARED_FEEDBACK, write_feedback(feedback), recipient, context)
