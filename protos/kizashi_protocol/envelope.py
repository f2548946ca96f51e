"""The sealed envelope: one size each way, whatever is inside."""

import hashlib
from dataclasses import dataclass, field
from typing import Self

from kizashi_protocol.context import PROTOCOL_VERSION, Header, Label, framed, info
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.keys import OVERHEAD_BYTES, SUITE, SealingPublicKey
from kizashi_protocol.padding import padded, unpadded
from kizashi_protocol.v1 import service_pb2

PLAINTEXT_BYTES = 32_768
"""Room for a check with every consent, and for feedback in Japanese with a receipt of each and its
place in the log."""

CIPHERTEXT_BYTES = PLAINTEXT_BYTES + OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed message with its public header.

    Attributes:
        header: what anybody can read.
        ciphertext: 33,904 bytes, encapsulated key first.

    Raises:
        MalformedMessage: the ciphertext has another size (reason ENVELOPE_SIZE).
    """

    header: Header
    ciphertext: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.ciphertext) != CIPHERTEXT_BYTES:
            raise MalformedMessage(
                f"an envelope has {CIPHERTEXT_BYTES} bytes", reason="ENVELOPE_SIZE"
            )

    @classmethod
    def parse(cls, message: service_pb2.Envelope) -> Self:
        """Reads the outside of an envelope; opens nothing.

        Raises:
            MalformedMessage: reason ENVELOPE_SIZE, PROTOCOL_VERSION or MALFORMED.
        """
        if len(message.ciphertext) != CIPHERTEXT_BYTES:
            raise MalformedMessage(
                f"an envelope has {CIPHERTEXT_BYTES} bytes", reason="ENVELOPE_SIZE"
            )
        if (
            message.protocol_version != PROTOCOL_VERSION
            or message.suite != service_pb2.SUITE_XWING_HKDF_SHA256_AES_256_GCM
        ):
            raise MalformedMessage(
                "the envelope is of another protocol version or suite", reason="PROTOCOL_VERSION"
            )
        header = Header(message.key_id, message.programme_id, message.report_id)
        return cls(header, message.ciphertext)

    def to_message(self) -> service_pb2.Envelope:
        """The envelope as a protobuf message; `parse` gives back an equal one."""
        return service_pb2.Envelope(
            protocol_version=PROTOCOL_VERSION,
            suite=service_pb2.SUITE_XWING_HKDF_SHA256_AES_256_GCM,
            key_id=self.header.key_id,
            programme_id=self.header.programme_id,
            report_id=self.header.report_id,
            ciphertext=self.ciphertext,
        )

    def digest(self) -> bytes:
        """SHA-256 over header and ciphertext, for telling a repeat from a conflict."""
        bound = framed(info(Label.ENVELOPE_DIGEST, self.header), self.ciphertext)
        return hashlib.sha256(bound).digest()


def seal_report(
    plaintext: bytes, recipient: SealingPublicKey, *, programme_id: str, report_id: bytes
) -> Envelope:
    """Seals a report to a server's key. Runs on the device.

    Raises:
        MalformedMessage: the plaintext does not fit, or the header has another form.
    """
    header = Header(recipient.key_id, programme_id, report_id)
    return _seal(Label.REPORT, plaintext, recipient, header)


def seal_reply(
    plaintext: bytes, recipient: SealingPublicKey, *, programme_id: str, report_id: bytes
) -> Envelope:
    """Seals a reply to the one-time key of a report. Runs on the server.

    Raises:
        MalformedMessage: the plaintext does not fit, or the header has another form.
    """
    header = Header(recipient.key_id, programme_id, report_id)
    return _seal(Label.REPLY, plaintext, recipient, header)


def pad(plaintext: bytes) -> bytes:
    """The plaintext in the one size of envelopes; errors as `padding.padded`."""
    return padded(plaintext, PLAINTEXT_BYTES)


def unpad(data: bytes) -> bytes:
    """What `pad` was given; errors as `padding.unpadded`."""
    return unpadded(data, PLAINTEXT_BYTES)


def _seal(label: Label, plaintext: bytes, recipient: SealingPublicKey, header: Header) -> Envelope:
    sealed = SUITE.encrypt(pad(plaintext), recipient.primitive, info=info(label, header))
    return Envelope(header, sealed)
