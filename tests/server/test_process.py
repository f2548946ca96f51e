"""The server as its users meet it: a process, TLS, and callers who send what they like."""

import concurrent.futures
import dataclasses
import json
import os
import re
import socket
import ssl
import stat
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from kizashi_protocol import (
    CIPHERTEXT_BYTES,
    Acknowledged,
    Erased,
    Feedback,
    Refusal,
    Scope,
    Withheld,
)
from kizashi_protocol.v1 import service_pb2

from tests.server.calls import exchange, refused, send
from tests.server.conftest import Running, command, served
from tests.server.laptop import Laptop, Sent, tampered


@pytest.fixture
def laptop(running: Running) -> Laptop:
    """A laptop that has verified the directory of the running server."""
    return Laptop(running.directory(), running.invite.programme_id, int(time.time()))


def test_check_acknowledgement_and_withdrawal(running: Running, laptop: Laptop) -> None:
    """The whole way over TLS: feedback, then dropped, then erased."""
    sent = laptop.check()
    outcome = sent.open(exchange(running, sent)).outcome
    assert isinstance(outcome, Feedback)
    assert outcome.help[0].name == "Student Counselling"
    acknowledgement, withdrawal = laptop.acknowledge(sent), laptop.withdraw(sent)
    assert acknowledgement.open(exchange(running, acknowledgement)).outcome == Acknowledged()
    assert isinstance(withdrawal.open(exchange(running, withdrawal)).outcome, Erased)


def test_replay_gets_the_same_bytes(running: Running, laptop: Laptop) -> None:
    """Also when eight send it at once."""
    sent = laptop.check()
    with concurrent.futures.ThreadPoolExecutor(8) as callers:
        replies = list(callers.map(lambda _: exchange(running, sent), range(8)))
    assert len({reply.ciphertext for reply in replies}) == 1


def test_unconsented_check_is_answered_under_seal(running: Running, laptop: Laptop) -> None:
    """With gRPC OK and in the one size."""
    nothing, score_only, both = laptop.check([]), laptop.check([Scope.SCORE]), laptop.check()
    replies = [exchange(running, sent) for sent in (nothing, score_only, both)]
    assert len({reply.to_message().ByteSize() for reply in replies}) == 1
    refusal = nothing.open(replies[0]).outcome
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "CONSENT_MISSING"
    assert score_only.open(replies[1]).outcome == Withheld()


def changed(sent: Sent, **fields: object) -> service_pb2.Envelope:
    """The report's envelope with fields of its message replaced."""
    message = sent.envelope.to_message()
    for name, value in fields.items():
        setattr(message, name, value)
    return message


@pytest.mark.parametrize(
    ("fields", "code", "reason"),
    [
        ({"ciphertext": b""}, "INVALID_ARGUMENT", "ENVELOPE_SIZE"),
        ({"ciphertext": bytes(20_000)}, "INVALID_ARGUMENT", "ENVELOPE_SIZE"),
        ({"ciphertext": bytes(CIPHERTEXT_BYTES)}, "INVALID_ARGUMENT", "ENVELOPE_UNREADABLE"),
        ({"ciphertext": bytes(80_000)}, "RESOURCE_EXHAUSTED", None),
        ({"protocol_version": 2}, "INVALID_ARGUMENT", "PROTOCOL_VERSION"),
        ({"suite": 0}, "INVALID_ARGUMENT", "PROTOCOL_VERSION"),
        ({"report_id": b"short"}, "INVALID_ARGUMENT", "MALFORMED"),
        ({"programme_id": "Self Check"}, "INVALID_ARGUMENT", "MALFORMED"),
        ({"programme_id": "another"}, "NOT_FOUND", "PROGRAMME_UNKNOWN"),
        ({"key_id": bytes(16)}, "FAILED_PRECONDITION", "KEY_OUTDATED"),
    ],
)
def test_malformed_envelope_gets_its_status(
    running: Running, laptop: Laptop, fields: dict[str, object], code: str, reason: str | None
) -> None:
    """As documented, and the report itself is still answered afterwards."""
    sent = laptop.check()
    expected = (grpc.StatusCode[code], reason)
    assert refused(lambda: send(running, changed(sent, **fields))) == expected
    assert isinstance(sent.open(exchange(running, sent)).outcome, Feedback)


def test_conflict_erasure_and_garbage_get_their_status(running: Running, laptop: Laptop) -> None:
    """Another envelope under a known id, an erased report, a turned bit."""
    sent = laptop.check()
    exchange(running, sent)
    other = laptop.check(report_id=sent.report_id)
    assert refused(lambda: exchange(running, other)) == (
        grpc.StatusCode.ALREADY_EXISTS,
        "REPORT_CONFLICT",
    )
    exchange(running, laptop.withdraw(sent))
    gone = (grpc.StatusCode.FAILED_PRECONDITION, "ERASED")
    assert refused(lambda: exchange(running, sent)) == gone
    fresh = laptop.check()
    spoiled = dataclasses.replace(fresh, envelope=tampered(fresh.envelope))
    unreadable = (grpc.StatusCode.INVALID_ARGUMENT, "ENVELOPE_UNREADABLE")
    assert refused(lambda: exchange(running, spoiled)) == unreadable
    exchange(running, fresh)


