"""Stores in memory with one fault each, which the fuzzing must find; the faults are here alone."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from kizashi_protocol import STANDING, Scope, SealedItem
from kizashi_server.store.holdings_contract import Held, Item, Subject
from kizashi_server.store.replay_contract import Claim
from kizashi_server.store.sharing_contract import Destination

from tests.server.memory_holdings import MemoryHoldings
from tests.server.memory_sharing import MemorySharing
from tests.server.memory_store import MemoryStore, Row


class Forgetful(MemoryStore):
    """Keeps the rows of what did not open."""

    def release(self, claim: Claim) -> None:
        """Forgets to forget."""


class EverybodysStore(MemoryStore):
    """Takes whoever asks for the owner."""

    def _owned(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> Row | None:
        row = self._rows.get(report_id)
        return row if row is not None and row.owner_digest is not None else None


class Eager(MemoryHoldings):
    """Keeps somebody's consent as soon as it hears of it."""

    def withdrawn_times(self, digests: AbstractSet[bytes]) -> Mapping[bytes, int]:
        """Looks, and keeps besides."""
        for each in digests:
            subject = Subject(each, Scope.TREND, "self-check", "", bytes(32), 0, 2**50)
            self.keep(subject, Item(b"name", b"content"), 1)
        return super().withdrawn_times(digests)


class Clinging(MemoryHoldings):
    """Marks as withdrawn, and erases nothing."""

    def _withdraw(self, digest: bytes, scope: Scope, programme_id: str, now: int) -> None:
        kept = self._kept.get(digest)
        super()._withdraw(digest, scope, programme_id, now)
        if kept is not None:
            self._kept[digest] = kept


class EndlessHoldings(MemoryHoldings):
    """Holds what no consent allows any more."""

    def purge(self, now: int) -> int:
        """Forgets to."""
        return 0


class EverybodysTrend(MemoryHoldings):
    """Gives anybody the trend of somebody."""

    def held(self, digest: bytes) -> Held | None:
        """Whatever trend there is."""
        trends = [each for each, kept in self._kept.items() if kept.subject.scope is Scope.TREND]
        return super().held(trends[0]) if trends else None


class AnySecret(MemoryHoldings):
    """Takes back somebody's consent for a secret that is nobody's."""

    def recover(self, recovery_digest: bytes, programme_id: str, now: int) -> Scope | None:
        """By the right secret, or by another."""
        held = [each.subject.recovery_digest for each in self._kept.values()]
        right = recovery_digest if recovery_digest in held else held[0]
        return super().recover(right, programme_id, now)


class OtherScope(MemoryHoldings):
    """Says that something else was taken back."""

    def recover(self, recovery_digest: bytes, programme_id: str, now: int) -> Scope | None:
        """The scope after the right one."""
        scope = super().recover(recovery_digest, programme_id, now)
        return None if scope is None else STANDING[STANDING.index(scope) - 1]


class Unsettled(MemorySharing):
    """Keeps what was fetched."""

    def settle(self, taker: bytes) -> None:
        """Forgets to."""


class Uncancelled(MemorySharing):
    """Keeps what was taken back."""

    def cancel(
        self,
        report_ids: AbstractSet[bytes],
        programme_id: str,
        owner_digests: AbstractSet[bytes],
    ) -> None:
        """Forgets to."""


class EndlessShares(MemorySharing):
    """Keeps what has expired."""

    def purge(self, now: int) -> int:
        """Forgets to."""
        return 0


class AnyCode(MemorySharing):
    """Gives out what waits, under whichever secret."""

    def take(
        self, redemption_digest: bytes, destination: Destination, taker: bytes, now: int
    ) -> SealedItem | None:
        """Whatever waits."""
        first = next(iter(self._shares.values()))
        return super().take(first.redemption_digest, first.destination, taker, now)


class Swapping(MemorySharing):
    """Gives out another feedback than was left under the secret."""

    def take(
        self, redemption_digest: bytes, destination: Destination, taker: bytes, now: int
    ) -> SealedItem | None:
        """With one byte changed."""
        item = super().take(redemption_digest, destination, taker, now)
        return None if item is None else replace(item, ciphertext=bytes(len(item.ciphertext)))


STORE_FAULTS = (
    ("store", Forgetful, "made in rows"),
    ("store", EverybodysStore, "undeserved: Erased"),
    ("store", EverybodysStore, "undeserved: Acknowledged"),
    ("store", EverybodysStore, "changed in rows"),
    ("holdings", Eager, "made in kept"),
    ("holdings", Clinging, "left in kept"),
    ("holdings", EndlessHoldings, "rows stay in kept"),
    ("holdings", EverybodysTrend, "entries of a trend"),
    ("holdings", AnySecret, "undeserved: Erased"),
    ("holdings", AnySecret, "gone in kept"),
    ("holdings", AnySecret, "made in stones"),
    ("holdings", OtherScope, "an erasure receipt of"),
    ("sharing", Unsettled, "left in shares"),
    ("sharing", Uncancelled, "left in shares"),
    ("sharing", EndlessShares, "rows stay in shares"),
    ("sharing", AnyCode, "undeserved: Redeemed"),
    ("sharing", AnyCode, "gone in shares"),
    ("sharing", Swapping, "somebody else's feedback"),
)
"""Which store of a world, what is wrong with it, and the fault that must be found for it."""
