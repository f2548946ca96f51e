"""What a recorded message says, field by field, under the names of the protocol's messages.

The fields are read from the recorded bytes themselves, every one of them, defaults included, and
those without a name in the protocol by their number. What is new in the protocol is shown without a
change here, and what does not parse has no fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Protobuf
from google.protobuf.unknown_fields import UnknownFieldSet
from kizashi_protocol import InvalidConsent, read_consent
from kizashi_protocol.v1 import directory_pb2, exchange_pb2, service_pb2

from kizashi_agent.ledger.entry import Call, Direction, Message

_INSIDE: dict[str, type[Protobuf]] = {
    "SignedReport.report": exchange_pb2.Report,
    "SignedDirectory.directory": directory_pb2.Directory,
    "SignedDirectory.certificate": directory_pb2.DirectoryKeyCertificate,
    "SignedRecipient.certificate": directory_pb2.RecipientCertificate,
}
"""Bytes that are a message of their own, because a signature covers them as they are."""

_OUTSIDE: dict[tuple[Call, Direction], type[Protobuf]] = {
    (Call.DIRECTORY, Direction.SENT): service_pb2.GetDirectoryRequest,
    (Call.DIRECTORY, Direction.RECEIVED): service_pb2.GetDirectoryResponse,
    (Call.EXCHANGE, Direction.SENT): service_pb2.ExchangeRequest,
    (Call.EXCHANGE, Direction.RECEIVED): service_pb2.ExchangeResponse,
}
_SEALED: dict[Direction, type[Protobuf]] = {
    Direction.SENT: exchange_pb2.SignedReport,
    Direction.RECEIVED: exchange_pb2.Reply,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message.

    Attributes:
        name: such as "report.check.summary.blink_rate".
        value: in words; bytes in hexadecimal.
    """

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Relied:
    """A consent that a message carries and relies on.

    Attributes:
        scope: what it allows.
        text_digest: SHA-256 of the text that was agreed to, 32 bytes.
        expire_time: seconds since the epoch.
    """

    scope: str
    text_digest: bytes
    expire_time: int


def kind_of(message: Message) -> str:
    """What a message is: the name of its content, such as "check" or "feedback"."""
    if message.fault is not None:
        return "fault"
    if message.call is Call.DIRECTORY:
        return "directory"
    parsed = _sealed(message)
    if parsed is None:
        return "unreadable"
    if isinstance(parsed, exchange_pb2.SignedReport):
        report = _parsed(exchange_pb2.Report, parsed.report)
        return (report and report.WhichOneof("content")) or "unreadable"
    return parsed.WhichOneof("outcome") or "unreadable"


def outer_fields(message: Message) -> tuple[Field, ...]:
    """The fields that anybody on the way can read."""
    parsed = _parsed(_OUTSIDE[message.call, message.direction], message.body)
    return () if parsed is None else tuple(_fields(parsed, ""))


def sealed_fields(message: Message) -> tuple[Field, ...]:
    """The fields that the envelope seals."""
    parsed = _sealed(message)
    return () if parsed is None else tuple(_fields(parsed, ""))


def relied_on(message: Message) -> tuple[Relied, ...]:
    """The consents that a sent message carries; acknowledging and withdrawing take none."""
    parsed = _sealed(message) if message.direction is Direction.SENT else None
    if not isinstance(parsed, exchange_pb2.SignedReport):
        return ()
    report = _parsed(exchange_pb2.Report, parsed.report)
    kind = report and report.WhichOneof("content")
    tokens = getattr(getattr(report, kind), "consents", ()) if kind else ()
    return tuple(each for each in map(_relied, tokens) if each is not None)


def _relied(token: str) -> Relied | None:
    try:
        record = read_consent(token)
    except InvalidConsent:
        return None
    return Relied(record.scope, record.text_digest, record.expire_time)


def _sealed(message: Message) -> Any:
    if message.plaintext is None:
        return None
    return _parsed(_SEALED[message.direction], message.plaintext)


def _parsed(kind: type[Protobuf], data: bytes) -> Any:
    try:
        return kind.FromString(data)
    except DecodeError:
        return None


def _fields(parsed: Protobuf, before: str) -> Iterator[Field]:
    for each in parsed.DESCRIPTOR.fields:
        if each.has_presence and not parsed.HasField(each.name):
            continue
        name, value = f"{before}{each.name}", getattr(parsed, each.name)
        if not each.is_repeated:
            yield from _field(each, name, value)
            continue
        for number, one in enumerate(value, 1):
            yield from _field(each, f"{name}[{number}]", one)
    yield from _unknown(UnknownFieldSet(parsed), before)


def _unknown(unknown: Any, before: str) -> Iterator[Field]:
    for number, each in enumerate(unknown, 1):
        name = f"{before}unknown[{number}]"
        if isinstance(each.data, UnknownFieldSet):
            yield Field(name, f"field {each.field_number}, a group")
            yield from _unknown(each.data, f"{name}.")
        else:
            value = each.data.hex() if isinstance(each.data, bytes) else str(each.data)
            yield Field(name, f"field {each.field_number}: {value}")


def _field(described: Any, name: str, value: Any) -> Iterator[Field]:
    if isinstance(value, Protobuf):
        yield from _fields(value, f"{name}.")
        return
    kind = _INSIDE.get(f"{described.containing_type.name}.{described.name}")
    inside = None if kind is None else _parsed(kind, value)
    if inside is not None:
        yield from _fields(inside, f"{name}.")
    elif described.enum_type is not None:
        named = described.enum_type.values_by_number.get(value)
        yield Field(name, str(value) if named is None else named.name)
    else:
        yield Field(name, value.hex() if isinstance(value, bytes) else str(value))