def bare_call(channel: grpc.Channel, method: str) -> "grpc.UnaryUnaryMultiCallable[bytes, bytes]":
    """A call that sends and returns bytes as they are."""
    return channel.unary_unary(f"/{method}")


def test_bytes_that_are_no_message_do_not_stop_it(running: Running, laptop: Laptop) -> None:
    """Neither inside a call nor in place of TLS or HTTP/2."""
    malformed = (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED")
    for method in ("Exchange", "GetDirectory"):
        raw = bare_call(running.channel(), f"kizashi_protocol.v1.KizashiService/{method}")
        assert refused(partial(raw, b"\xff" * 100, timeout=10)) == malformed
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(300)):
        with socket.create_connection(("127.0.0.1", running.invite.port), timeout=10) as plain:
            plain.sendall(garbage)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", running.invite.port), timeout=10) as plain,
        context.wrap_socket(plain) as secured,
    ):
        secured.sendall(os.urandom(300))
    sent = laptop.check()
    assert isinstance(sent.open(exchange(running, sent)).outcome, Feedback)


def test_calls_begun_and_never_sent_hold_no_worker_for_long(own_folder: Path) -> None:
    """As many of them as there are workers are ended, and others are answered again."""
    path = own_folder / "site.toml"
    path.write_text(path.read_text().replace("deadline_seconds = 5", "deadline_seconds = 1"))
    ended = threading.Event()

    def nothing() -> Iterator[bytes]:
        ended.wait()
        yield from ()

    with served(own_folder) as running:
        # To the server a call with one message; to this caller a stream that it need not begin.
        begin: grpc.StreamUnaryMultiCallable[bytes, bytes] = running.channel().stream_unary(
            "/kizashi_protocol.v1.KizashiService/Exchange"
        )
        calls = [begin.future(nothing()) for _ in range(4)]
        try:
            for call in calls:
                error = call.exception(timeout=30)
                assert isinstance(error, grpc.RpcError)
                assert error.code() is grpc.StatusCode.UNAVAILABLE
            assert running.stub().GetDirectory(service_pb2.GetDirectoryRequest(), timeout=10)
        finally:
            ended.set()


def test_health_is_served_and_reflection_is_not(running: Running) -> None:
    """By the standard service, for the whole and for ours; nothing lists what there is."""
    stub = health_pb2_grpc.HealthStub(running.channel())
    for service in ("", "kizashi_protocol.v1.KizashiService"):
        request = health_pb2.HealthCheckRequest(service=service)
        assert stub.Check(request, timeout=10).status == health_pb2.HealthCheckResponse.SERVING
    reflect = bare_call(
        running.channel(), "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
    )
    assert refused(lambda: reflect(b"", timeout=10))[0] is grpc.StatusCode.UNIMPLEMENTED


def test_plain_text_is_not_served(running: Running) -> None:
    """There is no way in without TLS."""
    with grpc.insecure_channel(running.invite.address) as channel:
        call = bare_call(channel, "kizashi_protocol.v1.KizashiService/GetDirectory")
        assert refused(lambda: call(b"", timeout=3))[0] in (
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.DEADLINE_EXCEEDED,
        )


def test_second_server_on_the_port_is_refused(running: Running) -> None:
    """On one line, with exit code 6; the first serves on and passes the health command."""
    text = (running.folder / "site.toml").read_text()
    taken = running.folder / "taken.toml"
    taken.write_text(text.replace("127.0.0.1:0", f"127.0.0.1:{running.invite.port}"))
    done = command(running.folder, "serve", "--config", "taken.toml")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (6, "", 1)
    assert "in use" in done.stderr
    done = command(running.folder, "health", "--config", "taken.toml")
    assert (done.returncode, done.stdout) == (0, "serving\n")


def test_log_holds_no_secret_no_address_and_no_whole_report_id(
    running: Running, laptop: Laptop
) -> None:
    """Every line is JSON; the faults above are in it, their senders are not."""
    sent = laptop.check()
    spoiled = dataclasses.replace(sent, envelope=tampered(sent.envelope))
    refused(lambda: exchange(running, spoiled))
    exchange(running, sent)
    text = running.log()
    events = [json.loads(line) for line in text.splitlines()]
    assert {"ready", "exchange_refused"} <= {each["event"] for each in events}
    assert {"ENVELOPE_UNREADABLE"} <= {each.get("reason") for each in events}
    assert sent.report_id[:4].hex() in text
    assert sent.report_id.hex() not in text
    assert not re.search(r"\d+\.\d+\.\d+\.\d+|\[::|localhost", text)
    for path in (running.folder / "state").glob("*.seed"):
        assert path.read_bytes().hex() not in text
    assert sent.score_key.public.hex() not in text
    assert not re.search(r"band|composite|fewer|percentile", text)


def test_state_holds_no_summary_and_no_open_file(running: Running, laptop: Laptop) -> None:
    """What the server writes is closed to others and holds no plaintext of an exchange."""
    sent = laptop.check()
    reply = sent.open(exchange(running, sent))
    assert isinstance(reply.outcome, Feedback)
    for path in (running.folder / "state").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        data = path.read_bytes()
        for clear in (b"test-extractor/1", reply.outcome.headline.encode(), b"consent"):
            if path.name != "directory.signed":
                assert clear not in data, path
