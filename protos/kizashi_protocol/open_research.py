"""Opens what was handed over for research. Runs on the researcher's machine, never on the server."""

from google.protobuf.message import DecodeError

from kizashi_protocol.context import Label
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.open_item import ItemPrivateKey, open_item
from kizashi_protocol.research_item import ResearchItem
from kizashi_protocol.sealed_item import SealedItem
from kizashi_protocol.v1 import exchange_pb2


def open_exported(data: bytes, key: ItemPrivateKey, context: bytes) -> ResearchItem:
    """What is in a file of an export, sealed by `seal_for_research` for the same context.

    Raises:
        UnreadableEnvelope: another key, another place or changed bytes.
        MalformedMessage: the file is no sealed item, or what was sealed is no `ResearchItem`.
    """
    try:
        item = SealedItem.parse(exchange_pb2.SealedItem.FromString(data))
    except DecodeError:
        raise MalformedMessage("an exported item does not parse") from None
    return ResearchItem.parse(open_item(Label.RESEARCH_SUMMARY, item, key, context))
