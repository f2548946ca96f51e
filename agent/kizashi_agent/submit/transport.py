"""The one connection: gRPC over TLS, to the configured server and to no other host.

What goes through it is bytes, both ways, so that what is recorded is what travels. They are parsed
afterwards; `kizashi_agent.submit.recorder` sends, records and parses, and nothing else does.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from kizashi_protocol import Envelope, MalformedMessage
from kizashi_protocol.v1 import directory_pb2, service_pb2

from kizashi_agent.errors import AgentError, ServerRefused, ServerUnreachable, TrustBroken
from kizashi_agent.ledger.entry import Call

DEADLINE = 15.0
"""Seconds for one call. Scoring takes milliseconds; the rest is a slow network."""

LARGEST_ANSWER = 128 * 1024
"""Bytes. A reply takes 34 KB; a directory of many programmes somewhat more."""

SERVICE = service_pb2.DESCRIPTOR.services_by_name["KizashiService"].full_name

ERROR_DOMAIN = "kizashi"

_WORDS = {
    "ENVELOPE_SIZE": "It speaks another version of the protocol. Update Kizashi and try again.",
    "PROTOCOL_VERSION": "It speaks another version of the protocol. Update Kizashi and try again.",
    "PROGRAMME_UNKNOWN": "It no longer offers this programme. Ask your site for a new invite.",
    "KEY_OUTDATED": "Its keys changed while this check was under way. Try again.",
    "REPORT_CONFLICT": "It has had this check already, in another form. Start a new check.",
    "ERASED": "This check was withdrawn and erased. Nothing is left to answer.",
    "RATE_LIMITED": "It is busy. Wait a minute and try again.",
    "REPORT_IN_PROGRESS": "It is still working on this check. Wait a minute and try again.",
    "DEADLINE_PASSED": "It could not answer in time. Wait a minute and try again.",
    "STORE_UNAVAILABLE": "It cannot keep its records at the moment. Try again later.",
    "ENVELOPE_UNREADABLE": "It could not open what was sent. Try again; if it happens again, "
    "tell your site's contact.",
}


class Published(NamedTuple):
    """What a server shows everybody, nothing of it verified.

    Attributes:
        log_head: token of the newest published head of the log.
        log_consistency: proof (32 bytes each) from the size asked with to that head.
    """

    directory: directory_pb2.SignedDirectory
    log_head: str
    log_consistency: tuple[bytes, ...]


class Server(Protocol):
    """A server, as the agent sees it: one door, through which everything goes."""

    def carry(self, call: Call, request: bytes) -> bytes:
        """Sends exactly these bytes and returns exactly those that come back, not yet parsed.

        Args:
            call: which call of the service.
            request: its request, serialised.

        Raises:
            ServerRefused: a fault the server saw without opening; `reason` says which.
            ServerUnreachable: no answer.
        """
        ...


def read_published(answer: bytes) -> Published:
    """The directory and the log, not yet verified.

    Raises:
        TrustBroken: the bytes are no GetDirectoryResponse.
    """
    try:
        parsed = service_pb2.GetDirectoryResponse.FromString(answer)
    except DecodeError:
        raise _malformed("the answer is no directory") from None
    return Published(parsed.directory, parsed.log_head, tuple(parsed.log_consistency))


def read_envelope(answer: bytes) -> Envelope:
    """The sealed reply.

    Raises:
        TrustBroken: the bytes are no ExchangeResponse, or hold no envelope.
    """
    try:
        return Envelope.parse(service_pb2.ExchangeResponse.FromString(answer).envelope)
    except DecodeError:
        raise _malformed("the answer is no message") from None
    except MalformedMessage as error:
        raise _malformed(f"the answer is no envelope: {error.log}") from None


def _malformed(log: str) -> TrustBroken:
    return TrustBroken(
        log,
        "The server's answer is not in the agreed form, so it was not read. "
        "Tell your site's contact.",
        reason="REPLY_MALFORMED",
    )


@dataclass(frozen=True, slots=True)
class GrpcServer:
    """A server over gRPC with TLS.

    Attributes:
        channel: ends at one address with one certificate.
        address: host and port, for messages.
    """

    channel: grpc.Channel
    address: str

    @classmethod
    def open(cls, address: str, certificate: str) -> Self:
        """A connection whose far end can only be the holder of this certificate (PEM)."""
        credentials = grpc.ssl_channel_credentials(certificate.encode())
        options = [
            ("grpc.enable_http_proxy", 0),  # a proxy would be another host
            ("grpc.max_receive_message_length", LARGEST_ANSWER),
            ("grpc.enable_retries", 0),
            ("grpc.service_config_disable_resolution", 1),  # no TXT look-up
        ]
        # The scheme is named because gRPC would take a host called "unix" or "vsock" for one.
        channel = grpc.secure_channel(f"dns:///{address}", credentials, options=options)
        return cls(channel, address)

    def carry(self, call: Call, request: bytes) -> bytes:
        """See `Server`."""
        # Without serialisers gRPC takes and gives bytes as they are.
        send: grpc.UnaryUnaryMultiCallable[bytes, bytes]
        send = self.channel.unary_unary(f"/{SERVICE}/{call}")
        try:
            return send(request, timeout=DEADLINE)
        except grpc.RpcError as error:
            raise self._explain(error) from None

    def close(self) -> None:
        """Ends the connection."""
        self.channel.close()

    def _explain(self, error: grpc.RpcError) -> AgentError:
        code = error.code()
        reason = _reason_of(error)
        if reason is not None:
            words = _WORDS.get(reason, "Try again later, or tell your site's contact.")
            return ServerRefused(
                f"{self.address} answered {code.name} {reason}",
                f"The server refused the message. {words}",
                reason=reason,
            )
        if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            return unreachable(self.address, code.name)
        return ServerRefused(
            f"{self.address} answered {code.name} without a reason",
            "The server failed to answer. Try again later, or tell your site's contact.",
            reason=code.name,
        )


def unreachable(address: str, log: str) -> ServerUnreachable:
    """The error for a server that does not answer."""
    return ServerUnreachable(
        f"no answer from {address}: {log}",
        f"The server at {address} does not answer. Check the network connection and try again; "
        "if others have the same trouble, tell your site's contact.",
        reason="SERVER_UNREACHABLE",
    )


def _reason_of(error: grpc.RpcError) -> str | None:
    try:
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            found = error_details_pb2.ErrorInfo()
            if detail.Unpack(found) and found.domain == ERROR_DOMAIN:
                reason: str = found.reason
                return reason if reason.isascii() and reason.isprintable() else None
    except (ValueError, DecodeError):
        # Details that do not parse, or contradict the code: no answer of our server.
        return None
    return None
