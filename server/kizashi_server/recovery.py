"""Takes back what a recovery code reaches: a standing consent, or every check of a person.

A standing consent is found by the digest in it. Checks carry a tag each, which nobody can tell from
random bytes without the secret; so they are found by comparing every tag of the programme with what
the secret makes of its check's id.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence

from kizashi_protocol.consent import ConsentRecord, Scope, recovery_tag
from kizashi_protocol.report import Recovery

from kizashi_server.answering import Answered, ReportContext
from kizashi_server.follow_up import erase_check
from kizashi_server.refusals import refusal
from kizashi_server.standing_scopes import scope_erased
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.replay_contract import Store, Tagged
from kizashi_server.store.sharing_contract import SharingStore

PAGE = 1_000
"""Checks looked at in one transaction, so that no other waits long for its own."""

AdmitSearch = Callable[[], bool]
"""Whether all checks of a programme may be searched now."""


def recover(  # noqa: PLR0913, PLR0917 - the three stores that a person's traces are in
    content: Recovery,
    context: ReportContext,
    store: Store,
    sharing: SharingStore,
    holdings: HoldingsStore,
    admit_search: AdmitSearch,
) -> Answered:
    """Erases what a secret reaches, and says so under signature; asked again, it says so again.

    Whether a secret is nobody's, or nothing is held under it any more, the answer is the same.

    The secret of checks costs one HMAC and one comparison for each check of the programme that the
    replay memory still has (those of the last months, for a row goes with the key that opens its
    report) and each share that waits. `rate_limit.SEARCHES` bounds how often that is. A standing
    consent is found without, so that whoever has searches made keeps nobody from taking one back.
    """
    programme_id = context.programme.settings.id
    scope: Scope | None
    if content.scope is Scope.SCORE:
        if not admit_search():
            # Sealed, as all that is known only of an opened report.
            return Answered(refusal("RATE_LIMITED", context.locale))
        found = _erase_checks(content.secret, context, store, sharing, holdings)
        scope = Scope.SCORE if found else None
    else:
        digest = hashlib.sha256(content.secret).digest()
        scope = holdings.recover(digest, programme_id, context.now)
        if scope is None:
            # A consent that is still on its way carries the digest, and is refused by it; one that
            # was kept at this very moment is found the second time.
            holdings.withdraw(digest, content.scope, programme_id, context.now)
            scope = holdings.recover(digest, programme_id, context.now)
    if scope is None:
        return Answered(refusal("RECOVERY_UNKNOWN", context.locale))
    return scope_erased(scope, context)


def recovered_among(
    consents: Sequence[ConsentRecord], report_id: bytes, recoveries: Mapping[bytes, int]
) -> Mapping[bytes, int]:
    """Subject's key (32 bytes) -> when a recovery code took it back, for those of these consents.

    Args:
        consents: of one check.
        report_id: the check, 16 bytes.
        recoveries: as `HoldingsStore.recoveries` has them, asked for after the check's own tag was
            noted: a code used at the same moment then finds the check, or is found here.
    """
    times = {}
    for record in consents:
        if record.scope is Scope.SCORE and record.recovery_digest is not None:
            for secret, time in recoveries.items():
                if _is_of(secret, report_id, record.recovery_digest):
                    times[record.subject] = time
    return times


def _erase_checks(
    secret: bytes,
    context: ReportContext,
    store: Store,
    sharing: SharingStore,
    holdings: HoldingsStore,
) -> bool:
    programme_id = context.programme.settings.id
    # First, so that a check which is noted behind the search finds the secret; see above.
    holdings.remember_recovery(secret, programme_id, context.now)
    found = False
    for check in _tagged(store, programme_id):
        if _is_of(secret, check.report_id, check.recovery_tag):
            owners = {check.owner_digest}
            found |= erase_check(check.report_id, owners, programme_id, store, sharing)
    # A share may wait for longer than its check is remembered.
    for share in _tagged(sharing, programme_id):
        if _is_of(secret, share.report_id, share.recovery_tag):
            sharing.cancel(share.report_id, programme_id, {share.owner_digest})
            found = True
    return found


def _tagged(store: Store | SharingStore, programme_id: str) -> Iterator[Tagged]:
    after = b""
    while page := store.tagged(programme_id, after, PAGE):
        yield from page
        after = page[-1].report_id


def _is_of(secret: bytes, report_id: bytes, tag: bytes) -> bool:
    return hmac.compare_digest(recovery_tag(secret, report_id), tag)
