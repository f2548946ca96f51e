"""Erases what is held under consents that no longer hold.

They have expired, were given to other terms, or for a researcher or a counsellor whom nobody certifies
any more.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from kizashi_protocol.consent import ConsentRecipient, Scope, read_consent
from kizashi_protocol.directory import Directory
from kizashi_protocol.recipients import RecipientRole

from kizashi_server import diagnostics
from kizashi_server.consent_gate import NotPermitted, permit_held
from kizashi_server.programmes import CarriedProgramme
from kizashi_server.store.holdings_contract import HoldingsStore, Subject
from kizashi_server.store.sharing_contract import Destination, SharingStore


def sweep_holdings(store: HoldingsStore, now: int) -> None:
    """Erases what has expired at `now`, in seconds since the epoch.

    Raises:
        StoreUnavailable: a database resists.
    """
    gone = store.purge(now)
    if gone:
        diagnostics.info("consents_expired", subjects=gone)


def erase_void(store: HoldingsStore, programmes: Mapping[str, CarriedProgramme], now: int) -> int:
    """Erases what is held under consents that do not hold for the programmes as they are now.

    Asked once at each start: only then do programmes change. A programme that is no longer carried
    has no terms that a consent could be to. Returns how many subjects were erased.

    Raises:
        StoreUnavailable: a database resists.
    """
    void = 0
    for subject in store.subjects():
        programme = programmes.get(subject.programme_id)
        if programme is None or _is_void(subject, programme, now):
            store.erase(subject.digest)
            void += 1
    if void:
        diagnostics.info("consents_void", subjects=void)
    return void


def researchers_listed(directory: Directory) -> frozenset[tuple[str, ConsentRecipient]]:
    """Programme id and researcher, for each that a directory lists.

    Also for one whose certificate begins later: a clock that is behind is no reason to erase.
    """
    return frozenset(
        (each.programme_id, ConsentRecipient(each.name, each.fingerprint))
        for each in directory.recipients
        if each.role is RecipientRole.RESEARCH
    )


def destinations_now(
    directory: Directory, programmes: Mapping[str, CarriedProgramme]
) -> frozenset[Destination]:
    """Each listed counsellor, under their programme's terms now; certificates as for research."""
    return frozenset(
        Destination(
            each.programme_id, programmes[each.programme_id].terms_digest, each.public.key_id
        )
        for each in directory.recipients
        if each.role is RecipientRole.COUNSELLOR and each.programme_id in programmes
    )


def erase_void_shares(sharing: SharingStore, destinations: AbstractSet[Destination]) -> int:
    """Erases what waits for any other destination; when, and errors, as `erase_decertified`.

    That is: for a counsellor who is certified no more, or under terms that have changed. Returns how
    many shares were erased.
    """
    gone = sharing.keep_only(destinations)
    if gone:
        diagnostics.info("shares_void", shares=gone)
    return gone


def erase_decertified(
    store: HoldingsStore, researchers: AbstractSet[tuple[str, ConsentRecipient]]
) -> int:
    """Erases what was given to research for somebody who is not among these.

    Asked at each start, and whenever a running server lists others. Returns how many subjects were
    erased.

    Raises:
        StoreUnavailable: a database resists.
    """
    void = 0
    for subject in store.subjects():
        if subject.scope is Scope.RESEARCH:
            recipient = read_consent(subject.consent).recipient
            if recipient is None or (subject.programme_id, recipient) not in researchers:
                store.erase(subject.digest)
                void += 1
    if void:
        diagnostics.info("consents_void", subjects=void)
    return void


def _is_void(subject: Subject, programme: CarriedProgramme, now: int) -> bool:
    decision = permit_held(read_consent(subject.consent), programme.terms, now)
    # What a wrong clock would say of time is no reason to erase.
    return isinstance(decision, NotPermitted) and decision.reason == "CONSENT_TERMS_CHANGED"
