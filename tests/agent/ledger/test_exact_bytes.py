"""The ledger holds what went over the wire and nothing made of it, whatever a server answers."""

import ast
import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import grpc
import kizashi_agent
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import TrustBroken
from kizashi_agent.ledger.entry import Call, Direction, Message
from kizashi_agent.ledger.fields import outer_fields
from kizashi_agent.ledger.recording import LedgerRecorder
from kizashi_agent.ledger.store import Ledger, ledger_of
from kizashi_agent.submit.recorder import Sealed, recorded_exchange, recorded_look
from kizashi_agent.submit.transport import GrpcServer, Server
from kizashi_agent.submit.trust import fetch_directory
from kizashi_protocol import seal_report
from kizashi_protocol.keys import expand
from kizashi_protocol.v1 import service_pb2

from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.agent.submit.loopback import PRESENT, Certificate
from tests.protocol.values import NOW, REPORT_ID, SEALING_SEED

UNKNOWN = b"\xc2\x3e\x06noted!"
"""A record of field 1000, which no message of the protocol has."""

REPORT = Sealed(
    seal_report(b"x", expand(SEALING_SEED)[1], programme_id="p", report_id=REPORT_ID),
    b"x",
    lambda _: None,
)


@dataclass
class Wire:
    """A server whose answers are changed on the way; notes all that goes over, both ways."""

    server: Server
    change: Callable[[bytes], bytes] = lambda answer: answer
    sent: list[bytes] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)

    def carry(self, call: Call, request: bytes) -> bytes:
        """See `Server`."""
        self.sent.append(request)
        self.received.append(self.change(self.server.carry(call, request)))
        return self.received[-1]


@dataclass
class Answering:
    """A server that has one answer to everything."""

    answer: bytes

    def carry(self, call: Call, request: bytes) -> bytes:
        """See `Server`."""
        return self.answer


def wired(folder: Path) -> tuple[Laptop, Wire]:
    """A laptop, and the wire between it and an honest server."""
    laptop = connected_laptop(folder)
    wire = Wire(laptop.server)
    connection = replace(laptop.exchanger.connection, server=wire)
    return replace(laptop, exchanger=replace(laptop.exchanger, connection=connection)), wire


def look(laptop: Laptop) -> None:
    """Looks at the directory, as each connection does."""
    connection, recorder = laptop.exchanger.connection, laptop.exchanger.recorder
    fetch_directory(connection.server, connection.invite, laptop.state, lambda: NOW, recorder)


def messages(ledger: Ledger) -> list[Message]:
    """What a ledger holds; nothing is wrong with it."""
    contents = ledger.read()
    assert contents.faults == ()
    return [each.message for each in contents.entries]


def held(laptop: Laptop, direction: Direction) -> list[bytes]:
    """The bytes that the laptop's ledger holds, one way."""
    every = messages(ledger_of(laptop.state, os.urandom))
    return [each.body for each in every if each.direction is direction]


def test_the_ledger_is_what_went_over_the_wire(tmp_path: Path) -> None:
    """Byte for byte, both ways, for a look, a check, its acknowledgement and a look after them."""
    laptop, wire = wired(tmp_path)
    look(laptop)
    laptop.submit()
    look(laptop)
    assert len(wire.sent) == 4
    assert held(laptop, Direction.SENT) == wire.sent
    assert held(laptop, Direction.RECEIVED) == wire.received


def test_what_an_answer_holds_besides_is_recorded_and_shown(tmp_path: Path) -> None:
    """A field that this agent does not know changes nothing, and is in the bytes and the list."""
    laptop, wire = wired(tmp_path)
    wire.change = lambda answer: answer + UNKNOWN
    laptop.submit()
    look(laptop)
    assert held(laptop, Direction.RECEIVED) == wire.received
    answers = [
        each
        for each in messages(ledger_of(laptop.state, os.urandom))
        if each.direction is Direction.RECEIVED
    ]
    assert len(answers) == 3
    for each in answers:
        assert each.body.endswith(UNKNOWN)
        fields = {found.name: found.value for found in outer_fields(each)}
        assert fields["unknown[1]"] == f"field 1000: {b'noted!'.hex()}"


