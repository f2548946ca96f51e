"""The two calls over gRPC with TLS, and the standard health service. No reflection."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NoReturn

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.v1 import service_pb2, service_pb2_grpc

from kizashi_server import diagnostics
from kizashi_server.config import ListenAddress
from kizashi_server.errors import ListenFault, ServerError, reason_of, status_of
from kizashi_server.keys.certificate import TlsPair
from kizashi_server.serving.exchange_counts import ANSWERED, DIRECTORY, ExchangeCounts
from kizashi_server.serving.live import Serving
from kizashi_server.serving.unparsable import UnparsableRequests

SERVICE_NAME = "kizashi_protocol.v1.KizashiService"

LARGEST_REQUEST = 64 * 1024
"""Bytes. An envelope takes 34 KB; gRPC itself refuses more than this with RESOURCE_EXHAUSTED."""

WAITING_FACTOR = 8
"""So many times more calls than workers may wait; gRPC refuses others with RESOURCE_EXHAUSTED."""


CONNECTION_DEADLINES = 2
"""A connection lasts for so many of the longest deadlines, then may end what is under way within
one more; its laptop connects again unasked. A call holds a worker from its first byte on, so
without an end a few calls that are begun and never sent would hold all of them for ever."""


class KizashiServicer(service_pb2_grpc.KizashiServiceServicer):
    """Calls in, values out; every fault becomes a google.rpc.Status."""

    def __init__(
        self,
        serving: Callable[[], Serving],
        counts: ExchangeCounts,
        deadline_seconds: float,
    ) -> None:
        """Asks `serving` once a call; no exchange may take longer than `deadline_seconds`."""
        self._serving = serving
        self._counts = counts
        self._deadline_seconds = deadline_seconds

    def GetDirectory(  # noqa: N802 - the generated base class names it
        self,
        request: service_pb2.GetDirectoryRequest,
        context: grpc.ServicerContext,
    ) -> service_pb2.GetDirectoryResponse:
        """Returns the signed directory, and the log as everybody is shown it."""
        serving = self._serving()
        try:
            shown = serving.intake.shown_log(request.log_size)
        except Exception as error:  # noqa: BLE001 - as in Exchange
            self._refuse(error, b"", context)
        self._counts.count(DIRECTORY)
        return service_pb2.GetDirectoryResponse(
            directory=serving.directory, log_head=shown.token, log_consistency=shown.consistency
        )

    def Exchange(  # noqa: N802 - the generated base class names it
        self, request: service_pb2.ExchangeRequest, context: grpc.ServicerContext
    ) -> service_pb2.ExchangeResponse:
        """Answers a sealed report."""
        intake = self._serving().intake
        try:
            deadline = intake.monotonic() + self._seconds(context)
            sealed = intake.exchange(request.envelope, deadline)
        except Exception as error:  # noqa: BLE001 - the one place where unknown becomes INTERNAL
            self._refuse(error, request.envelope.report_id, context)
        self._counts.count(ANSWERED)
        return service_pb2.ExchangeResponse(envelope=service_pb2.Envelope.FromString(sealed))

    def refuse_unparsable(self, context: grpc.ServicerContext) -> NoReturn:
        """Ends a call whose request is no message."""
        self._refuse(MalformedMessage("a request does not parse"), b"", context)

    def _seconds(self, context: grpc.ServicerContext) -> float:
        allowed = context.time_remaining()
        limit = self._deadline_seconds
        return limit if allowed is None else min(allowed, limit)

    def _refuse(
        self, error: Exception, report_id: bytes, context: grpc.ServicerContext
    ) -> NoReturn:
        reason = reason_of(error)
        self._counts.count(reason)
        report = diagnostics.report_name(report_id)
        if reason == ServerError.reason:
            diagnostics.warn("exchange_failed", report=report, error=diagnostics.origin(error))
        else:
            diagnostics.info("exchange_refused", report=report, reason=reason)
        context.abort_with_status(rpc_status.to_status(status_of(error)))


@dataclass(frozen=True, slots=True)
class Service:
    """A listening server.

    Attributes:
        port: the one it listens on.
    """

    server: grpc.Server
    health: health.HealthServicer
    port: int

    def stop(self, grace_seconds: float) -> None:
        """Says NOT_SERVING, takes nothing new, and lets what is under way end within the grace."""
        self.health.enter_graceful_shutdown()
        self.server.stop(grace_seconds).wait()


def listen(
    address: ListenAddress,
    tls: TlsPair,
    servicer: KizashiServicer,
    concurrent_exchanges: int,
    deadline_seconds: int,
) -> Service:
    """Starts to listen.

    Args:
        address: where to.
        tls: certificate and key.
        servicer: answers the calls.
        concurrent_exchanges: how many are worked on at once.
        deadline_seconds: the longest an exchange may take; connections end by it too.

    Raises:
        ListenFault: the address is taken or not this machine's, or the certificate is unusable.
    """
    server = grpc.server(
        ThreadPoolExecutor(concurrent_exchanges, thread_name_prefix="exchange"),
        interceptors=[UnparsableRequests(servicer.refuse_unparsable)],
        maximum_concurrent_rpcs=concurrent_exchanges * WAITING_FACTOR,
        options=[
            ("grpc.max_receive_message_length", LARGEST_REQUEST),
            ("grpc.so_reuseport", 0),  # a second server on the port fails instead of sharing it
            ("grpc.max_connection_age_ms", deadline_seconds * CONNECTION_DEADLINES * 1000),
            ("grpc.max_connection_age_grace_ms", deadline_seconds * 1000),
        ],
    )
    checks = health.HealthServicer()
    checks.set(SERVICE_NAME, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    service_pb2_grpc.add_KizashiServiceServicer_to_server(servicer, server)
    credentials = grpc.ssl_server_credentials([(tls.key, tls.certificate)])
    try:
        port = server.add_secure_port(str(address), credentials)
    except RuntimeError:
        port = 0
    if port == 0:
        raise ListenFault(
            f"cannot listen on {address}",
            f"Cannot listen on {address}: it is in use, or is not an address of this machine. "
            "Change listen in the configuration, or stop what listens there.",
        )
    server.start()
    return Service(server, checks, port)
