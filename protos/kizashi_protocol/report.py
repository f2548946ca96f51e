"""What a report says, and who signed it.

The signature of a participant covers the envelope's header and the report, consents included, so
that neither can be moved under another header or beside another consent. `read_report` is the only
way from an opened envelope to a `Report`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from kizashi_protocol.consent import LOCALES, Locale
from kizashi_protocol.context import REPORT_ID_BYTES, Header, Label, framed, info
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.keys import SealingPublicKey
from kizashi_protocol.signing import SigningKey, verify
from kizashi_protocol.summary import Summary
from kizashi_protocol.v1 import exchange_pb2

MOST_CONSENTS = 6
"""One a scope."""


@dataclass(frozen=True, slots=True)
class Check:
    """A self-check to be scored.

    Attributes:
        consents: consent records as compact JWS, one a scope, not yet read.
        scorer_id: the scorer the person was told of.
    """

    consents: tuple[str, ...] = field(repr=False)
    scorer_id: str
    summary: Summary = field(repr=False)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The reply to this report (16 bytes) arrived."""

    report_id: bytes


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The consents of this check (16 bytes) are taken back."""

    report_id: bytes


Content = Check | Acknowledgement | Withdrawal


@dataclass(frozen=True, slots=True)
class Report:
    """What a person asks for.

    Attributes:
        reply_key: one-time key the reply is sealed to.
        directory_version: of the directory the laptop acted on.
        signers: public keys (32 bytes each) whose signatures hold.
        log_size: of the published log head the laptop holds, or 0.
    """

    reply_key: SealingPublicKey = field(repr=False)
    directory_version: int
    locale: Locale
    content: Content
    signers: frozenset[bytes] = field(default=frozenset(), repr=False)
    log_size: int = 0


def write_report(header: Header, report: Report, keys: Sequence[SigningKey]) -> bytes:
    """The plaintext to seal under this header, signed with each key. Runs on the device."""
    message = exchange_pb2.Report(
        reply_public_key=report.reply_key.raw,
        directory_version=report.directory_version,
        locale=report.locale,
        log_size=report.log_size,
    )
    match report.content:
        case Check(consents, scorer_id, summary):
            message.check.consents.extend(consents)
            message.check.scorer_id = scorer_id
            message.check.summary.CopyFrom(summary.to_message())
        case Acknowledgement(report_id):
            message.acknowledgement.report_id = report_id
        case Withdrawal(report_id):
            message.withdrawal.report_id = report_id
    content = message.SerializeToString(deterministic=True)
    signed = exchange_pb2.SignedReport(report=content)
    for key in keys:
        signature = key.sign(Label.PARTICIPANT_SIGNATURE, _signed_bytes(header, content))
        signed.signatures.add(public_key=key.public, signature=signature)
    return signed.SerializeToString(deterministic=True)


def read_report(header: Header, plaintext: bytes) -> Report:
    """The report under this header, every signature checked.

    Raises:
        MalformedMessage: it does not parse, or a value is out of its range.
        InvalidSigner: a signature does not hold.
    """
    try:
        signed = exchange_pb2.SignedReport.FromString(plaintext)
        message = exchange_pb2.Report.FromString(signed.report)
    except DecodeError:
        raise MalformedMessage("a report does not parse") from None
    if not 0 < len(signed.signatures) <= MOST_CONSENTS:
        raise MalformedMessage("a report has 1 to 6 signatures")
    for each in signed.signatures:
        verify(
            each.public_key,
            each.signature,
            Label.PARTICIPANT_SIGNATURE,
            _signed_bytes(header, signed.report),
        )
    if message.locale not in LOCALES:
        raise MalformedMessage("a report's language is not known")
    return Report(
        reply_key=SealingPublicKey(message.reply_public_key),
        directory_version=message.directory_version,
        locale=LOCALES[LOCALES.index(message.locale)],
        content=_content(message),
        signers=frozenset(each.public_key for each in signed.signatures),
        log_size=message.log_size,
    )


def _content(message: exchange_pb2.Report) -> Content:
    kind = message.WhichOneof("content")
    if kind == "check":
        check = message.check
        if len(check.consents) > MOST_CONSENTS:
            raise MalformedMessage("a check has one consent a scope")
        return Check(tuple(check.consents), check.scorer_id, Summary.from_message(check.summary))
    if kind == "acknowledgement":
        return Acknowledgement(_report_id(message.acknowledgement.report_id))
    if kind == "withdrawal":
        return Withdrawal(_report_id(message.withdrawal.report_id))
    raise MalformedMessage("a report asks for nothing")


def _report_id(data: bytes) -> bytes:
    if len(data) != REPORT_ID_BYTES:
        raise MalformedMessage(f"a report id has {REPORT_ID_BYTES} bytes")
    return data


def _signed_bytes(header: Header, content: bytes) -> bytes:
    return framed(info(Label.REPORT, header), content)
