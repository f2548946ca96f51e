"""A feedback for a counsellor: sealed on the laptop, in one size whatever it says."""

from kizashi_protocol.context import Label, framed
from kizashi_protocol.keys import SealingPublicKey
from kizashi_protocol.reply import Feedback, write_feedback
from kizashi_protocol.sealed_item import SealedItem, seal_item
from kizashi_protocol.share_code import ShareCode


def share_context(code: ShareCode) -> bytes:
    """Where a shared feedback belongs: its code, and the root and programme in that. Secret.

    Whoever does not know it can seal nothing that opens under the code. The recipient's key is
    bound by `seal_item` itself.
    """
    invite = code.invite
    return framed(invite.root_fingerprint, invite.programme_id.encode(), code.context_secret)


def seal_feedback(feedback: Feedback, recipient: SealingPublicKey, context: bytes) -> SealedItem:
    """The feedback, sealed to a counsellor's key for a `share_context`. Runs on the device.

    Raises:
        MalformedMessage: the feedback is longer than any server's.
    """
    return seal_item(Label.SHARED_FEEDBACK, write_feedback(feedback), recipient, context)
