"""Reads what is kept under a scope, beside a server that may be changing it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kizashi_protocol.consent import ConsentRecord, Scope, read_consent

from kizashi_server.store.holdings_contract import HoldingsStore


@dataclass(frozen=True, slots=True)
class StandingHolding:
    """What is kept of one person under a scope.

    Attributes:
        person: digest of the person's key for this scope.
        withdrawn_time: when that key last took consent back, in seconds since the epoch.
        contents: the oldest first.
    """

    person: bytes = field(repr=False)
    consent: ConsentRecord = field(repr=False)
    withdrawn_time: int | None
    contents: tuple[bytes, ...] = field(repr=False)


def read_standing(
    store: HoldingsStore, scope: Scope, programme_id: str
) -> Sequence[StandingHolding]:
    """What is kept in a programme under a scope, whether or not its consents still hold.

    Who withdraws meanwhile is heard: withdrawals are read last.

    Raises:
        StoreUnavailable: a database resists.
    """
    digests = [
        each.digest
        for each in store.subjects()
        if (each.scope, each.programme_id) == (scope, programme_id)
    ]
    found = [held for digest in digests if (held := store.held(digest)) is not None]
    withdrawn = store.withdrawn_times(frozenset(digests))
    return [
        StandingHolding(
            person=held.subject.digest,
            consent=read_consent(held.subject.consent),
            withdrawn_time=withdrawn.get(held.subject.digest),
            contents=held.contents,
        )
        for held in found
    ]
