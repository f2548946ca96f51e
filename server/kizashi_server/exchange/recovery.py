"""Takes back what a recovery code reaches: a standing consent, or every check of a person.

A standing consent is found by the digest in it. Checks carry a tag each, which nobody can tell from
random bytes without the secret; so they are found by comparing every tag of the programme with what
the secret makes of its check's id.
"""

import hashlib
from collections.abc import Mapping, Sequence

from kizashi_protocol.consent import ConsentRecord, Scope
from kizashi_protocol.report import Recovery

from kizashi_server.exchange.answering import Answered, ReportContext
from kizashi_server.exchange.recovery_search import Searching, is_of, search
from kizashi_server.exchange.refusals import refusal
from kizashi_server.exchange.standing_scopes import scope_erased
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.replay_contract import Store
from kizashi_server.store.sharing_contract import SharingStore


def recover(  # noqa: PLR0913, PLR0917 - the three stores that a person's traces are in
    content: Recovery,
    context: ReportContext,
    store: Store,
    sharing: SharingStore,
    holdings: HoldingsStore,
    searching: Searching,
) -> Answered:
    """Erases what a secret reaches, and says so under signature; asked again, it says so again.

    Whether a secret is nobody's, or nothing is held under it any more, the answer is the same.

    The secret of checks costs one HMAC and one comparison for each check of the programme that the
    replay memory still has (those of the last months, for a row goes with the key that opens its
    report) and each share that waits. `rate_limit.SEARCHES` bounds how often that is, and the call's
    deadline how much of it is done at once: RECOVERY_UNFINISHED says under seal that there is more,
    and asked again it goes on from there. A standing consent is found without, so that whoever has
    searches made keeps nobody from taking one back.
    """
    programme_id = context.programme.settings.id
    scope: Scope | None
    if content.scope is Scope.SCORE:
        if not searching.admit():
            # Sealed, as all that is known only of an opened report.
            return Answered(refusal("RATE_LIMITED", context.locale))
        # First, so that a check which is noted behind the search finds the secret; see below.
        holdings.remember_recovery(content.secret, programme_id, context.now)
        place = search(content.secret, programme_id, store, sharing, searching)
        if not place.is_through:
            return Answered(refusal("RECOVERY_UNFINISHED", context.locale))
        scope = Scope.SCORE if place.has_found else None
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
                if is_of(secret, report_id, record.recovery_digest):
                    times[record.subject] = time
    return times
