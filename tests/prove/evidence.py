"""Judges a watched run: every file, line and message, against what must not be in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from kizashi_agent.ledger.entry import Direction, Entry
from kizashi_protocol.envelope import CIPHERTEXT_BYTES, PLAINTEXT_BYTES, unpad
from kizashi_protocol.v1 import exchange_pb2, service_pb2

from tests.prove.pictures import Fingerprints, find
from tests.prove.system_calls import Trace

_NAME_SERVICE = frozenset({"/var/run/nscd/socket"})
"""The C library asks here for the names of users and hosts, whoever runs it."""

_STATE = re.compile(
    r"(|seed|seed-in-keyring|recovery-code-shown|invite\.txt|directory-versions\.json|lock"
    r"|checks(/[0-9a-f]{32}\.json)?|erasures(/[0-9a-f]{32}(-share)?\.json)?"
    r"|ledger(/head|/[0-9]{8})?"
    r"|log-heads\.json|receipts(/[0-9a-f]{32}-[a-z]+\.json)?"
    r"|waiting(/[0-9a-f]{32}\.sealed)?|standing(/[0-9a-f]{64}\.json)?"
    r"|restored(/[0-9a-f]{64}\.txt)?|history-on|history(/[0-9a-f]{32}\.sealed)?|half-written)"
)
"""Every file and folder the agent keeps: what is not among them is not its own state."""

_HARMLESS = ("/dev/null", "/dev/tty", "/proc/self/")


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run of the agent.

    Attributes:
        trace: its system calls.
        evidence: what the watchers kept.
        home: the one folder tree it had for itself: home, state and temporary files.
        output: standard output and error.
        address: the server's host and port.
    """

    trace: Trace
    evidence: Path
    home: Path
    output: bytes
    address: tuple[str, int]


def faults(run: Run) -> Iterator[str]:
    """Everything in a run that breaks the promise; nothing when it holds."""
    yield from _files(run)
    yield from _addresses(run)
    yield from _pictures(run)
    yield from _messages(run)


def pictures_of(run: Run) -> Fingerprints:
    """What every frame, crop and set of landmarks that the run worked on is known again by."""
    known: Fingerprints = np.load(run.evidence / "fingerprints.npy")
    return known


def _files(run: Run) -> Iterator[str]:
    state = run.home / "state"
    for path in sorted(run.trace.written):
        expected = _is_state(Path(path), state) or Path(path).is_relative_to(run.evidence)
        if not expected and not path.startswith(_HARMLESS):
            yield f"a file outside the agent's own state was written: {path}"
    for each in range(run.trace.anonymous):
        yield f"a file without a name was made in memory ({each + 1})"


def _is_state(path: Path, state: Path) -> bool:
    if not path.is_relative_to(state):
        return False
    below = path.relative_to(state).as_posix()
    return _STATE.fullmatch("" if below == "." else below) is not None


def _addresses(run: Run) -> Iterator[str]:
    for host, port in sorted(run.trace.called):
        if (host, port) != run.address:
            yield f"another address was called: {host} port {port}"
    for path in sorted(run.trace.local - _NAME_SERVICE):
        yield f"a local socket was called: {path}"


def _pictures(run: Run) -> Iterator[str]:
    known = pictures_of(run)
    places: list[tuple[str, bytes]] = [("the output", run.output)]
    places += [
        (f"the file {path.relative_to(run.home)}", path.read_bytes())
        for path in sorted(run.home.rglob("*"))
        if path.is_file()
    ]
    places += [
        (f"the message {path.name}", path.read_bytes())
        for pattern in ("sealed-*", "sent-*")
        for path in sorted(run.evidence.glob(pattern))
    ]
    for name, data in places:
        for found in find(data, known):
            yield f"a picture in {name} at {found.offset}: {found.how}"


def ledger_faults(run: Run, entries: Sequence[Entry]) -> Iterator[str]:
    """Everything in which the ledger of a run differs from the messages that were watched."""
    sealed = [unpad(each.read_bytes()) for each in sorted(run.evidence.glob("sealed-*"))]
    if sealed != [each.message.plaintext for each in entries if _is_sealed(each)]:
        yield "the ledger's plaintexts are not those that were sealed"
    sent = [each.read_bytes() for each in sorted(run.evidence.glob("sent-*"))]
    if sent != [each.message.body for each in entries if each.message.direction is Direction.SENT]:
        yield "the ledger's messages are not those that were sent"
    received = [each.read_bytes() for each in sorted(run.evidence.glob("received-*"))]
    if received != [each.message.body for each in entries if _is_answer(each)]:
        yield "the ledger's answers are not those that came"
    for path in sorted((run.home / "state").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if any(each in data for each in sealed):
            yield f"a plaintext lies open in {path.name}"


def _is_sealed(entry: Entry) -> bool:
    return entry.message.direction is Direction.SENT and entry.message.plaintext is not None


def _is_answer(entry: Entry) -> bool:
    return entry.message.direction is Direction.RECEIVED and entry.message.fault is None


def _messages(run: Run) -> Iterator[str]:
    for path in sorted(run.evidence.glob("sealed-*")):
        padded = path.read_bytes()
        if len(padded) != PLAINTEXT_BYTES:
            yield f"{path.name} has {len(padded)} bytes"
        # Parsed and written again, it must be the same: no room for a byte of another meaning.
        signed = exchange_pb2.SignedReport.FromString(unpad(padded))
        report = exchange_pb2.Report.FromString(signed.report)
        signed_known, report_known = exchange_pb2.SignedReport(), exchange_pb2.Report()
        signed_known.CopyFrom(signed)
        report_known.CopyFrom(report)
        signed_known.DiscardUnknownFields()
        report_known.DiscardUnknownFields()
        if signed_known.ByteSize() != len(unpad(padded)) or report_known.ByteSize() != len(
            signed.report
        ):
            yield f"{path.name} holds bytes that mean nothing to its reader"
    for path in sorted(run.evidence.glob("sent-*")):
        if not (_is_look(path.read_bytes()) or _is_envelope(path.read_bytes())):
            yield f"{path.name} is neither a look nor an envelope of {CIPHERTEXT_BYTES} bytes"


def _is_look(data: bytes) -> bool:
    """Whether a message asks for the directory and says nothing but the size of a log head."""
    look = service_pb2.GetDirectoryRequest.FromString(data)
    return service_pb2.GetDirectoryRequest(log_size=look.log_size).SerializeToString() == data


def _is_envelope(data: bytes) -> bool:
    request = service_pb2.ExchangeRequest.FromString(data)
    known = service_pb2.ExchangeRequest()
    known.CopyFrom(request)
    known.DiscardUnknownFields()
    size = len(known.envelope.ciphertext)
    return size == CIPHERTEXT_BYTES and known.SerializeToString() == data
