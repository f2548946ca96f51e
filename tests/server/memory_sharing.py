"""A `SharingStore` in a dictionary, for tests that are not about a database."""

import threading
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from kizashi_protocol import SealedItem
from kizashi_server.store.replay_contract import Tagged
from kizashi_server.store.sharing_contract import Destination, KeptShare


class MemorySharing:
    """Keeps the contract of `SharingStore`, under one lock, until the process ends."""

    def __init__(self) -> None:
        """Starts empty."""
        self._shares: dict[bytes, KeptShare] = {}
        self._takers: dict[bytes, bytes] = {}
        self._lock = threading.Lock()

    def leave(self, share: KeptShare) -> bool:
        """See `SharingStore`."""
        with self._lock:
            for each in self._shares.values():
                if each.report_id == share.report_id:
                    same = replace(each, expire_time=share.expire_time) == share
                    return same and each.report_id not in self._takers
                if each.redemption_digest == share.redemption_digest:
                    return False
            self._shares[share.report_id] = share
        return True

    def take(
        self, redemption_digest: bytes, destination: Destination, taker: bytes, now: int
    ) -> SealedItem | None:
        """See `SharingStore`."""
        with self._lock:
            for each in self._shares.values():
                found = (each.redemption_digest, each.destination)
                fits = found == (redemption_digest, destination)
                free = self._takers.get(each.report_id, taker) == taker
                if fits and free and now < each.expire_time:
                    self._takers[each.report_id] = taker
                    return each.sealed
        return None

    def settle(self, taker: bytes) -> None:
        """See `SharingStore`."""
        with self._lock:
            taken = [check for check, each in self._takers.items() if each == taker]
            self._drop(taken)

    def cancel(
        self,
        report_ids: AbstractSet[bytes],
        programme_id: str,
        owner_digests: AbstractSet[bytes],
    ) -> None:
        """See `SharingStore`."""
        with self._lock:
            found = [(each, self._shares.get(each)) for each in report_ids]
            self._drop(
                [
                    each
                    for each, share in found
                    if share is not None
                    and share.programme_id == programme_id
                    and share.owner_digest in owner_digests
                ]
            )

    def keep_only(self, destinations: AbstractSet[Destination]) -> int:
        """See `SharingStore`."""
        with self._lock:
            others = [
                check
                for check, share in self._shares.items()
                if share.destination not in destinations
            ]
            self._drop(others)
        return len(others)

    def tagged(self, programme_id: str, after: bytes, most: int) -> Sequence[Tagged]:
        """See `SharingStore`."""
        with self._lock:
            found = [
                Tagged(check, share.owner_digest, share.recovery_tag)
                for check, share in sorted(self._shares.items())
                if share.recovery_tag is not None
                if share.programme_id == programme_id
                if check > after
            ]
        return found[:most]

    def purge(self, now: int) -> int:
        """See `SharingStore`."""
        with self._lock:
            gone = [check for check, each in self._shares.items() if each.expire_time <= now]
            self._drop(gone)
        return len(gone)

    def close(self) -> None:
        """See `SharingStore`."""

    def _drop(self, checks: list[bytes]) -> None:
        for check in checks:
            del self._shares[check]
            self._takers.pop(check, None)
