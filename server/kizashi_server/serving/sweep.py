"""What is done as time passes: replies, rows and keys go when their day comes."""

import itertools
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from kizashi_server import diagnostics
from kizashi_server.directory.key_rotation import delete_due
from kizashi_server.keys.ring import Keyring
from kizashi_server.serving.exchange_counts import ExchangeCounts
from kizashi_server.store.replay_contract import Store
from kizashi_server.store.sharing_contract import SharingStore

SWEEP_SECONDS = 60
TOTALS_EVERY = 60
"""Sweeps between two lines of totals in the log: one an hour."""


def sweep(store: Store, state: Path, now: int) -> None:
    """Drops what has expired at `now`, in seconds since the epoch.

    Everything here may be done again, so that what failed once is made up for next time.

    Raises:
        ServerError: the database or a file resists.
    """
    purged = store.purge(now)
    if purged.replies or purged.rows:
        diagnostics.info("purged", replies=purged.replies, rows=purged.rows)
    erased = delete_due(state, now)
    if erased:
        diagnostics.info("seeds_erased", count=len(erased))


class KeySweep:
    """Forgets reports whose sealing key opens nothing any more, earlier than was planned or not."""

    def __init__(self, store: Store, keyring: Callable[[], Keyring], lease_seconds: int) -> None:
        """To be made before the keys in use change: what is gone by then, no call has in hand.

        Args:
            store: the replay memory.
            keyring: gives the keys in use. Asked after the store, so that a key which came
                meanwhile is not taken for one that is gone.
            lease_seconds: longer than any call takes. A call goes on with the keys it began with,
                so reports are forgotten only this long after their key was first found gone.

        Raises:
            StoreUnavailable: the database resists.
        """
        self._store = store
        self._keyring = keyring
        self._lease_seconds = lease_seconds
        remembered, held = store.key_ids(), keyring().sealing
        self._gone_since: Mapping[bytes, int] = {each: 0 for each in remembered if each not in held}

    def sweep(self, now: int) -> None:
        """Forgets what is due at `now`, in seconds since the epoch.

        Raises:
            StoreUnavailable: the database resists.
        """
        remembered = self._store.key_ids()
        keys = self._keyring()
        gone = [each for each in remembered if keys.sealing_key(each, now) is None]
        self._gone_since = {each: self._gone_since.get(each, now) for each in gone}
        over = frozenset(
            each for each, since in self._gone_since.items() if since + self._lease_seconds <= now
        )
        rows = self._store.forget_keys(over, now) if over else 0
        if rows:
            diagnostics.info("purged", replies=0, rows=rows)


def sweep_shares(sharing: SharingStore, now: int) -> None:
    """Deletes what was left for counsellors and not fetched; errors as `sweep`."""
    unfetched = sharing.purge(now)
    if unfetched:
        diagnostics.info("purged", shares=unfetched)


class Sweeper:
    """Sweeps once a minute in a thread of its own, and logs totals once an hour."""

    def __init__(self, sweep_now: Callable[[], None], counts: ExchangeCounts) -> None:
        """`sweep_now` is `sweep` with everything it needs."""
        self._sweep_now = sweep_now
        self._counts = counts
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Sweeps at once, and then once a minute."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and logs the last totals."""
        self._stop.set()
        self._thread.join()
        diagnostics.info("totals", **self._counts.totals())

    def _run(self) -> None:
        for sweeps in itertools.count(1):
            try:
                self._sweep_now()
            except Exception as error:  # noqa: BLE001 - retention must not end with one bad minute
                diagnostics.warn("sweep_failed", error=diagnostics.origin(error))
            if sweeps % TOTALS_EVERY == 0:
                diagnostics.info("totals", **self._counts.totals())
            if self._stop.wait(SWEEP_SECONDS):
                return
