"""What is told of each message before it is sent, and of its answer afterwards."""

from typing import Protocol

from kizashi_protocol import Envelope
from kizashi_protocol.v1 import service_pb2

from kizashi_agent.errors import AgentError
from kizashi_agent.ledger.entry import Call
from kizashi_agent.submit.transport import Published, Server


class Recorder(Protocol):
    """Keeps what goes out and what comes back."""

    def sending(self, call: Call, address: str, body: bytes, plaintext: bytes | None = None) -> int:
        """Keeps a message that is about to be sent, and gives a ticket for its answer.

        Args:
            call: which call it belongs to.
            address: host and port.
            body: the exact bytes.
            plaintext: what they seal, before padding; None where nothing is sealed.

        Raises:
            AgentError, OSError: it could not be kept, so it must not be sent.
        """
        ...

    def received(self, ticket: int, body: bytes, plaintext: bytes | None = None) -> None:
        """Keeps the answer; `plaintext` is None where it is not sealed or did not open.

        Raises:
            AgentError, OSError: it could not be kept.
        """
        ...

    def failed(self, ticket: int, reason: str) -> None:
        """Keeps that a fault came in place of an answer; errors as `received`."""
        ...


class NotRecorded:
    """Keeps nothing: for a check without an account."""

    def sending(self, call: Call, address: str, body: bytes, plaintext: bytes | None = None) -> int:
        """See `Recorder`."""
        del call, address, body, plaintext
        return 0

    def received(self, ticket: int, body: bytes, plaintext: bytes | None = None) -> None:
        """See `Recorder`."""

    def failed(self, ticket: int, reason: str) -> None:
        """See `Recorder`."""


def recorded_look(server: Server, address: str, log_size: int, recorder: Recorder) -> Published:
    """What a server shows everybody, nothing of it verified, with request and answer recorded.

    Args:
        server: the open connection.
        address: host and port.
        log_size: of the newest published log head seen, or 0.
        recorder: told of both.

    Raises:
        AgentError: as `Server.get_directory`, or it could not be recorded.
    """
    request = service_pb2.GetDirectoryRequest(log_size=log_size)
    ticket = recorder.sending(Call.DIRECTORY, address, request.SerializeToString())
    try:
        published = server.get_directory(log_size)
    except AgentError as error:
        recorder.failed(ticket, error.reason)
        raise
    answer = service_pb2.GetDirectoryResponse(
        directory=published.directory,
        log_head=published.log_head,
        log_consistency=published.log_consistency,
    )
    recorder.received(ticket, answer.SerializeToString())
    return published


def bytes_of(envelope: Envelope) -> bytes:
    """An envelope's exact bytes, as they stand in a message."""
    return envelope.to_message().SerializeToString()
