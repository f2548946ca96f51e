"""Answers what is about a consent that outlasts its check: taking it back, and reading a trend.

Whose something is, the signatures say. `recovery` is for somebody who lost the laptop.
"""

from kizashi_protocol.consent import TREND_ENTRIES, Scope, read_consent
from kizashi_protocol.moments import CLOCK_TOLERANCE
from kizashi_protocol.receipts import ErasureReceipt, write_erasure
from kizashi_protocol.reply import Erased, Reply, Trend
from kizashi_protocol.report import ScopeWithdrawal

from kizashi_server.consent_gate import NotPermitted, permit_held
from kizashi_server.exchange.answering import Answered, ReportContext, owner_digest_of
from kizashi_server.exchange.refusals import refusal
from kizashi_server.exchange.subjects import digests_of, subject_digest_of
from kizashi_server.store.holdings_contract import HoldingsStore


def withdraw_scope(
    content: ScopeWithdrawal, context: ReportContext, store: HoldingsStore
) -> Answered:
    """Erases what is held under a scope of whoever signed, and says so under signature.

    Nothing need be held: a check that was overtaken on its way will not count either, and the
    receipt is as true. So asked again it is given again, and tells nobody whether anything was held.

    Its tombstone is kept for as long as such a check could come, 12 months, whoever asked: so one key
    signs, and one exchange makes one.
    """
    if len(context.signers) != 1:
        return Answered(refusal("REPORT_INVALID", context.locale))
    programme = context.programme.settings
    # A laptop's clock may run ahead, by no more than a consent's may.
    until = max(context.now, min(content.given_time, context.now + CLOCK_TOLERANCE))
    for digest in digests_of(context.signers, programme.id, content.scope):
        store.withdraw(digest, content.scope, programme.id, until)
    return scope_erased(content.scope, context)


def return_trend(context: ReportContext, store: HoldingsStore) -> Answered:
    """The trend of whoever signed, as long as its consent holds; empty where nothing is held.

    A one-time key that signed besides may acknowledge the reply. The trend's own key may not: the
    replay memory keeps nothing by which two requests could be linked.
    """
    programme = context.programme.settings
    entries: list[bytes] = []
    others = []
    for signer in sorted(context.signers):
        held = store.held(subject_digest_of(signer, programme.id, Scope.TREND))
        if held is None:
            others.append(signer)
            continue
        record = read_consent(held.subject.consent)
        decision = permit_held(record, context.programme.terms, context.now)
        if isinstance(decision, NotPermitted):
            return Answered(refusal(decision.reason, context.locale))
        entries.extend(held.contents)
    owner = owner_digest_of(others[0]) if entries and len(others) == 1 else None
    return Answered(Reply(Trend(tuple(entries[-TREND_ENTRIES:]))), owner)


def scope_erased(scope: Scope, context: ReportContext) -> Answered:
    """The signed statement that what was held under a scope is erased."""
    programme = context.programme.settings
    receipt = ErasureReceipt(None, programme.id, context.now, programme.residual_days, scope)
    return Answered(Reply(Erased(write_erasure(receipt, context.receipt_key))))
