"""What a report says, and who signed it.

The signature of a participant covers the envelope's header and the report, consents included, so
that neither can be moved under another header or beside another consent. `read_report` is the only
way from an opened envelope to a `Report`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from kizashi_protocol.consent import LOCALES, STANDING, Locale, Scope
from kizashi_protocol.context import REPORT_ID_BYTES, Header, Label, framed, info
from kizashi_protocol.errors import MalformedMessage
from kizashi_protocol.keys import KEY_ID_BYTES, SealingPublicKey
from kizashi_protocol.sealed_item import SealedItem
from kizashi_protocol.signing import SigningKey, verify
from kizashi_protocol.summary import Summary
from kizashi_protocol.v1 import exchange_pb2

MOST_CONSENTS = 6
"""One a scope."""

RECOVERY_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Check:
    """A self-check to be scored.

    Attributes:
        consents: consent records as compact JWS, one a scope, not yet read.
        scorer_id: the scorer the person was told of.
        trend_key: what trend entries are sealed to; there exactly with consent for trend.
        research: the summary once more, sealed to the programme's research key; there exactly with
            consent for research.
    """

    consents: tuple[str, ...] = field(repr=False)
    scorer_id: str
    summary: Summary = field(repr=False)
    trend_key: SealingPublicKey | None = field(default=None, repr=False)
    research: SealedItem | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The reply to this report (16 bytes) arrived."""

    report_id: bytes


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The consents of this check (16 bytes) are taken back."""

    report_id: bytes


@dataclass(frozen=True, slots=True)
class ScopeWithdrawal:
    """The consent of a scope that outlasts a check is taken back, by whoever signed it.

    Attributes:
        given_time: of that consent, seconds since the epoch by the laptop's clock; 0 if not known.
    """

    scope: Scope
    given_time: int = 0


@dataclass(frozen=True, slots=True)
class Recovery:
    """The same for somebody who lost the laptop; `secret` (32 bytes) is the scope's own.

    That of score takes back every check whose consent carries a tag of it.

    Attributes:
        scope: score, or one that outlasts a check.
    """

    secret: bytes = field(repr=False)
    scope: Scope


@dataclass(frozen=True, slots=True)
class TrendRequest:
    """The trend of whoever signed is asked for."""


@dataclass(frozen=True, slots=True)
class Share:
    """The feedback of a check is left for a counsellor.

    Attributes:
        report_id: the check, 16 bytes.
        opening_nonce: from beside its feedback, 32 bytes; whoever has it has opened the feedback.
        consents: consent records of score, feedback and share as compact JWS, not yet read.
        sealed: the feedback, sealed to the counsellor's key.
        redemption_digest: SHA-256 of the code's `redemption_secret`, 32 bytes.
    """

    report_id: bytes
    opening_nonce: bytes = field(repr=False)
    consents: tuple[str, ...] = field(repr=False)
    sealed: SealedItem
    redemption_digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Redemption:
    """What was left for a counsellor is fetched, once, with its code's `redemption_secret`.

    Attributes:
        secret: 32 bytes.
        key_id: of the key that will open it, 16 bytes; what is sealed to another stays.
    """

    secret: bytes = field(repr=False)
    key_id: bytes


@dataclass(frozen=True, slots=True)
class ShareWithdrawal:
    """The consent to share the feedback of this check (16 bytes) is taken back; the check stays."""

    report_id: bytes


Content = (
    Check
    | Acknowledgement
    | Withdrawal
    | ScopeWithdrawal
    | Recovery
    | TrendRequest
    | Share
    | Redemption
    | ShareWithdrawal
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a person asks for.

    Attributes:
        reply_key: one-time key the reply is sealed to.
        signers: public keys (32 bytes each) whose signatures hold.
        log_size: of the published log head the laptop holds, or 0.
    """

    reply_key: SealingPublicKey = field(repr=False)
    locale: Locale
    content: Content
    signers: frozenset[bytes] = field(default=frozenset(), repr=False)
    log_size: int = 0


def write_report(header: Header, report: Report, keys: Sequence[SigningKey]) -> bytes:
    """The plaintext to seal under this header, signed with each key. Runs on the device."""
    message = exchange_pb2.Report(
        reply_public_key=report.reply_key.raw,
        locale=report.locale,
        log_size=report.log_size,
    )
    _write_content(report.content, message)
    content = message.SerializeToString(deterministic=True)
    signed = exchange_pb2.SignedReport(report=content)
    for key in keys:
        signature = key.sign(Label.PARTICIPANT_SIGNATURE, _signed_bytes(header, content))
        signed.signatures.add(public_key=key.public, signature=signature)
    return signed.SerializeToString(deterministic=True)


