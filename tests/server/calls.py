"""Calls to a running server over TLS, and what a refused one says."""

from collections.abc import Callable

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from kizashi_protocol import Envelope
from kizashi_protocol.v1 import service_pb2

from tests.server.conftest import Running
from tests.server.laptop import Sent


def send(running: Running, envelope: service_pb2.Envelope) -> Envelope:
    """The sealed reply."""
    request = service_pb2.ExchangeRequest(envelope=envelope)
    return Envelope.parse(running.stub().Exchange(request, timeout=20).envelope)


def exchange(running: Running, sent: Sent) -> Envelope:
    """The sealed reply to a report."""
    return send(running, sent.envelope.to_message())


def refused(act: Callable[[], object]) -> tuple[grpc.StatusCode, str | None]:
    """The status code of a refusal, and its reason where it is one of ours."""
    with pytest.raises(grpc.RpcError) as caught:
        act()
    error = caught.value
    status = rpc_status.from_call(error)
    if status is None:
        return error.code(), None
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "kizashi"
    return error.code(), info.reason
