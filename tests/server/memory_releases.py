"""A `ReleaseLedger` in a dictionary, for tests that are not about databases."""

import threading

from kizashi_server.release_budget import check_budget
from kizashi_server.store.release_contract import Release


class MemoryReleases:
    """Keeps the contract of `ReleaseLedger`, under one lock, until the process ends."""

    def __init__(self) -> None:
        """Starts empty."""
        self._releases: dict[tuple[str, str], Release] = {}
        self._lock = threading.Lock()

    def find(self, programme_id: str, period: str) -> Release | None:
        """See `ReleaseLedger`."""
        with self._lock:
            return self._releases.get((programme_id, period))

    def write(self, release: Release, budget: int) -> Release:
        """See `ReleaseLedger`."""
        place = (release.programme_id, release.period)
        with self._lock:
            if place not in self._releases:
                spent = {
                    period: each.epsilon
                    for (programme, period), each in self._releases.items()
                    if programme == release.programme_id
                }
                check_budget(spent, release.period, release.epsilon, budget)
                self._releases[place] = release
            return self._releases[place]

    def close(self) -> None:
        """See `ReleaseLedger`."""
