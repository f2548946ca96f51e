"""What is done as time passes: replies, rows and keys go when their day comes."""

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

from kizashi_server import log
from kizashi_server.exchange_counts import Audit
from kizashi_server.key_rotation import delete_due
from kizashi_server.keys import Keyring
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
        log.info("purged", replies=purged.replies, rows=purged.rows)
    erased = delete_due(state, now)
    if erased:
        log.info("seeds_erased", count=len(erased))


def sweep_keys(store: Store, keyring: Callable[[], Keyring], now: int) -> None:
    """Forgets reports whose sealing key opens nothing any more, earlier than was planned or not.

    Args:
        store: the replay memory.
        keyring: gives the keys in use. Asked after the store, so that a key which came meanwhile is
            not taken for one that is gone.
        now: seconds since the epoch.

    Raises:
        StoreUnavailable: the database resists.
    """
    remembered = store.key_ids()
    keys = keyring()
    gone = frozenset(each for each in remembered if keys.sealing_key(each, now) is None)
    rows = store.forget_keys(gone, now) if gone else 0
    if rows:
        log.info("purged", replies=0, rows=rows)


def sweep_shares(sharing: SharingStore, now: int) -> None:
    """Deletes what was left for counsellors and not fetched; errors as `sweep`."""
    unfetched = sharing.purge(now)
    if unfetched:
        log.info("purged", shares=unfetched)


class Sweeper:
    """Sweeps once a minute in a thread of its own, and logs totals once an hour."""

    def __init__(self, sweep_now: Callable[[], None], audit: Audit) -> None:
        """`sweep_now` is `sweep` with everything it needs."""
        self._sweep_now = sweep_now
        self._audit = audit
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Sweeps at once, and then once a minute."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and logs the last totals."""
        self._stop.set()
        self._thread.join()
        log.info("totals", **self._audit.totals())

    def _run(self) -> None:
        for sweeps in itertools.count(1):
            try:
                self._sweep_now()
            except Exception as error:  # noqa: BLE001 - retention must not end with one bad minute
                log.warn("sweep_failed", error=log.origin(error))
            if sweeps % TOTALS_EVERY == 0:
                log.info("totals", **self._audit.totals())
            if self._stop.wait(SWEEP_SECONDS):
                return
