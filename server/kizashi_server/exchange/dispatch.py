"""From the plaintext of a report to its answer: read, verify, hand to the right handler."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kizashi_protocol.context import Header
from kizashi_protocol.errors import InvalidSigner, MalformedMessage
from kizashi_protocol.report import (
    Acknowledgement,
    Check,
    Content,
    Recovery,
    Redemption,
    ScopeWithdrawal,
    Share,
    ShareWithdrawal,
    TrendRequest,
    Withdrawal,
    read_report,
)
from kizashi_protocol.signing import SigningKey
from kizashi_protocol.summary import Summary
from kizashi_protocol.v1 import exchange_pb2

from kizashi_server.exchange.answering import Answered, ReportContext
from kizashi_server.exchange.follow_up import acknowledge, withdraw
from kizashi_server.exchange.keeping import Keeping
from kizashi_server.exchange.recovery import recover
from kizashi_server.exchange.recovery_search import Searching
from kizashi_server.exchange.refusals import refusal
from kizashi_server.exchange.reply import ReplyAddress
from kizashi_server.exchange.self_check import NoteOwner, answer_check
from kizashi_server.exchange.sharing import Sharing, leave_share, redeem, take_back
from kizashi_server.exchange.standing_scopes import return_trend, withdraw_scope
from kizashi_server.programmes import CarriedProgramme
from kizashi_server.store.replay_contract import Store


@dataclass(frozen=True, slots=True)
class Opened:
    """A report that was opened and not yet read.

    Attributes:
        header: of the envelope it came in.
        plaintext: as opened.
        address: as `reply_address` found it in the plaintext.
        forget_time: as `Arrival.expire_time`, in seconds since the epoch.
    """

    header: Header
    plaintext: bytes = field(repr=False)
    address: ReplyAddress = field(repr=False)
    forget_time: int


@dataclass(frozen=True, slots=True)
class Means:
    """What an answer is made with.

    Attributes:
        receipt_key: signs consent and erasure receipts.
        store: where an acknowledged or withdrawn check is looked up.
        keeping: where what standing consents allow is kept, and for whom.
        sharing: who may be shared with, and where what is shared waits.
        let_settle: returns once no worker is answering the report of an id, so that a withdrawal
            cannot overtake the check it is about.
        note_owner: notes whose check this report is before it is answered.
        searching: how the programme's checks are searched for a recovery code.
        now: seconds since the epoch.
        random_bytes: gives that many unpredictable bytes.
    """

    receipt_key: SigningKey = field(repr=False)
    store: Store
    keeping: Keeping
    sharing: Sharing
    let_settle: Callable[[bytes], None]
    note_owner: NoteOwner
    searching: Searching
    now: int
    random_bytes: Callable[[int], bytes]


def answer_report(opened: Opened, programme: CarriedProgramme, means: Means) -> Answered:
    """Answers an opened report; whatever is wrong with it becomes a refusal, to be sealed.

    Args:
        opened: the report.
        programme: the one its header names.
        means: what the answer is made with.
    """
    try:
        report = read_report(opened.header, opened.plaintext)
    except InvalidSigner as error:
        return Answered(refusal(error.reason, opened.address.locale))
    except MalformedMessage:
        return Answered(refusal(_what_is_malformed(opened.plaintext), opened.address.locale))
    context = ReportContext(
        opened.header,
        opened.forget_time,
        report.signers,
        report.locale,
        programme,
        means.receipt_key,
        means.now,
        means.random_bytes,
    )
    return _answer(report.content, context, means)


def _answer(content: Content, context: ReportContext, means: Means) -> Answered:  # noqa: PLR0911 - one handler a kind of content
    store, keeping, sharing = means.store, means.keeping, means.sharing
    match content:
        case Check() as check:
            return answer_check(check, context, keeping, means.note_owner)
        case Acknowledgement() as acknowledgement:
            return acknowledge(acknowledgement, context, store)
        case Withdrawal() as withdrawal:
            means.let_settle(withdrawal.report_id)
            return withdraw(withdrawal, context, store, sharing.store, keeping.store)
        case ScopeWithdrawal() as scope_withdrawal:
            return withdraw_scope(scope_withdrawal, context, keeping.store)
        case Recovery() as recovery:
            return recover(recovery, context, store, sharing.store, keeping.store, means.searching)
        case TrendRequest():
            return return_trend(context, keeping.store)
        case Share() as share:
            return leave_share(share, context, store, sharing)
        case Redemption() as redemption:
            return redeem(redemption, context, sharing)
        case ShareWithdrawal() as share_withdrawal:
            return take_back(share_withdrawal, context, store, sharing.store)


def _what_is_malformed(plaintext: bytes) -> str:
    """The reason for a report that `read_report` refused, though its outer parts parse."""
    signed = exchange_pb2.SignedReport.FromString(plaintext)
    report = exchange_pb2.Report.FromString(signed.report)
    if report.WhichOneof("content") == "check":
        try:
            Summary.from_message(report.check.summary)
        except MalformedMessage:
            return "SUMMARY_INVALID"
    return "REPORT_INVALID"
