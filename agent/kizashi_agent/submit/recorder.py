"""What is told of each message before it is sent, and of its answer afterwards.

Nothing else in the agent sends, so that nothing is sent unrecorded: what is recorded are the very
bytes that go out and come back, before anything is made of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from kizashi_protocol import Envelope
from kizashi_protocol.v1 import service_pb2

from kizashi_agent.errors import AgentError
from kizashi_agent.ledger.entry import Call
from kizashi_agent.submit.transport import Published, Server, read_envelope, read_published


class Awaited(Protocol):
    """What is told of the answer to a message that was kept and is being sent."""

    def received(self, body: bytes, plaintext: bytes | None = None) -> None:
        """Keeps the answer as it came; `plaintext` is None where it is not sealed or did not open.

        The answer to a message that was erased meanwhile is not kept.

        Raises:
            AgentError, OSError: it could not be kept.
        """
        ...

    def failed(self, reason: str) -> None:
        """Keeps that a fault came in place of an answer; errors as `received`."""
        ...


class Recorder(Protocol):
    """Keeps what goes out and what comes back."""

    def sending(
        self, call: Call, address: str, body: bytes, plaintext: bytes | None = None
    ) -> Awaited:
        """Keeps a message that is about to be sent, and gives what is told of its answer.

        Args:
            call: which call it belongs to.
            address: host and port.
            body: the exact bytes of the request.
            plaintext: what they seal, before padding; None where nothing is sealed.

        Raises:
            AgentError, OSError: it could not be kept, so it must not be sent.
        """
        ...

    def forget(self) -> None:
        """Forgets what was to be kept later, since what is kept was erased."""
        ...


class NotRecorded:
    """Keeps nothing: for a check without an account."""

    def sending(
        self, call: Call, address: str, body: bytes, plaintext: bytes | None = None
    ) -> Awaited:
        """See `Recorder`."""
        del call, address, body, plaintext
        return _NotKept()

    def forget(self) -> None:
        """See `Recorder`."""


class _NotKept:
    """See `Awaited`."""

    def received(self, body: bytes, plaintext: bytes | None = None) -> None:
        """See `Awaited`."""

    def failed(self, reason: str) -> None:
        """See `Awaited`."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed report, with what the ledger is told of it.

    Attributes:
        envelope: what is sent.
        plaintext: what it seals, before padding.
        opened: what an answer seals, before padding; None where it does not open.
    """

    envelope: Envelope = field(repr=False)
    plaintext: bytes = field(repr=False)
    opened: Callable[[Envelope], bytes | None] = field(repr=False)


def recorded_look(server: Server, address: str, log_size: int, recorder: Recorder) -> Published:
    """What a server shows everybody, nothing of it verified, with request and answer recorded.

    Args:
        server: the open connection.
        address: host and port.
        log_size: of the newest published log head seen, or 0.
        recorder: told of both.

    Raises:
        AgentError: as `Server.carry` and `read_published`, or it could not be recorded.
    """
    request = service_pb2.GetDirectoryRequest(log_size=log_size).SerializeToString()
    awaited = recorder.sending(Call.DIRECTORY, address, request)
    answer = _carried(server, Call.DIRECTORY, request, awaited)
    awaited.received(answer)
    return read_published(answer)


def recorded_exchange(server: Server, address: str, sealed: Sealed, recorder: Recorder) -> Envelope:
    """The sealed reply to a sealed report, with request and answer recorded, and what they seal.

    Args:
        server: the open connection.
        address: host and port.
        sealed: the report.
        recorder: told of both.

    Raises:
        AgentError: as `Server.carry` and `read_envelope`, or it could not be recorded.
    """
    request = request_of(sealed.envelope)
    awaited = recorder.sending(Call.EXCHANGE, address, request, sealed.plaintext)
    answer = _carried(server, Call.EXCHANGE, request, awaited)
    try:
        envelope = read_envelope(answer)
    except AgentError:
        awaited.received(answer)
        raise
    awaited.received(answer, sealed.opened(envelope))
    return envelope


def request_of(envelope: Envelope) -> bytes:
    """The exact bytes that an envelope travels in; one that is an answer is wrapped alike."""
    return service_pb2.ExchangeRequest(envelope=envelope.to_message()).SerializeToString()


def _carried(server: Server, call: Call, request: bytes, awaited: Awaited) -> bytes:
    try:
        return server.carry(call, request)
    except AgentError as error:
        awaited.failed(error.reason)
        raise
