"""Real listeners on loopback: a gRPC server with TLS, certificates for it, and those in between."""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kizashi_agent.errors import AgentError
from kizashi_protocol import Envelope
from kizashi_protocol.v1 import service_pb2, service_pb2_grpc

from tests.agent.submit.fake_server import FakeServer
from tests.protocol.values import DAY

PRESENT = int(time.time())
"""gRPC judges certificates by the machine's clock, so what it judges lives in the present."""


@dataclass(frozen=True)
class Certificate:
    """A TLS certificate and its key."""

    parsed: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def issue(
        cls,
        now: int,
        *,
        issuer: Self | None = None,
        names: tuple[str, ...] = ("127.0.0.1", "localhost"),
        days: tuple[float, float] = (-1, 30),
        authority: bool = False,
    ) -> Self:
        """A certificate from `days` around now, signed by an issuer or by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test {authority}")])
        start, end = (datetime.fromtimestamp(now + each * DAY, UTC) for each in days)
        parsed = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer.parsed.subject if issuer else name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(
                x509.SubjectAlternativeName([_name(each) for each in names]), critical=False
            )
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .sign(issuer.key if issuer else key, hashes.SHA256())
        )
        return cls(parsed, key)

    @property
    def der(self) -> bytes:
        """The certificate as it travels."""
        return self.parsed.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate as text."""
        return self.parsed.public_bytes(serialization.Encoding.PEM)

    def credentials(self) -> grpc.ServerCredentials:
        """What a gRPC server needs to show it."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return grpc.ssl_server_credentials([(key, self.pem)])


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Service(service_pb2_grpc.KizashiServiceServicer):
    """A server in memory behind the two calls; a test may have one fail with any gRPC error."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.fail: Callable[[grpc.ServicerContext], None] | None = None
        self.answer: service_pb2.ExchangeResponse | None = None

    def GetDirectory(  # noqa: N802 - the name is the protocol's
        self, request: service_pb2.GetDirectoryRequest, context: grpc.ServicerContext
    ) -> service_pb2.GetDirectoryResponse:
        """The directory."""
        return service_pb2.GetDirectoryResponse(
            **self.server.get_directory(request.log_size)._asdict()
        )

    def Exchange(  # noqa: N802 - the name is the protocol's
        self, request: service_pb2.ExchangeRequest, context: grpc.ServicerContext
    ) -> service_pb2.ExchangeResponse:
        """One exchange."""
        if self.fail is not None:
            self.fail(context)
        if self.answer is not None:
            return self.answer
        try:
            reply = self.server.exchange(Envelope.parse(request.envelope))
        except AgentError as error:
            context.abort(grpc.StatusCode.INTERNAL, error.reason)
        return service_pb2.ExchangeResponse(envelope=reply.to_message())


@contextlib.contextmanager
def listening(service: Service, certificate: Certificate) -> Iterator[int]:
    """Runs a gRPC server with TLS; gives its port."""
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        service_pb2_grpc.add_KizashiServiceServicer_to_server(service, server)
        port = server.add_secure_port("127.0.0.1:0", certificate.credentials())
        server.start()
        try:
            yield port
        finally:
            server.stop(None).wait()


@contextlib.contextmanager
def accepting(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """A plain TCP listener that hands each connection to a function of its own thread."""
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connections.append(connection)
                    thread = threading.Thread(target=handle, args=(connection,), daemon=True)
                    threads.append(thread)
                    thread.start()

        accepter = threading.Thread(target=accept, daemon=True)
        accepter.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepter.join()
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def forward(connection: socket.socket, port: int) -> None:
    """Passes a connection on to a port of this machine, both ways, until either side ends."""
    with connection, socket.create_connection(("127.0.0.1", port)) as onward:

        def copy(source: socket.socket, target: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(65_536):
                    target.sendall(data)
            for each in (source, target):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

        back = threading.Thread(target=copy, args=(onward, connection), daemon=True)
        back.start()
        copy(connection, onward)
        back.join()
