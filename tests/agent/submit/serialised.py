"""A server in memory, behind the door through which the agent sends and receives bytes."""

from abc import ABC, abstractmethod

from kizashi_agent.ledger.entry import Call
from kizashi_agent.submit.transport import Published
from kizashi_protocol import Envelope
from kizashi_protocol.v1 import service_pb2


class Serialised(ABC):
    """See `kizashi_agent.submit.transport.Server`; parses what comes and serialises what goes."""

    @abstractmethod
    def get_directory(self, log_size: int) -> Published:
        """What everybody is shown."""

    @abstractmethod
    def exchange(self, envelope: Envelope) -> Envelope:
        """The sealed reply to a sealed report."""

    def carry(self, call: Call, request: bytes) -> bytes:
        """See `Server`."""
        if call is Call.DIRECTORY:
            asked = service_pb2.GetDirectoryRequest.FromString(request)
            shown = self.get_directory(asked.log_size)._asdict()
            return service_pb2.GetDirectoryResponse(**shown).SerializeToString()
        sent = service_pb2.ExchangeRequest.FromString(request)
        reply = self.exchange(Envelope.parse(sent.envelope))
        return service_pb2.ExchangeResponse(envelope=reply.to_message()).SerializeToString()
