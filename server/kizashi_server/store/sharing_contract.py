"""What is left for counsellors until they fetch it: what any store of it must promise.

A share's row holds ciphertext that the server cannot open, and lives for days at most:

    leave ──> kept ── take ──> taken ── settle ──> gone
                └──── cancel, keep_only, purge ──> gone

Taking and settling are two steps so that a share is neither lost nor given away twice when the
process is killed in between: what one report has taken, that report alone may take again, until
its answer is kept and the share is settled.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from kizashi_protocol.sealed_item import SealedItem

from kizashi_server.store.replay_contract import Tagged


@dataclass(frozen=True, slots=True)
class Destination:
    """Whom a share is for, and under which terms.

    Attributes:
        terms_digest: see `CarriedProgramme.terms_digest`, 32 bytes.
        key_id: the counsellor's, 16 bytes.
    """

    programme_id: str
    terms_digest: bytes
    key_id: bytes


@dataclass(frozen=True, slots=True)
class KeptShare:
    """A feedback that somebody left for a counsellor.

    Attributes:
        report_id: the check, 16 bytes; one share is kept of each at a time.
        terms_digest: of the terms that the consent to share was given to, 32 bytes.
        owner_digest: SHA-256 of the check's score key, 32 bytes.
        sealed: to the counsellor's key.
        redemption_digest: SHA-256 of the secret that fetches it, 32 bytes.
        expire_time: when it is deleted unfetched, in seconds since the epoch.
        recovery_tag: of the check (32 bytes), or None where no recovery code reaches it. Kept with
            the share, which may outlive the check's row in the replay memory.
    """

    report_id: bytes
    programme_id: str
    terms_digest: bytes
    owner_digest: bytes = field(repr=False)
    sealed: SealedItem
    redemption_digest: bytes = field(repr=False)
    expire_time: int
    recovery_tag: bytes | None = field(default=None, repr=False)

    @property
    def destination(self) -> Destination:
        """Whom it is for."""
        return Destination(self.programme_id, self.terms_digest, self.sealed.key_id)


class SharingStore(Protocol):
    """Every method is one transaction, and safe to call from any thread.

    Raises:
        StoreUnavailable: from any method, when the database cannot do it now.
    """

    def leave(self, share: KeptShare) -> bool:
        """Keeps a share; False when another of the same check, or with its secret, is kept.

        True also when this very one is kept already, whenever it expires.
        """

    def take(
        self, redemption_digest: bytes, destination: Destination, taker: bytes, now: int
    ) -> SealedItem | None:
        """What is left under a secret, for one report (id of 16 bytes) and no other after it.

        None when nothing is left under it for this destination, it has expired at `now`, or another
        report has taken it.
        """

    def settle(self, taker: bytes) -> None:
        """Deletes what a report has taken."""

    def cancel(
        self,
        report_ids: AbstractSet[bytes],
        programme_id: str,
        owner_digests: AbstractSet[bytes],
    ) -> None:
        """Deletes what owners have left of checks; nothing happens when nothing is kept.

        At most some thousand checks at once.
        """

    def keep_only(self, destinations: AbstractSet[Destination]) -> int:
        """Deletes what is left for any other destination; returns how many shares went."""

    def tagged(self, programme_id: str, after: bytes, most: int) -> Sequence[Tagged]:
        """Shares with a recovery tag, in the order of their checks' ids; as `Store.tagged`."""

    def purge(self, now: int) -> int:
        """Deletes what has expired at `now`; returns how many."""

    def close(self) -> None:
        """Lets go of the database."""
