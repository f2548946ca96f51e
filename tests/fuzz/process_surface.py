"""A real server process over TLS and gRPC: what strangers can send it, and what it sends back.

The process is watched from outside: it must live, answer a proper check every so often, hold no
more memory at the end than soon after the start, and keep no row that no answer explains.
"""

import contextlib
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from kizashi_protocol import Envelope, Feedback, ProtocolError, RecipientRole, Reply
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_protocol.v1 import service_pb2
from kizashi_server.directory.recipient_files import (
    add_recipient,
    certify_request,
    write_certificate,
)
from kizashi_server.directory.root_key import read_root
from kizashi_server.errors import PUBLIC_FAULTS

from tests.fuzz.deserved import deserved
from tests.fuzz.explained import Explained
from tests.fuzz.hostile import spoil_message, spoil_serialised
from tests.fuzz.participants import Participant, facts_of
from tests.fuzz.reports import KINDS, Good, dealt, good_check, good_report
from tests.fuzz.sealed_surface import faults_of, holds_a_secret, is_refused, opened, reason_of
from tests.fuzz.spoilt_reports import spoil_report
from tests.fuzz.surface import Attempt, seeded
from tests.fuzz.wire import Spoilt
from tests.server.conftest import Running, make_server, served
from tests.server.laptop import RESEARCH_KEY, RESEARCHER, Laptop
from tests.server.sharing.opened_check import COUNSELLOR_KEY, NAME

SERVICE = "kizashi_protocol.v1.KizashiService"
MOST_GROWTH = 48 * 1024
"""Kibibytes that the process may grow by once it has warmed up; a thousand envelopes take 33 MiB."""

WARM = 200
"""Inputs after which arenas, caches and the database's pages are as large as they get."""

CHECK_EVERY = 500
"""Inputs between two proper checks."""


@dataclass
class Watched:
    """A server process, and what is known of it from outside.

    Attributes:
        people: who has dealt with it: first the one whom the next spoilt report is of, then
            somebody else.
        explained: what it may keep.
    """

    running: Running
    laptop: Laptop
    secrets: Sequence[bytes] = field(repr=False)
    channel: grpc.Channel
    envelope: service_pb2.Envelope
    inputs: int = 0
    people: list[Participant] = field(default_factory=list)
    explained: Explained = field(default_factory=Explained)
    resident: list[int] = field(default_factory=list)

    def call(self, method: str, data: bytes) -> bytes | str:
        """The answer's bytes, or the reason of a refusal; `Undocumented` for any other end."""
        raw: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(
            f"/{SERVICE}/{method}"
        )
        self.inputs += 1
        for _ in range(3):
            try:
                return raw(data, timeout=30)
            except grpc.RpcError as error:
                reason = self._reason(error)
                if reason != "UNAVAILABLE":
                    return reason
                # The connection came of age just then; laptops connect again too.
        raise Undocumented("UNAVAILABLE three times")

    def _reason(self, error: Any) -> str:
        status = rpc_status.from_call(error)
        told = (error.details() or "").encode()
        if holds_a_secret(told, self.secrets):
            raise Undocumented("a key is in the details")
        if status is None:
            own = {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE}
            if error.code() not in own:
                raise Undocumented(f"{error.code().name} without a reason: {error.details()}")
            return str(error.code().name)
        info = error_details_pb2.ErrorInfo()
        if not (len(status.details) == 1 and status.details[0].Unpack(info)):
            raise Undocumented("other details")
        if info.reason not in PUBLIC_FAULTS or status.code != PUBLIC_FAULTS[info.reason][0]:
            raise Undocumented(f"{info.reason} {status.code}")
        return str(info.reason)

    def watch(self) -> None:
        """Notes memory and sees that a proper check is answered, now and then."""
        if self.inputs == WARM or self.inputs % CHECK_EVERY == 0:
            self.resident.append(resident_kibibytes(self.running.process.pid))
            self.proper_check()

    def proper_check(self) -> None:
        """A check that must be scored.

        Raises:
            Undocumented: it was not.
        """
        reply = self.taken(good_check(seeded(os.urandom(8)), self.laptop))
        if not isinstance(reply.outcome, Feedback):
            raise Undocumented(f"a proper check was answered {reason_of(reply)}")

    def taken(self, good: Good) -> Reply:
        """The reply to a proper report.

        Raises:
            Undocumented: it was refused without being opened.
        """
        envelope = self.laptop.seal(good.plaintext, good.header.report_id)
        came = self.call("Exchange", request(envelope.to_message()))
        if isinstance(came, str):
            raise Undocumented(f"a proper report was refused: {came}")
        reply = opened(good.reply_key, envelope_of(came), self.secrets)
        deserves = deserved(good, good.plaintext, facts_of(self.people))
        self.explained.answer(good.header.report_id, reply, deserves, given=True)
        if isinstance(reply, str):
            raise Undocumented(f"a proper report was answered {reply}")
        return reply

    def meet(self, draw: Random) -> None:
        """Has two people have dealt with the server, and all that they left still there."""
        while len(self.people) < 2:
            one = dealt(draw, self.laptop, self.taken)
            self.explained.person(one, self.laptop.programme_id)
            self.people.insert(0, one)

    def faults(self) -> Iterator[str]:
        """What shows in the end."""
        if self.running.process.poll() is not None:
            yield f"the server ended with {self.running.process.returncode}"
            return
        try:
            self.proper_check()
        except Undocumented as error:
            yield str(error)
        self.resident.append(resident_kibibytes(self.running.process.pid))
        growth = self.resident[-1] - self.resident[0]
        if growth > MOST_GROWTH:
            yield f"it grew by {growth // 1024} MiB"
        yield from self.explained.faults(self.running.folder / "state")


