"""Records messages in the ledger."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kizashi_agent.ledger.entry import Call, Direction, Message
from kizashi_agent.ledger.store import Ledger


@dataclass(slots=True)
class LedgerRecorder:
    """See `kizashi_agent.submit.recorder.Recorder`.

    A look at a directory says nothing about a person, and before a person has agreed to anything
    nothing is to be left on the laptop. So where there is no ledger yet, looks wait in memory, and
    are written down right before the first message that does say something; those that none
    follows are not.

    Attributes:
        ledger: where messages go.
        now: seconds since the epoch.
    """

    ledger: Ledger
    now: Callable[[], int]
    _sent: list[Message] = field(default_factory=list, repr=False)
    _waiting: list[tuple[int, Message]] = field(default_factory=list, repr=False)
    _numbers: dict[int, int] = field(default_factory=dict, repr=False)

    def sending(self, call: Call, address: str, body: bytes, plaintext: bytes | None = None) -> int:
        """See `Recorder`."""
        ticket = len(self._sent)
        self._sent.append(Message(self.now(), address, call, Direction.SENT, body, plaintext))
        self._waiting.append((ticket, self._sent[ticket]))
        if call is Call.EXCHANGE or self.ledger.exists():
            self._write()
        return ticket

    def received(self, ticket: int, body: bytes, plaintext: bytes | None = None) -> None:
        """See `Recorder`."""
        sent = self._sent[ticket]
        self._answered(
            ticket,
            Message(self.now(), sent.address, sent.call, Direction.RECEIVED, body, plaintext),
        )

    def failed(self, ticket: int, reason: str) -> None:
        """See `Recorder`."""
        sent = self._sent[ticket]
        self._answered(
            ticket,
            Message(self.now(), sent.address, sent.call, Direction.RECEIVED, b"", fault=reason),
        )

    def _answered(self, ticket: int, answer: Message) -> None:
        self._waiting.append((ticket, answer))
        if ticket in self._numbers:
            self._write()

    def _write(self) -> None:
        while self._waiting:
            ticket, message = self._waiting[0]
            if message.direction is Direction.SENT:
                self._numbers[ticket] = self.ledger.append(message)
            else:
                self.ledger.append(replace(message, answers=self._numbers[ticket]))
            self._waiting.pop(0)
