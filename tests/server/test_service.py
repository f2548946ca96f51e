"""The edge between gRPC and the intake: deadlines, and faults that nobody expected."""

import dataclasses
import io
import json
import logging
from typing import Any, cast

import grpc
import pytest
from kizashi_protocol import PLAINTEXT_BYTES, Refusal, Reply
from kizashi_protocol.v1 import directory_pb2, service_pb2
from kizashi_server import diagnostics
from kizashi_server.errors import ServerError, reason_of
from kizashi_server.exchange.intake import Intake
from kizashi_server.exchange.reply import ReplyAddress, sealed
from kizashi_server.serving.exchange_counts import ANSWERED, ExchangeCounts
from kizashi_server.serving.live import Serving
from kizashi_server.serving.service import KizashiServicer

from tests.server.world import World, make_world


class Aborted(Exception):
    """The call was ended with a status."""


@dataclasses.dataclass
class Context:
    """The part of a call's context that the service uses."""

    remaining: float | None = None
    status: grpc.Status | None = None

    def time_remaining(self) -> float | None:
        """Seconds the caller still waits, if it said."""
        return self.remaining

    def abort_with_status(self, status: grpc.Status) -> None:
        """Ends the call."""
        self.status = status
        raise Aborted


@dataclasses.dataclass
class RecordingIntake:
    """Notes deadlines, and fails as told."""

    failure: Exception | None = None
    deadlines: list[float] = dataclasses.field(default_factory=list)

    def monotonic(self) -> float:
        """Always the same moment."""
        return 100.0

    def exchange(self, message: service_pb2.Envelope, deadline: float) -> bytes:
        """See `Intake`."""
        self.deadlines.append(deadline)
        if self.failure is not None:
            raise self.failure
        return message.SerializeToString()


def call(intake: Any, context: Context, counts: ExchangeCounts | None = None) -> None:
    """One exchange of an empty envelope, with a limit of ten seconds."""
    serving = Serving(directory_pb2.SignedDirectory(), cast("Intake", intake))
    servicer = KizashiServicer(lambda: serving, counts or ExchangeCounts(), 10)
    request = service_pb2.ExchangeRequest(envelope=service_pb2.Envelope(report_id=b"r" * 16))
    servicer.Exchange(request, cast("grpc.ServicerContext", context))


@pytest.mark.parametrize(
    ("remaining", "deadline"), [(None, 110), (3600, 110), (0.5, 100.5), (-1, 99)]
)
def test_deadline_is_the_callers_and_never_later_than_ours(
    remaining: float | None, deadline: float
) -> None:
    """A caller that waits for ever is worked on for ten seconds at most."""
    intake = RecordingIntake()
    call(intake, Context(remaining))
    assert intake.deadlines == [deadline]


def test_unexpected_fault_is_internal_and_logged_without_its_text() -> None:
    """The caller learns nothing, the log learns where, and neither the words."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers, root.level
    diagnostics.configure(stream)
    context, counts = Context(), ExchangeCounts()
    try:
        with pytest.raises(Aborted):
            call(RecordingIntake(RuntimeError("a summary")), context, counts)
    finally:
        root.handlers, root.level = handlers, level
    assert context.status is not None
    assert context.status.code is grpc.StatusCode.INTERNAL
    assert "a summary" not in str(context.status)
    event = json.loads(stream.getvalue())
    assert event["event"] == "exchange_failed"
    assert event["error"].startswith("RuntimeError at test_service.py:")
    assert "a summary" not in stream.getvalue()
    assert counts.totals() == {"INTERNAL": 1}


def test_answers_are_counted_alike() -> None:
    """Whatever is inside them."""
    counts = ExchangeCounts()
    for _ in range(2):
        call(RecordingIntake(), Context(), counts)
    assert counts.totals() == {ANSWERED: 2}


def test_reply_too_long_for_its_size_is_our_fault() -> None:
    """And not told to the caller as a fault of its report."""
    world: World = make_world()
    sent = world.laptop.check()
    address = ReplyAddress(sent.reply_key.public, "en")
    with pytest.raises(ServerError) as caught:
        sealed(Reply(Refusal("LONG", "x" * PLAINTEXT_BYTES)), address, sent.envelope.header)
    assert reason_of(caught.value) == "INTERNAL"