class Undocumented(AssertionError):
    """An end of a call that the contract does not name."""


@dataclass
class ProcessSurface:
    """One of the two calls, as raw bytes.

    Attributes:
        act: spoils and sends one input; gives how, the reason, whether it was malformed, faults.
    """

    name: str
    share: int
    watched: Watched
    act: Callable[[Random], Attempt]

    def control(self) -> Sequence[str]:
        """See `Surface`."""
        self.watched.proper_check()
        return ["Feedback"]

    def attempt(self, draw: Random) -> Attempt:
        """See `Surface`."""
        try:
            attempt = self.act(draw)
            self.watched.watch()
        except (Undocumented, DecodeError, ProtocolError) as error:
            return Attempt("?", "UNDOCUMENTED", malformed=True, fault=str(error))
        return attempt

    def finish(self) -> Sequence[str]:
        """See `Surface`."""
        return list(self.watched.faults())


@contextlib.contextmanager
def process_surfaces(
    folder: Path, program: Sequence[str] | None = None
) -> Iterator[list[ProcessSurface]]:
    """Both calls on a server that is started in a folder and ended afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    make_server(folder)
    path = folder / "site.toml"
    unlimited = 'scorer = "even/1"\nexchanges_per_minute = 100000'
    path.write_text(path.read_text().replace('scorer = "even/1"', unlimited))
    _certify(folder, RecipientRole.COUNSELLOR, RecipientRequest(NAME, COUNSELLOR_KEY.public))
    researcher = RecipientRequest(RESEARCHER.name, RESEARCH_KEY.public)
    _certify(folder, RecipientRole.RESEARCH, researcher)
    with served(folder, program) as running:
        watched = _watched(running)
        yield [
            ProcessSurface("exchange call", 6, watched, lambda draw: _exchange(draw, watched)),
            ProcessSurface("directory call", 2, watched, lambda draw: _directory(draw, watched)),
        ]


def _certify(folder: Path, role: RecipientRole, request: RecipientRequest) -> None:
    """Has the root of a server that does not run yet certify a recipient."""
    root, now, file = read_root(folder / "root", None), int(time.time()), folder / f"{role}.cert"
    recipient = certify_request(
        root, request, role=role, programme_id="self-check", days=30, now=now
    )
    write_certificate(file, recipient)
    add_recipient(folder / "state", file, root.public, ["self-check"], now)


def _watched(running: Running) -> Watched:
    laptop = Laptop(running.directory(), running.invite.programme_id, int(time.time()))
    seeds = [path.read_bytes() for path in (running.folder / "state").glob("*.seed")]
    sealed = laptop.seal(b"a report", bytes(16)).to_message()
    return Watched(running, laptop, seeds, running.channel(), sealed)


def _exchange(draw: Random, watched: Watched) -> Attempt:
    kind = draw.randrange(100)
    if kind == 0:
        return _no_http(draw, watched)
    if kind < 15:
        return _sealed(draw, watched)
    how, data = _outside(draw, watched.envelope)
    came = watched.call("Exchange", data)
    if isinstance(came, str):
        return Attempt(how, came, malformed=True)
    return Attempt(how, "answered", malformed=True, fault="an answer to what cannot be opened")


def _outside(draw: Random, envelope: service_pb2.Envelope) -> Spoilt:
    """A request whose envelope does not open, whatever else is wrong with it."""
    message = service_pb2.ExchangeRequest(envelope=envelope)
    message.envelope.report_id = draw.randbytes(16)
    if draw.random() < 0.5:
        how = spoil_message(draw, message)
        return Spoilt(how, message.SerializeToString())
    return spoil_serialised(draw, message)


def _sealed(draw: Random, watched: Watched) -> Attempt:
    watched.meet(draw)
    one, other = watched.people
    good = good_report(draw, watched.laptop, draw.choice(KINDS), one)
    how, plaintext = spoil_report(draw, good, other)
    how = f"{good.kind}: {how}"
    deserves = deserved(good, plaintext, facts_of(watched.people))
    try:
        envelope = watched.laptop.seal(plaintext, good.header.report_id)
    except ProtocolError:
        return Attempt(how, "DOES_NOT_FIT", malformed=False)
    data = request(envelope.to_message())
    came = watched.call("Exchange", data)
    if isinstance(came, str):
        return Attempt(how, came, malformed=True)
    if draw.random() < 0.1 and watched.call("Exchange", data) != came:
        raise Undocumented("the same envelope got another answer")
    reply = opened(good.reply_key, envelope_of(came), watched.secrets)
    given = not is_refused(reply)
    watched.explained.answer(good.header.report_id, reply, deserves, given)
    if given and deserves.kind != "check" and deserves.changes:
        # What they had there is another's or not as it was; somebody new has it all again.
        watched.people.pop(0)
    faults = list(faults_of(reply, deserves))
    malformed = not (given and deserves.something)
    return Attempt(how, reason_of(reply), malformed, "; ".join(faults) or None)


def _directory(draw: Random, watched: Watched) -> Attempt:
    size = draw.choice((0, 1, 2**63, 2**64 - 1))
    message = service_pb2.GetDirectoryRequest(log_size=size)
    how, data = spoil_serialised(draw, message)
    came = watched.call("GetDirectory", data)
    if isinstance(came, str):
        return Attempt(how, came, malformed=True)
    if holds_a_secret(came, watched.secrets):
        return Attempt(how, "a key", malformed=True, fault="a key is in the directory")
    service_pb2.GetDirectoryResponse.FromString(came)
    return Attempt(how, "(as good as before)", malformed=False)


def _no_http(draw: Random, watched: Watched) -> Attempt:
    """Bytes in place of HTTP/2, or of TLS."""
    port = watched.running.invite.port
    garbage = draw.randbytes(draw.choice((1, 9, 300, 20_000)))
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" if draw.random() < 0.5 else b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 10) as plain:
        if draw.random() < 0.3:
            plain.sendall(garbage)
            return Attempt("no TLS", "CONNECTION", malformed=True)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(plain) as secured:
            secured.sendall(preface + garbage)
    return Attempt("no HTTP/2", "CONNECTION", malformed=True)


def request(envelope: service_pb2.Envelope) -> bytes:
    """A call's bytes."""
    return service_pb2.ExchangeRequest(envelope=envelope).SerializeToString()


def envelope_of(answer: bytes) -> Envelope:
    """The envelope in an answer, which has the one size or does not parse."""
    return Envelope.parse(service_pb2.ExchangeResponse.FromString(answer).envelope)


def resident_kibibytes(pid: int) -> int:
    """Resident memory of a process (Linux, proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