def _write_content(content: Content, message: exchange_pb2.Report) -> None:
    match content:
        case Check() as check:
            _write_check(check, message.check)
        case Acknowledgement(report_id):
            message.acknowledgement.report_id = report_id
        case Withdrawal(report_id):
            message.withdrawal.report_id = report_id
        case ScopeWithdrawal(scope, given_time):
            message.scope_withdrawal.scope = scope
            message.scope_withdrawal.given_time = given_time
        case Recovery(secret, scope):
            message.recovery.secret = secret
            message.recovery.scope = scope
        case TrendRequest():
            message.trend_request.SetInParent()
        case Share() as share:
            _write_share(share, message.share)
        case Redemption(secret, key_id):
            message.redemption.secret = secret
            message.redemption.key_id = key_id
        case ShareWithdrawal(report_id):
            message.share_withdrawal.report_id = report_id


def _write_check(check: Check, message: exchange_pb2.Check) -> None:
    message.consents.extend(check.consents)
    message.scorer_id = check.scorer_id
    message.summary.CopyFrom(check.summary.to_message())
    if check.trend_key is not None:
        message.trend_public_key = check.trend_key.raw
    if check.research is not None:
        message.research.CopyFrom(check.research.to_message())


def _write_share(share: Share, message: exchange_pb2.Share) -> None:
    message.report_id = share.report_id
    message.opening_nonce = share.opening_nonce
    message.consents.extend(share.consents)
    message.sealed.CopyFrom(share.sealed.to_message())
    message.redemption_digest = share.redemption_digest


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
        locale=LOCALES[LOCALES.index(message.locale)],
        content=_content(message),
        signers=frozenset(each.public_key for each in signed.signatures),
        log_size=message.log_size,
    )


def _content(message: exchange_pb2.Report) -> Content:  # noqa: PLR0911 - one a kind
    kind = message.WhichOneof("content")
    if kind == "check":
        return _check(message.check)
    if kind == "acknowledgement":
        return Acknowledgement(_report_id(message.acknowledgement.report_id))
    if kind == "withdrawal":
        return Withdrawal(_report_id(message.withdrawal.report_id))
    if kind == "scope_withdrawal":
        taken_back = message.scope_withdrawal
        return ScopeWithdrawal(_standing_scope(taken_back.scope), taken_back.given_time)
    if kind == "recovery":
        shown = message.recovery
        return Recovery(_secret(shown.secret), _recovered_scope(shown.scope))
    if kind == "trend_request":
        return TrendRequest()
    if kind == "share":
        return _share(message.share)
    if kind == "redemption":
        redeemed = message.redemption
        return Redemption(_bytes32(redeemed.secret), _key_id(redeemed.key_id))
    if kind == "share_withdrawal":
        return ShareWithdrawal(_report_id(message.share_withdrawal.report_id))
    raise MalformedMessage("a report asks for nothing")


def _check(message: exchange_pb2.Check) -> Check:
    if len(message.consents) > MOST_CONSENTS:
        raise MalformedMessage("a check has one consent a scope")
    trend = message.trend_public_key
    return Check(
        tuple(message.consents),
        message.scorer_id,
        Summary.from_message(message.summary),
        SealingPublicKey(trend) if trend else None,
        SealedItem.parse(message.research) if message.HasField("research") else None,
    )


def _share(message: exchange_pb2.Share) -> Share:
    if len(message.consents) > MOST_CONSENTS:
        raise MalformedMessage("a share has one consent a scope")
    return Share(
        _report_id(message.report_id),
        _bytes32(message.opening_nonce),
        tuple(message.consents),
        SealedItem.parse(message.sealed),
        _bytes32(message.redemption_digest),
    )


def _bytes32(data: bytes) -> bytes:
    if len(data) != 32:
        raise MalformedMessage("a nonce, a secret and a digest have 32 bytes")
    return data


def _standing_scope(name: str) -> Scope:
    for scope in STANDING:
        if scope == name:
            return scope
    raise MalformedMessage("no consent of that scope outlasts a check")


def _recovered_scope(name: str) -> Scope:
    return Scope.SCORE if name == Scope.SCORE else _standing_scope(name)


def _secret(data: bytes) -> bytes:
    if len(data) != RECOVERY_SECRET_BYTES:
        raise MalformedMessage(f"a recovery secret has {RECOVERY_SECRET_BYTES} bytes")
    return data


def _key_id(data: bytes) -> bytes:
    if len(data) != KEY_ID_BYTES:
        raise MalformedMessage(f"a key id has {KEY_ID_BYTES} bytes")
    return data


def _report_id(data: bytes) -> bytes:
    if len(data) != REPORT_ID_BYTES:
        raise MalformedMessage(f"a report id has {REPORT_ID_BYTES} bytes")
    return data


def _signed_bytes(header: Header, content: bytes) -> bytes:
    return framed(info(Label.REPORT, header), content)
