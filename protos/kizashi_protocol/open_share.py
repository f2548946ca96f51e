"""Opens what was left for a counsellor. Runs on the counsellor's machine, never on the server."""

from kizashi_protocol.context import Label
from kizashi_protocol.open_item import ItemPrivateKey, open_item
from kizashi_protocol.reply import Feedback, read_feedback
from kizashi_protocol.sealed_item import SealedItem


def open_feedback(item: SealedItem, key: ItemPrivateKey, context: bytes) -> Feedback:
    """What `seal_feedback` was given for the same `share_context`.

    Raises:
        UnreadableEnvelope: another key, another code or changed bytes.
        MalformedMessage: what was sealed is no feedback, or holds control characters.
    """
    return read_feedback(open_item(Label.SHARED_FEEDBACK, item, key, context))
