"""Asks a running server whether it serves, as a container or a monitor would."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kizashi_server.config import ListenAddress
from kizashi_server.errors import ListenFault
from kizashi_server.keys.certificate import ReadCertificate
from kizashi_server.serving.service import SERVICE_NAME

TIMEOUT_SECONDS = 5.0

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - read here, not listened on


def check_health(address: ListenAddress, certificate: ReadCertificate) -> None:
    """Returns when the server at an address serves and shows this very certificate.

    Raises:
        ListenFault: nobody answers there, or somebody else, or the server is stopping.
    """
    target = f"{_LOOPBACK.get(address.host, address.host)}:{address.port}"
    options = [
        # The address is local and need not be in the certificate; one of its own names must be.
        ("grpc.ssl_target_name_override", certificate.host),
        ("grpc.enable_http_proxy", 0),
    ]
    credentials = grpc.ssl_channel_credentials(certificate.pem)
    with grpc.secure_channel(target, credentials, options=options) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service=SERVICE_NAME)
        try:
            answer = stub.Check(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            raise _fault(target, error.code().name) from None
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise _fault(target, "NOT_SERVING")


def _fault(target: str, state: str) -> ListenFault:
    return ListenFault(
        f"health of {target}: {state}",
        f"The server at {target} does not serve ({state}). See its log.",
    )