@pytest.mark.parametrize("name", ["a group", "a number", "within the envelope"])
def test_every_kind_of_unknown_field_is_shown(name: str) -> None:
    """Under the message it stands in, groups with what they hold."""
    body, found = {
        "a group": (b"\xc3\x3e\x08\x07\xc4\x3e", {"unknown[1].unknown[1]": "field 1: 7"}),
        "a number": (b"\xc0\x3e\x07", {"unknown[1]": "field 1000: 7"}),
        "within the envelope": (
            b"\x0a" + bytes([len(UNKNOWN)]) + UNKNOWN,
            {"envelope.unknown[1]": f"field 1000: {b'noted!'.hex()}"},
        ),
    }[name]
    message = Message(NOW, "host:1", Call.EXCHANGE, Direction.RECEIVED, body)
    fields = {each.name: each.value for each in outer_fields(message)}
    assert found.items() <= fields.items()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the ledgers of one property lie."""
    return tmp_path_factory.mktemp("ledgers")


@given(answer=st.binary(max_size=200))
def test_whatever_comes_is_recorded_as_it_came(folder: Path, answer: bytes) -> None:
    """To a look, which may be taken for an answer or not, and to a report, where none is one."""
    ledger = ledger_of(DeviceState(folder, os.urandom), os.urandom)
    ledger.clear()
    recorder = LedgerRecorder(ledger, lambda: NOW)
    server = Answering(answer)
    with contextlib.suppress(TrustBroken):
        recorded_look(server, "host:1", 0, recorder)
    with pytest.raises(TrustBroken) as caught:
        recorded_exchange(server, "host:1", REPORT, recorder)
    assert caught.value.reason == "REPLY_MALFORMED"
    received = [each for each in messages(ledger) if each.direction is Direction.RECEIVED]
    assert [each.call for each in received] == [Call.DIRECTORY, Call.EXCHANGE]
    for each in received:
        assert (each.body, each.plaintext, each.fault) == (answer, None, None)


@pytest.mark.parametrize(
    "answer", [b"\xff", b"", service_pb2.ExchangeResponse().SerializeToString()]
)
def test_a_malformed_answer_to_a_check_is_in_the_ledger(tmp_path: Path, answer: bytes) -> None:
    """With the check that it came to, and the person reads that it could not be read."""
    laptop, wire = wired(tmp_path)
    wire.change = lambda _: answer
    assert laptop.error().reason == "REPLY_MALFORMED"
    assert held(laptop, Direction.SENT) == wire.sent
    assert held(laptop, Direction.RECEIVED) == [answer]


def test_a_malformed_directory_is_in_the_ledger(tmp_path: Path) -> None:
    """It was a failure of gRPC's own before, of which nothing was kept."""
    laptop, wire = wired(tmp_path)
    laptop.submit()
    wire.change = lambda _: b"\xff"
    with pytest.raises(TrustBroken) as caught:
        look(laptop)
    assert caught.value.reason == "REPLY_MALFORMED"
    assert held(laptop, Direction.RECEIVED)[-1] == b"\xff"


# --- Over gRPC


class Echo(grpc.GenericRpcHandler):
    """A gRPC server without the protocol's messages: notes bytes, and answers with what it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.answer = b""

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Takes every call."""
        method = handler_call_details.method

        def noted(request: bytes, _: grpc.ServicerContext) -> bytes:
            self.sent.append((method, request))
            return self.answer

        return grpc.unary_unary_rpc_method_handler(noted)


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[Echo, GrpcServer]]:
    """A server on loopback, and the agent's connection to it."""
    certificate, handler = Certificate.issue(PRESENT), Echo()
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool, handlers=[handler])
        port = server.add_secure_port("127.0.0.1:0", certificate.credentials())
        server.start()
        reached = GrpcServer.open(f"127.0.0.1:{port}", certificate.pem.decode())
        yield handler, reached
        reached.close()
        server.stop(None).wait()


@given(request=st.binary(max_size=300), answer=st.binary(max_size=300), call=st.sampled_from(Call))
def test_grpc_carries_bytes_as_they_are(
    echo: tuple[Echo, GrpcServer], request: bytes, answer: bytes, call: Call
) -> None:
    """What one end gives the other gets, parsed by neither on its way, under the call's name."""
    handler, server = echo
    handler.sent.clear()
    handler.answer = answer
    assert server.carry(call, request) == answer
    assert handler.sent == [(f"/kizashi_protocol.v1.KizashiService/{call}", request)]


def test_over_grpc_the_ledger_is_what_arrived(
    echo: tuple[Echo, GrpcServer], tmp_path: Path
) -> None:
    """The request as the server had it, and its answer though nothing could be made of it."""
    handler, server = echo
    handler.sent.clear()
    handler.answer = b"\xff\xffno message"
    ledger = ledger_of(DeviceState(tmp_path, os.urandom), os.urandom)
    with pytest.raises(TrustBroken):
        recorded_exchange(server, "host:1", REPORT, LedgerRecorder(ledger, lambda: NOW))
    sent, received = messages(ledger)
    assert handler.sent == [("/kizashi_protocol.v1.KizashiService/Exchange", sent.body)]
    assert received.body == handler.answer


# --- One door


def _uses(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    named = {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
    return named & {"carry", "unary_unary", "secure_channel", "insecure_channel"}


def test_everything_goes_through_the_recorder() -> None:
    """Nothing else in the agent opens a channel or sends through one."""
    top = Path(kizashi_agent.__file__).parent
    found = {path.stem: _uses(path) for path in top.rglob("*.py") if _uses(path)}
    assert found == {"transport": {"unary_unary", "secure_channel"}, "recorder": {"carry"}}
