"""Searches a programme for what the recovery secret of checks reaches, and erases it on the way.

A call takes as many pages as it has time for. Where a search has to break off, the next call with
the same secret takes it up again: what one call may do has a bound, and what a code does has none.
"""

import hashlib
import hmac
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from kizashi_protocol.consent import recovery_tag

from kizashi_server.exchange.follow_up import erase_checks
from kizashi_server.store.replay_contract import Store, Tagged
from kizashi_server.store.sharing_contract import SharingStore

PAGE = 1_000
"""Checks looked at, and at most erased, in one transaction, so that no other waits long for its
own."""

BROKEN_OFF_SECONDS = 600
"""So long a broken-off search is taken up where it was; later it begins anew. An agent asks again at
once, a person within minutes."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a search has come.

    Attributes:
        after: id of the last check looked at, 16 bytes; empty to begin with.
        among_shares: whether every check was looked at. What waits for counsellors comes after
            them: a share that is left meanwhile is seen there, or sees that its check is erased.
        is_through: whether all was looked at.
        has_found: whether any of it was the secret's.
    """

    after: bytes = b""
    among_shares: bool = False
    is_through: bool = False
    has_found: bool = False


class BrokenOffSearches:
    """Where searches broke off, by programme and secret; safe to share between threads.

    In memory alone: a server that was started anew begins each search anew. There are never more
    than `rate_limit.SEARCHES` admits in `BROKEN_OFF_SECONDS`. What comes meanwhile behind the place
    was consented to after the code was first shown: a check of before is refused by the secret.
    """

    def __init__(self) -> None:
        """Starts with none."""
        self._places: dict[tuple[str, bytes], tuple[Place, float]] = {}
        self._lock = threading.Lock()

    def place(self, secret: bytes, programme_id: str, now: float) -> Place:
        """Where to begin, at `now` in seconds of a monotonic clock."""
        with self._lock:
            place, time = self._places.get(_whose(secret, programme_id), (Place(), now))
        return place if now - time < BROKEN_OFF_SECONDS else Place()

    def note(self, secret: bytes, programme_id: str, place: Place, now: float) -> None:
        """Notes how far a search came; one that is through is forgotten, and so are old ones."""
        with self._lock:
            self._places = {
                whose: (other, time)
                for whose, (other, time) in self._places.items()
                if now - time < BROKEN_OFF_SECONDS
            }
            self._places.pop(_whose(secret, programme_id), None)
            if not place.is_through:
                self._places[_whose(secret, programme_id)] = (place, now)


@dataclass(frozen=True, slots=True)
class Searching:
    """What a search needs of the world.

    Attributes:
        admit: whether all checks of the programme may be searched now.
        monotonic: seconds that never go back.
        deadline: when the caller stops waiting, in seconds of `monotonic`.
        broken_off: where earlier calls have stopped.
    """

    admit: Callable[[], bool]
    monotonic: Callable[[], float]
    deadline: float
    broken_off: BrokenOffSearches = field(repr=False)


def search(
    secret: bytes, programme_id: str, store: Store, sharing: SharingStore, searching: Searching
) -> Place:
    """Erases the checks a secret (32 bytes) reaches, and what waits of them for counsellors.

    One page at least, and no more once half of the time left to the call is over: the other half is
    for the page under way, the log and the seal.

    Raises:
        StoreUnavailable: a database cannot do it now; the pages before are done.
    """
    begun = searching.monotonic()
    until = begun + (searching.deadline - begun) / 2
    place = searching.broken_off.place(secret, programme_id, begun)
    while True:
        place = _after_page(secret, place, programme_id, store, sharing)
        now = searching.monotonic()
        if place.is_through or now >= until:
            searching.broken_off.note(secret, programme_id, place, now)
            return place


def is_of(secret: bytes, report_id: bytes, tag: bytes) -> bool:
    """Whether a check's tag (32 bytes) was made with a secret."""
    return hmac.compare_digest(recovery_tag(secret, report_id), tag)


def _after_page(
    secret: bytes, place: Place, programme_id: str, store: Store, sharing: SharingStore
) -> Place:
    where: Store | SharingStore = sharing if place.among_shares else store
    page = where.tagged(programme_id, place.after, PAGE)
    if not page:
        if place.among_shares:
            return replace(place, is_through=True)
        # A share may wait for longer than its check is remembered.
        return replace(place, after=b"", among_shares=True)
    found = [each for each in page if is_of(secret, each.report_id, each.recovery_tag)]
    _erase(found, programme_id, store, sharing, checks=not place.among_shares)
    return replace(place, after=page[-1].report_id, has_found=place.has_found or bool(found))


def _erase(
    found: Sequence[Tagged],
    programme_id: str,
    store: Store,
    sharing: SharingStore,
    *,
    checks: bool,
) -> None:
    # One that is erased already only counts as found: asked again, a code costs a search alone.
    fresh = [each for each in found if not each.is_erased]
    if not fresh:
        return
    report_ids = {each.report_id for each in fresh}
    owners = {each.owner_digest for each in fresh}
    if checks:
        erase_checks(report_ids, owners, programme_id, store, sharing)
    else:
        sharing.cancel(report_ids, programme_id, owners)


def _whose(secret: bytes, programme_id: str) -> tuple[str, bytes]:
    return programme_id, hashlib.sha256(secret).digest()
