"""Answers what leaves a feedback for a counsellor, what takes it back, and what fetches it.

What is left is ciphertext to a key that only the root can certify and only the counsellor holds.
It is taken only from the person whose check it was, with consent that names the counsellor, and
with the nonce from beside the feedback: that shows that the feedback was opened, not that it was
read, nor that nobody pressed the person.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kizashi_protocol.consent import Scope, read_consent
from kizashi_protocol.errors import InvalidConsent
from kizashi_protocol.moments import DAY
from kizashi_protocol.receipts import ErasureReceipt, countersign, write_erasure
from kizashi_protocol.recipients import Recipient
from kizashi_protocol.reply import Erased, Redeemed, Reply, Shared
from kizashi_protocol.report import Redemption, Share, ShareWithdrawal

from kizashi_server.consent_gate import NotPermitted
from kizashi_server.exchange.answering import Answered, ReportContext, owner_digest_of
from kizashi_server.exchange.refusals import refusal
from kizashi_server.exchange.share_gate import permit_share
from kizashi_server.store.replay_contract import Store
from kizashi_server.store.sharing_contract import Destination, KeptShare, SharingStore


@dataclass(frozen=True, slots=True)
class Sharing:
    """What sharing needs of the world.

    Attributes:
        store: keeps what is left until it is fetched.
        counsellors: those the root has certified for a programme (its id) at a moment (seconds
            since the epoch).
    """

    store: SharingStore = field(repr=False)
    counsellors: Callable[[str, int], Sequence[Recipient]]


def leave_share(share: Share, context: ReportContext, store: Store, sharing: Sharing) -> Answered:
    """Keeps what somebody leaves for a counsellor, if everything about it holds.

    The proof of opening counts once: it is used up when the answer is kept. A withdrawal that
    comes at the same moment wins, whichever of the two is faster.
    """
    try:
        consents = [read_consent(token) for token in share.consents]
    except InvalidConsent:
        return Answered(refusal("SHARE_CONSENT_INVALID", context.locale))
    settings = context.programme.settings
    permission = permit_share(
        share,
        consents,
        signers=context.signers,
        terms=context.programme.terms,
        counsellors=sharing.counsellors(settings.id, context.now),
        now=context.now,
    )
    if isinstance(permission, NotPermitted):
        return Answered(refusal(permission.reason, context.locale))
    record, _, scoring = permission.records
    owner = owner_digest_of(scoring.subject)
    opening = hashlib.sha256(share.opening_nonce).digest()

    def is_opened() -> bool:
        kept = store.opening_digest(share.report_id, settings.id, {owner})
        return kept is not None and hmac.compare_digest(kept, opening)

    if not is_opened():
        return Answered(refusal("SHARE_NOT_OPENED", context.locale))
    until = min(context.now + settings.share_retention_days * DAY, record.expire_time)
    left = KeptShare(
        share.report_id,
        settings.id,
        context.programme.terms_digest,
        owner,
        share.sealed,
        share.redemption_digest,
        until,
        scoring.recovery_digest,
    )
    if not sharing.store.leave(left):
        return Answered(refusal("SHARE_ALREADY_LEFT", context.locale))
    if not is_opened():
        # Withdrawn in between: the withdrawal may have looked for the share before it was there.
        sharing.store.cancel({share.report_id}, settings.id, {owner})
        return Answered(refusal("SHARE_NOT_OPENED", context.locale))
    token = share.consents[consents.index(record)]
    receipt = countersign(token, context.receipt_key, now=context.now)
    return Answered(
        Reply(Shared(until), (receipt,)),
        owner,
        once_kept=lambda: store.use_opening(share.report_id, opening),
    )


def take_back(
    content: ShareWithdrawal, context: ReportContext, store: Store, sharing: SharingStore
) -> Answered:
    """Erases what waits of a check for a counsellor, and says so under signature; the check stays.

    Nothing of that check is kept for anybody afterwards, a share still on its way included. Asked
    again, the owner gets a receipt again; whether a check is unknown or somebody else's, the answer
    is the same.
    """
    programme, owners = context.programme.settings, context.owner_digests()
    known = store.drop_opening(content.report_id, programme.id, owners)
    # After the proof is gone, so that a share left at this very moment is seen here or sees it; and
    # also where the check's own row is gone, as after a restore.
    sharing.cancel({content.report_id}, programme.id, owners)
    if not known:
        return Answered(refusal("REPORT_UNKNOWN", context.locale))
    receipt = ErasureReceipt(
        content.report_id, programme.id, context.now, programme.residual_days, Scope.SHARE
    )
    return Answered(Reply(Erased(write_erasure(receipt, context.receipt_key))))


def redeem(redemption: Redemption, context: ReportContext, sharing: Sharing) -> Answered:
    """Hands out what was left under a secret, once; then it is here no longer.

    The same envelope gets the same sealed reply while that is kept, which its sender's key may
    acknowledge; any other finds nothing. Whether nothing was ever left, it is sealed to another key,
    it was fetched, taken back or has expired, nobody certifies that key any more, or it was left
    under other terms than the programme's now, the answer is the same.
    """
    taker, programme = context.header.report_id, context.programme
    digest = hashlib.sha256(redemption.secret).digest()
    certified = sharing.counsellors(programme.settings.id, context.now)
    sealed = None
    if redemption.key_id in {each.public.key_id for each in certified}:
        named = Destination(programme.settings.id, programme.terms_digest, redemption.key_id)
        sealed = sharing.store.take(digest, named, taker, context.now)
    if sealed is None:
        return Answered(refusal("SHARE_UNKNOWN", context.locale))
    owners = context.owner_digests()
    return Answered(
        Reply(Redeemed(sealed)),
        min(owners) if len(owners) == 1 else None,
        once_kept=lambda: sharing.store.settle(taker),
    )
