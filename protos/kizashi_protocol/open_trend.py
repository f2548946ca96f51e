"""Opens entries of a person's own trend. Runs on the device; the server's code may not import this."""

from google.protobuf.message import DecodeError

from kizashi_protocol.context import Label
from kizashi_protocol.display_text import is_displayable
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.moments import DAY, is_moment
from kizashi_protocol.open_item import ItemPrivateKey, open_item
from kizashi_protocol.reply import BAND_OF_NUMBER
from kizashi_protocol.sealed_item import SealedItem
from kizashi_protocol.trend import TrendEntry
from kizashi_protocol.v1 import exchange_pb2


def open_trend_entry(sealed: bytes, key: ItemPrivateKey, context: bytes) -> TrendEntry:
    """What `seal_trend_entry` was given for the same `trend_context`.

    Raises:
        UnreadableEnvelope: another key, another place or changed bytes.
        MalformedMessage: what was sealed is no entry, is of a day that no date can be made
            of, or holds control characters.
    """
    item = SealedItem(key.public.key_id, sealed)
    plaintext = open_item(Label.TREND_ENTRY, item, key, context)
    try:
        message = exchange_pb2.TrendEntry.FromString(plaintext)
    except DecodeError:
        raise MalformedMessage("a trend entry does not parse") from None
    if message.band not in BAND_OF_NUMBER or not is_moment(message.day * DAY):
        raise MalformedMessage("a trend entry has another form")
    if not (is_displayable(message.scorer_id) and is_displayable(message.norms_id)):
        raise MalformedMessage("a trend entry holds control characters")
    band = BAND_OF_NUMBER[message.band]
    return TrendEntry(message.day, band, message.scorer_id, message.norms_id)
