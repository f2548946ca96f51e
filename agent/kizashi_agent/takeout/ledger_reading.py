"""The checks in the ledger: each sent report is read again, and each reply beside it.

What a message says is parsed by the protocol's own readers, as when it was made or arrived. A
message that cannot be read is left out, and said.
"""

from dataclasses import dataclass, field, replace

from google.protobuf.message import DecodeError
from kizashi_protocol import (
    Check,
    Envelope,
    Erased,
    Feedback,
    Outcome,
    ProtocolError,
    Share,
    ShareWithdrawal,
    Withdrawal,
    read_reply,
    read_report,
)
from kizashi_protocol.report import Content
from kizashi_protocol.v1 import service_pb2

from kizashi_agent.ledger.entry import Call, Direction, Message
from kizashi_agent.ledger.store import Contents
from kizashi_agent.takeout.holdings import HeldCheck, LeftOut, Source, Where

_CARRIED: dict[Direction, type[service_pb2.ExchangeRequest | service_pb2.ExchangeResponse]] = {
    Direction.SENT: service_pb2.ExchangeRequest,
    Direction.RECEIVED: service_pb2.ExchangeResponse,
}


@dataclass(slots=True)
class LedgerReading:
    """What the ledger says about a person.

    Attributes:
        checks: the oldest first, by report id in hexadecimal.
        consents: tokens of every consent that was sent.
        erased: report ids in hexadecimal of the checks that a server said it erased.
        unshared: the same of those whose share it said it erased.
        left_out: messages that cannot be read.
    """

    checks: dict[str, HeldCheck] = field(default_factory=dict, repr=False)
    consents: dict[str, None] = field(default_factory=dict, repr=False)
    erased: set[str] = field(default_factory=set)
    unshared: set[str] = field(default_factory=set)
    left_out: list[LeftOut] = field(default_factory=list)


def read_ledger(contents: Contents) -> LedgerReading:
    """Everything that the messages say about the person."""
    reading = LedgerReading()
    for fault in contents.faults:
        which = "" if fault.number is None else str(fault.number)
        reading.left_out.append(LeftOut(Where.LEDGER, which, fault.wrong))
    asked: dict[int, Content] = {}
    for entry in contents.entries:
        message = entry.message
        if message.call is not Call.EXCHANGE or message.plaintext is None:
            continue
        try:
            header = Envelope.parse(
                _CARRIED[message.direction].FromString(message.body).envelope
            ).header
            if message.direction is Direction.SENT:
                asked[entry.number] = read_report(header, message.plaintext).content
                _take_sent(reading, message, header.report_id.hex(), asked[entry.number])
            else:
                outcome = read_reply(message.plaintext).outcome
                content = asked.get(message.answers or 0)
                _take_reply(reading, message, header.report_id.hex(), outcome, content)
        except (ProtocolError, DecodeError):
            reading.left_out.append(LeftOut(Where.LEDGER, str(entry.number), "malformed"))
    return reading


def _take_sent(reading: LedgerReading, message: Message, report: str, content: Content) -> None:
    match content:
        case Check(consents=consents, summary=summary):
            reading.consents |= dict.fromkeys(consents)
            check = _check(reading, message, report)
            reading.checks[report] = replace(check, summary=summary)
        case Share(consents=consents):
            reading.consents |= dict.fromkeys(consents)
        case _:
            pass


def _take_reply(
    reading: LedgerReading,
    message: Message,
    report: str,
    outcome: Outcome,
    asked: Content | None,
) -> None:
    match outcome, asked:
        case Feedback() as feedback, _:
            # Its own header names the check, so that it is found where what was sent is damaged.
            check = _check(reading, message, report)
            reading.checks[report] = replace(check, feedback=feedback)
        case Erased(), Withdrawal(report_id):
            reading.erased.add(report_id.hex())
        case Erased(), ShareWithdrawal(report_id):
            reading.unshared.add(report_id.hex())
        case _:
            pass


def _check(reading: LedgerReading, message: Message, report: str) -> HeldCheck:
    """What was read of a check so far; sent again, it is the same, measured before it first was."""
    begun = HeldCheck(
        name=report,
        source=Source.LEDGER,
        time=message.time,
        sent_to=message.address,
        summary=None,
        feedback=None,
    )
    return reading.checks.get(report, begun)
