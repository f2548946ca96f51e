"""Answers what follows a check: that its reply arrived, or that it is taken back.

Only the key that owns a report may do either. Whether a report is unknown or somebody else's, the
answer is the same.
"""

from collections.abc import Set as AbstractSet

from kizashi_protocol.consent import STANDING
from kizashi_protocol.receipts import ErasureReceipt, write_erasure
from kizashi_protocol.reply import Acknowledged, Erased, Reply
from kizashi_protocol.report import Acknowledgement, Withdrawal

from kizashi_server.exchange.answering import Answered, ReportContext
from kizashi_server.exchange.keeping import erasure_name
from kizashi_server.exchange.refusals import refusal
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.replay_contract import NO_ENVELOPE, Arrival, Store
from kizashi_server.store.sharing_contract import SharingStore


def acknowledge(content: Acknowledgement, context: ReportContext, store: Store) -> Answered:
    """Drops the sealed reply to a check, which its owner has received."""
    programme = context.programme.settings
    if not store.drop_reply(content.report_id, programme.id, context.owner_digests()):
        return Answered(refusal("REPORT_UNKNOWN", context.locale))
    return Answered(Reply(Acknowledged()))


def withdraw(
    content: Withdrawal,
    context: ReportContext,
    store: Store,
    sharing: SharingStore,
    holdings: HoldingsStore,
) -> Answered:
    """Erases what is held of a check, and says so under signature.

    With it go a share that waits, and what was kept of it under consents that outlast it, also where
    the check's own row is gone with its sealing key. The consents stand.

    One key signs, as of a scope: what stays of a withdrawal has a bound. Asked again, the owner gets a
    receipt again. A check that has not come yet, because it was lost
    or somebody holds it back, counts as erased from now on: consent taken back stays taken back.
    """
    if len(context.signers) != 1:
        return Answered(refusal("REPORT_INVALID", context.locale))
    (owner,) = context.signers
    programme = context.programme.settings
    names = {erasure_name(owner, content.report_id, programme.id, each) for each in STANDING}
    is_known = erase_checks(
        {content.report_id}, context.owner_digests(), programme.id, store, sharing
    )
    if is_known or holdings.holds_any(names):
        # A stranger's withdrawal leaves no name behind.
        holdings.erase_items(names, context.now)
    else:
        # Without an owner, so that asking twice tells nobody whether the report was there.
        store.forestall(_never_to_come(content.report_id, context), context.now)
        return Answered(refusal("REPORT_UNKNOWN", context.locale))
    receipt = ErasureReceipt(content.report_id, programme.id, context.now, programme.residual_days)
    return Answered(Reply(Erased(write_erasure(receipt, context.receipt_key))))


def erase_checks(
    report_ids: AbstractSet[bytes],
    owners: AbstractSet[bytes],
    programme_id: str,
    store: Store,
    sharing: SharingStore,
) -> bool:
    """Erases a person's checks and what waits of them for a counsellor; False if none is theirs.

    Args:
        report_ids: the checks, 16 bytes each; as `Store.erase`.
        owners: digests of keys, 32 bytes each; see `owner_digest_of`.
        programme_id: the programme of the checks.
        store: where the checks are remembered.
        sharing: where what is shared waits.
    """
    erased = store.erase(report_ids, programme_id, owners)
    # After the erasure, so that a share left at this very moment is either seen here or sees it;
    # and also where the check's own row is gone, as after a restore.
    sharing.cancel(report_ids, programme_id, owners)
    return erased


def _never_to_come(report_id: bytes, context: ReportContext) -> Arrival:
    # A withdrawal is sealed to the same key as its check or to a later one, which lives longer.
    header = context.header
    return Arrival(report_id, NO_ENVELOPE, header.programme_id, header.key_id, context.forget_time)
