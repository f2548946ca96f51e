"""Where a reply goes, and how it is sealed: one size, whatever it says."""

from dataclasses import dataclass, field

from google.protobuf.message import DecodeError
from kizashi_protocol.consent import LOCALES, Locale
from kizashi_protocol.context import Header
from kizashi_protocol.envelope import seal_reply
from kizashi_protocol.errors import MalformedMessage, UnreadableEnvelope
from kizashi_protocol.keys import SealingPublicKey
from kizashi_protocol.reply import Reply, write_reply
from kizashi_protocol.v1 import exchange_pb2

from kizashi_server.errors import ServerError


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """The one-time key a reply is sealed to, its language, and what the laptop has seen of the log.

    Attributes:
        log_size: of the log head the laptop holds; not believed, only answered.
    """

    key: SealingPublicKey = field(repr=False)
    locale: Locale
    log_size: int = 0


def reply_address(plaintext: bytes) -> ReplyAddress:
    """Finds out how to answer a report, before anything else of it is believed.

    The rest may be malformed or wrongly signed and still get a sealed refusal. English stands in
    for a language that is not known.

    Raises:
        UnreadableEnvelope: there is no key to seal to, so that the answer is the same as to an
            envelope that did not open.
    """
    try:
        signed = exchange_pb2.SignedReport.FromString(plaintext)
        report = exchange_pb2.Report.FromString(signed.report)
        key = SealingPublicKey(report.reply_public_key)
    except (DecodeError, MalformedMessage):
        raise UnreadableEnvelope("a report has no key for its reply") from None
    locale = report.locale if report.locale in LOCALES else LOCALES[0]
    return ReplyAddress(key, LOCALES[LOCALES.index(locale)], report.log_size)


def sealed(reply: Reply, address: ReplyAddress, header: Header) -> bytes:
    """A serialised envelope that only the laptop can open, under the report's own id.

    Raises:
        ServerError: the reply does not fit its one size; the limits of the configuration are set
            so that it does, with every packaged text.
    """
    try:
        envelope = seal_reply(
            write_reply(reply),
            address.key,
            programme_id=header.programme_id,
            report_id=header.report_id,
        )
    except MalformedMessage as error:
        # Not the caller's fault, which the protocol's own reason would make of it.
        raise ServerError(error.log, error.person) from None
    return envelope.to_message().SerializeToString(deterministic=True)
