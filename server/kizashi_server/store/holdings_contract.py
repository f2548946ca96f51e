"""What is kept under a standing consent: what any store of it must promise.

A subject is a person's key for one scope of one programme, known to the store by its digest alone.
Everything held belongs to one subject and lives no longer than its consent:

    keep ──> held ── expires, or its terms change (`erase`) ──> gone
               └──── withdrawn, by its key or by its recovery secret ──> gone, and a tombstone stays

A tombstone says until when consents of a subject no longer count. It outlives every consent it can
be about, and is what a restored backup is cleared by before anything is served from it. What was kept
of one check goes with the check, by a name of its own, and the name stays as tombstones do.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from kizashi_protocol.consent import CHECK_VALIDITY, LONGEST_VALIDITY, Scope
from kizashi_protocol.moments import CLOCK_TOLERANCE

TOMBSTONE_SECONDS = LONGEST_VALIDITY
"""After so long every consent of before a withdrawal has expired by itself."""

RECOVERED_SECONDS = CHECK_VALIDITY + CLOCK_TOLERANCE
"""The same of consents to score, which last as long as `CHECK_VALIDITY` from a laptop's clock."""

MOST_RECOVERED = 1_000
"""Secrets kept of a programme, the oldest dropped first: nobody can make each check cost more
comparisons than these, by showing secrets that are nobody's."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose something is, and by which consent.

    Attributes:
        digest: SHA-256 of the key that signed the consent, 32 bytes.
        consent: the record as compact JWS.
        recovery_digest: SHA-256 of the secret that takes it back without that key, 32 bytes.
        given_time: of the consent, in seconds since the epoch.
        expire_time: of the consent, in seconds since the epoch.
    """

    digest: bytes = field(repr=False)
    scope: Scope
    programme_id: str
    consent: str = field(repr=False)
    recovery_digest: bytes = field(repr=False)
    given_time: int
    expire_time: int


@dataclass(frozen=True, slots=True)
class Item:
    """Something to keep.

    Attributes:
        name: what tells it from the subject's other items; under the same name a later item takes
            the place of the earlier.
        content: at most some kilobytes.
        erasure_name: by which it is erased with its check, 32 bytes; see `keeping.erasure_name`. None
            where it goes with its consent alone.
    """

    name: bytes = field(repr=False)
    content: bytes = field(repr=False)
    erasure_name: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """A subject, and what is kept under its consent, the oldest first."""

    subject: Subject
    contents: tuple[bytes, ...] = field(repr=False)


class HoldingsStore(Protocol):
    """Every method is safe to call from any thread, and done whole or not at all.

    Raises:
        StoreUnavailable: from any method, when a database cannot do it now.
    """

    def withdrawn_times(self, digests: AbstractSet[bytes]) -> Mapping[bytes, int]:
        """When each subject last took consent back, in seconds since the epoch, if it ever did."""

    def keep(self, subject: Subject, item: Item, most: int) -> bool:
        """Keeps an item, and of the subject's items only the latest `most`.

        Of two consents of a subject the one given later stays. False when the subject has taken
        this consent back, it was withdrawn by its recovery digest, or the item was erased by its
        name, and nothing is kept.
        """

    def held(self, digest: bytes) -> Held | None:
        """What is kept of a subject, or None."""

    def subjects(self) -> Sequence[Subject]:
        """Everybody something is kept of, in no order."""

    def erase(self, digest: bytes) -> None:
        """Erases a subject whose consent no longer holds, with its key; a later one counts."""

    def holds_any(self, erasure_names: AbstractSet[bytes]) -> bool:
        """Whether an item with one of these names is kept; at most some hundred names."""

    def erase_items(self, erasure_names: AbstractSet[bytes], now: int) -> None:
        """Erases the items with these names, and has none of them kept again; at most some hundred.

        Nothing need be held. The names stay for as long as tombstones do, and erase what a restored
        backup brings back. Consents stand, and what else is kept under them.
        """

    def withdraw(self, digest: bytes, scope: Scope, programme_id: str, now: int) -> None:
        """Erases a subject with its key, and has no consent given until `now` count again.

        Nothing need be held: a consent that is still on its way will not count either. In a
        subject's place stands the recovery digest of such a consent where its key is not known.
        """

    def recover(self, recovery_digest: bytes, programme_id: str, now: int) -> Scope | None:
        """The same for whom this digest is of; None when it is of nobody in this programme.

        Asked again, the scope is told again.
        """

    def remember_recovery(self, secret: bytes, programme_id: str, now: int) -> None:
        """Has no check count that carries a tag of this secret and was consented to until `now`.

        For `RECOVERED_SECONDS`, and for the latest `MOST_RECOVERED` secrets of the programme.
        """

    def recoveries(self, programme_id: str) -> Mapping[bytes, int]:
        """Secret so remembered (32 bytes) -> until when, in seconds since the epoch."""

    def purge(self, now: int) -> int:
        """Erases subjects whose consent has expired, and forgets old tombstones and secrets.

        Returns how many subjects went.
        """

    def close(self) -> None:
        """Lets go of the databases."""
