"""Records messages in the ledger."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock

from kizashi_agent.ledger.entry import Call, Direction, Message
from kizashi_agent.ledger.store import Ledger, LedgerNumberUnknown


@dataclass(eq=False, slots=True)
class _Exchange:
    """One message and its answer.

    Attributes:
        sent: the message.
        answer: to a look that waits; None until it came.
        number: of the message in the ledger; None while it is not there.
    """

    sent: Message
    answer: Message | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class LedgerRecorder:
    """See `kizashi_agent.submit.recorder.Recorder`; from any thread.

    A look at a directory says nothing about a person, and before a person has agreed to anything
    nothing is to be left on the laptop. So where there is no ledger yet, looks wait in memory, and
    are written down right before the first message that does say something; those that none
    follows are not. Nothing else is held here: an exchange is its caller's, and what the ledger
    refused is not sent, so it is not written later either.

    Attributes:
        ledger: where messages go.
        now: seconds since the epoch.
    """

    ledger: Ledger
    now: Callable[[], int]
    _looks: list[_Exchange] = field(default_factory=list, repr=False)
    _looking: Lock = field(default_factory=Lock, repr=False)

    def sending(
        self, call: Call, address: str, body: bytes, plaintext: bytes | None = None
    ) -> "_Awaited":
        """See `Recorder`."""
        message = Message(self.now(), address, call, Direction.SENT, body, plaintext)
        exchange = _Exchange(message)
        if not (self._begins(exchange) and self._written(exchange)):
            with self._looking:
                self._looks.append(exchange)
        return _Awaited(self, exchange)

    def forget(self) -> None:
        """See `Recorder`."""
        with self._looking:
            self._looks.clear()

    def answered(self, exchange: _Exchange, answer: Message) -> None:
        """Keeps an answer where its message is, and nowhere if that was erased meanwhile."""
        with self._looking:
            if exchange in self._looks:
                exchange.answer = answer
                return
        with self.ledger.files.sole():
            self._write_answer(exchange, answer)

    def _begins(self, exchange: _Exchange) -> bool:
        return exchange.sent.call is Call.EXCHANGE or self.ledger.exists()

    def _written(self, exchange: _Exchange) -> bool:
        with self.ledger.files.sole():
            # Asked again: who cleared the ledger meanwhile does not get a new one by a look.
            if not self._begins(exchange):
                return False
            for look in tuple(self._looks):
                self._write_look(look)
            exchange.number = self.ledger.append(exchange.sent)
            return True

    def _write_look(self, look: _Exchange) -> None:
        look.number = self.ledger.append(look.sent)
        with self._looking:
            if look in self._looks:
                self._looks.remove(look)
            answer = look.answer
        if answer is not None:
            self._write_answer(look, answer)

    def _write_answer(self, exchange: _Exchange, answer: Message) -> None:
        if self._is_there(exchange):
            self.ledger.append(replace(answer, answers=exchange.number))

    def _is_there(self, exchange: _Exchange) -> bool:
        if exchange.number is None:
            return False
        try:
            return self.ledger.entry(exchange.number).message == exchange.sent
        except LedgerNumberUnknown:
            return False


@dataclass(frozen=True, slots=True)
class _Awaited:
    """See `kizashi_agent.submit.recorder.Awaited`."""

    recorder: LedgerRecorder
    exchange: _Exchange = field(repr=False)

    def received(self, body: bytes, plaintext: bytes | None = None) -> None:
        """See `Awaited`."""
        self.recorder.answered(self.exchange, self._answer(body, plaintext))

    def failed(self, reason: str) -> None:
        """See `Awaited`."""
        self.recorder.answered(self.exchange, self._answer(b"", fault=reason))

    def _answer(
        self, body: bytes, plaintext: bytes | None = None, fault: str | None = None
    ) -> Message:
        sent, now = self.exchange.sent, self.recorder.now()
        return Message(
            now, sent.address, sent.call, Direction.RECEIVED, body, plaintext, fault=fault
        )
