"""Erases what is held under consents that no longer hold: expired, or given to other terms."""

from collections.abc import Mapping

from kizashi_protocol.consent import read_consent

from kizashi_server import log
from kizashi_server.consent_gate import NotPermitted, permit_held
from kizashi_server.programmes import CarriedProgramme
from kizashi_server.store.holdings_contract import HoldingsStore, Subject


def sweep_holdings(store: HoldingsStore, now: int) -> None:
    """Erases what has expired at `now`, in seconds since the epoch.

    Raises:
        StoreUnavailable: a database resists.
    """
    gone = store.purge(now)
    if gone:
        log.info("consents_expired", subjects=gone)


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
        log.info("consents_void", subjects=void)
    return void


def _is_void(subject: Subject, programme: CarriedProgramme, now: int) -> bool:
    decision = permit_held(read_consent(subject.consent), programme.terms, now)
    # What a wrong clock would say of time is no reason to erase.
    return isinstance(decision, NotPermitted) and decision.reason == "CONSENT_TERMS_CHANGED"
