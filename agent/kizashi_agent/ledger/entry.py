"""An entry of the ledger: one message, its number, and the digest of the entry before it."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from kizashi_protocol.context import framed

DIGEST_BYTES = 32
_LENGTH_BYTES = 4


class Call(StrEnum):
    """Which of the two calls of the protocol."""

    DIRECTORY = "GetDirectory"
    EXCHANGE = "Exchange"


class Direction(StrEnum):
    """Which way a message went."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Message:
    """A message, or the fault that came in place of an answer.

    Attributes:
        time: seconds since the epoch, by the laptop's clock.
        address: host and port of the server.
        call: which call it belongs to.
        direction: which way it went.
        body: its exact bytes, as they travel: the request of the call or its answer; empty where a
            fault came.
        plaintext: what its envelope seals, before padding; None where nothing is sealed, or where
            an answer did not open.
        answers: the number of the message that this is the answer to; None for one that was sent.
        fault: why no answer came, machine-readable; None where one came.
    """

    time: int
    address: str
    call: Call
    direction: Direction
    body: bytes = field(repr=False)
    plaintext: bytes | None = field(default=None, repr=False)
    answers: int | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in its place.

    Attributes:
        number: from 1.
        before: SHA-256 over the sealed entry before it, 32 bytes.
        message: what was sent or received.
    """

    number: int
    before: bytes
    message: Message

    def encode(self) -> bytes:
        """The entry as bytes; `decode` gives back an equal one."""
        message = self.message
        described = {
            "number": self.number,
            "before": self.before.hex(),
            "time": message.time,
            "address": message.address,
            "call": message.call,
            "direction": message.direction,
            "sealed": message.plaintext is not None,
            "answers": message.answers,
            "fault": message.fault,
        }
        return framed(json.dumps(described).encode(), message.body, message.plaintext or b"")

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Reads what `encode` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is anything else.
        """
        head, body, plaintext = _unframed(data)
        described = json.loads(head)
        before = bytes.fromhex(described["before"])
        if len(before) != DIGEST_BYTES:
            raise ValueError("a digest of another length")
        message = Message(
            time=int(described["time"]),
            address=str(described["address"]),
            call=Call(described["call"]),
            direction=Direction(described["direction"]),
            body=body,
            plaintext=plaintext if described["sealed"] else None,
            answers=described["answers"],
            fault=described["fault"],
        )
        return cls(int(described["number"]), before, message)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the ledger begins and ends.

    Attributes:
        first: number of the oldest entry kept.
        before: what that entry names as the digest before it, 32 bytes; random in a new ledger, so
            that entries of an erased one do not fit. None where the one before it had gone missing.
        last: number of the newest entry, or one less than `first` while there is none.
        digest: SHA-256 over the newest sealed entry, 32 bytes; `before` while there is none.
    """

    first: int
    before: bytes | None
    last: int
    digest: bytes

    def encode(self) -> bytes:
        """The head as bytes; `decode` gives back an equal one."""
        before = None if self.before is None else self.before.hex()
        described = {"first": self.first, "before": before, "last": self.last}
        return json.dumps(described | {"digest": self.digest.hex()}).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Reads what `encode` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is anything else.
        """
        described = json.loads(data)
        before = described["before"]
        return cls(
            int(described["first"]),
            None if before is None else bytes.fromhex(before),
            int(described["last"]),
            bytes.fromhex(described["digest"]),
        )


def _unframed(data: bytes) -> tuple[bytes, bytes, bytes]:
    parts: list[bytes] = []
    while data:
        end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "big")
        if end > len(data):
            raise ValueError("a part is cut off")
        parts.append(data[_LENGTH_BYTES:end])
        data = data[end:]
    head, body, plaintext = parts
    return head, body, plaintext
