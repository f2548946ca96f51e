"""What the one connection makes of everything a server can answer."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from kizashi_agent.errors import AgentError, ServerRefused, ServerUnreachable, TrustBroken
from kizashi_agent.submit.recorder import (
    NotRecorded,
    Sealed,
    recorded_exchange,
    recorded_look,
)
from kizashi_agent.submit.transport import _WORDS, LARGEST_ANSWER, GrpcServer
from kizashi_protocol import Envelope, seal_report
from kizashi_protocol.keys import expand
from kizashi_protocol.v1 import service_pb2

from tests.agent.submit.fake_server import FakeServer
from tests.agent.submit.loopback import PRESENT, Certificate, Service, listening
from tests.protocol.values import REPORT_ID, SEALING_SEED

SEALED = seal_report(b"x", expand(SEALING_SEED)[1], programme_id="p", report_id=REPORT_ID)


def exchanged(server: GrpcServer) -> Envelope:
    """What comes back for a sealed report."""
    report = Sealed(SEALED, b"x", lambda _: None)
    return recorded_exchange(server, server.address, report, NotRecorded())


class Wire(NamedTuple):
    """A service that a test bends, and the agent's connection to it."""

    service: Service
    server: GrpcServer

    def error(self) -> AgentError:
        """What an exchange ends with."""
        with pytest.raises(AgentError) as caught:
            exchanged(self.server)
        assert caught.value.person
        return caught.value


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    """A self-signed certificate."""
    return Certificate.issue(PRESENT)


@pytest.fixture
def wire(certificate: Certificate) -> Iterator[Wire]:
    """A service on loopback and a connection to it."""
    service = Service(FakeServer())
    with listening(service, certificate) as port:
        server = GrpcServer.open(f"127.0.0.1:{port}", certificate.pem.decode())
        yield Wire(service, server)
        server.close()


def failing(
    reason: str, *, domain: str = "kizashi", code: grpc.StatusCode = grpc.StatusCode.NOT_FOUND
) -> Callable[[grpc.ServicerContext], None]:
    """A service that answers with a rich error."""
    details = AnyMessage()
    details.Pack(error_details_pb2.ErrorInfo(reason=reason, domain=domain))
    status = status_pb2.Status(code=code.value[0], message="words", details=[details])

    def fail(context: grpc.ServicerContext) -> None:
        context.abort_with_status(rpc_status.to_status(status))

    return fail


def with_details(details: bytes) -> Callable[[grpc.ServicerContext], None]:
    """A service whose error details are these bytes."""

    def fail(context: grpc.ServicerContext) -> None:
        context.set_trailing_metadata((("grpc-status-details-bin", details),))
        context.abort(grpc.StatusCode.NOT_FOUND, "words")

    return fail


def test_a_sealed_reply_comes_back(wire: Wire) -> None:
    """What the server answers is what the agent gets."""
    wire.service.answer = service_pb2.ExchangeResponse(envelope=SEALED.to_message())
    assert exchanged(wire.server) == SEALED


@pytest.mark.parametrize("reason", _WORDS)
def test_a_fault_keeps_its_reason(wire: Wire, reason: str) -> None:
    """Each documented fault arrives by its reason, with words on what to do."""
    wire.service.fail = failing(reason)
    error = wire.error()
    assert isinstance(error, ServerRefused)
    assert error.reason == reason
    assert _WORDS[reason] in error.person


def test_a_fault_nobody_knows_still_has_words(wire: Wire) -> None:
    """A newer server may have reasons that this agent does not know."""
    wire.service.fail = failing("SOMETHING_NEW")
    error = wire.error()
    assert (type(error), error.reason) == (ServerRefused, "SOMETHING_NEW")
    assert "Try again later" in error.person


def test_a_reason_of_a_busy_server_is_not_taken_for_no_answer(wire: Wire) -> None:
    """UNAVAILABLE with a reason is the server's own word; without one it is the network's."""
    wire.service.fail = failing("REPORT_IN_PROGRESS", code=grpc.StatusCode.UNAVAILABLE)
    assert wire.error().reason == "REPORT_IN_PROGRESS"
    wire.service.fail = lambda context: context.abort(grpc.StatusCode.UNAVAILABLE, "words")
    assert isinstance(wire.error(), ServerUnreachable)


@pytest.mark.parametrize("reason", ["\x1b[2J", "春", "A\nB"])
def test_a_reason_that_is_no_reason_is_not_repeated(wire: Wire, reason: str) -> None:
    """What a server sends in a reason's place reaches neither screen nor log."""
    wire.service.fail = failing(reason)
    error = wire.error()
    assert error.reason == "NOT_FOUND"
    assert reason not in error.log + error.person


@pytest.mark.parametrize(
    "fail",
    [
        failing("KEY_OUTDATED", domain="example.org"),
        with_details(b""),
        with_details(b"\xff\xff"),
        with_details(status_pb2.Status(code=1).SerializeToString()),
        with_details(
            status_pb2.Status(
                code=5,
                message="words",
                details=[
                    AnyMessage(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff")
                ],
            ).SerializeToString()
        ),
        lambda context: context.abort(grpc.StatusCode.NOT_FOUND, "words"),
    ],
    ids=["another domain", "empty", "garbage", "another code", "garbage within", "none"],
)
def test_details_that_are_not_ours_are_no_reason(
    wire: Wire, fail: Callable[[grpc.ServicerContext], None]
) -> None:
    """Whatever stands in the details, the agent has one plain error for it."""
    wire.service.fail = fail
    error = wire.error()
    assert (type(error), error.reason) == (ServerRefused, "NOT_FOUND")


def test_an_answer_that_is_no_envelope_is_not_believed(wire: Wire) -> None:
    """Another size, version or header is an answer out of form."""
    for change in ({"ciphertext": b""}, {"protocol_version": 2}, {"suite": 0}, {"key_id": b""}):
        message = SEALED.to_message()
        for name, value in change.items():
            setattr(message, name, value)
        wire.service.answer = service_pb2.ExchangeResponse(envelope=message)
        error = wire.error()
        assert (type(error), error.reason) == (TrustBroken, "REPLY_MALFORMED")


def test_an_answer_too_large_is_not_read(wire: Wire) -> None:
    """No server can fill the laptop's memory."""
    message = SEALED.to_message()
    message.ciphertext = bytes(LARGEST_ANSWER)
    wire.service.answer = service_pb2.ExchangeResponse(envelope=message)
    assert wire.error().reason == "RESOURCE_EXHAUSTED"


def test_the_channel_ends_at_one_certificate(certificate: Certificate) -> None:
    """A server with another certificate, for the same name, gets nothing."""
    service = Service(FakeServer())
    with listening(service, Certificate.issue(PRESENT)) as port:
        server = GrpcServer.open(f"127.0.0.1:{port}", certificate.pem.decode())
        with pytest.raises(ServerUnreachable):
            exchanged(server)
        with pytest.raises(ServerUnreachable):
            recorded_look(server, server.address, 0, NotRecorded())
        server.close()
    assert service.server.envelopes == []


def test_a_hosts_name_is_never_a_scheme(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GRPC reads "unix:4444" as a socket's path; a host of that name is looked up like any other."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("4444")
        listener.listen()
        listener.setblocking(False)
        server = GrpcServer.open("unix:4444", certificate.pem.decode())
        with pytest.raises(ServerUnreachable):
            recorded_look(server, server.address, 0, NotRecorded())
        server.close()
        with pytest.raises(BlockingIOError):
            listener.accept()
