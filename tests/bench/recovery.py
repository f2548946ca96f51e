"""What a search for a recovery code costs, as checks grow; prints a core's seconds.

usage: python -m tests.bench.recovery [CHECKS]

A database is filled with checks of one programme, which one code reaches all of. It is searched for
a code that is nobody's, for that code (each check is erased and marked), and for that code again.
"""

import os
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from kizashi_protocol import recovery_tag
from kizashi_server.exchange.recovery_search import BrokenOffSearches, Searching, search
from kizashi_server.store.database import DATABASE_NAME, open_store
from kizashi_server.store.replay_sql import SqlStore
from kizashi_server.store.sharing_database import open_sharing
from kizashi_server.store.sharing_sql import SqlSharing

SIZES = (1_000, 10_000, 100_000)
SECRET, NOBODYS = b"s" * 32, b"n" * 32
PROGRAMME = "self-check"
UNHURRIED = 2 * 3600.0
"""Seconds: no search here is broken off."""


def main() -> None:
    """Prints a line for each size."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    print("checks     nobody's code    a code of all    the same again")
    for size in (each for each in SIZES if each <= largest):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            store, sharing = open_store(folder / DATABASE_NAME), open_sharing(folder)
            _fill(folder / DATABASE_NAME, size)
            times = [_seconds(secret, store, sharing) for secret in (NOBODYS, SECRET, SECRET)]
            print(f"{size:7,}    {times[0]:11.2f} s    {times[1]:11.2f} s    {times[2]:12.2f} s")
            sharing.close()
            store.close()


def _fill(path: Path, size: int) -> None:
    rows = []
    for _ in range(size):
        report_id = os.urandom(16)
        tag = recovery_tag(SECRET, report_id)
        rows.append((report_id, os.urandom(32), PROGRAMME, bytes(16), os.urandom(32), tag))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO reports (report_id, envelope_digest, programme_id, key_id, owner_digest,"
            " recovery_tag, expire_time, state, claim_number, lease_expire_time, reply_expire_time)"
            " VALUES (?, ?, ?, ?, ?, ?, 10000000000, 'ANSWERED', 1, 0, 0)",
            rows,
        )


def _seconds(secret: bytes, store: SqlStore, sharing: SqlSharing) -> float:
    begun, until = time.process_time(), time.monotonic() + UNHURRIED
    searching = Searching(lambda: True, time.monotonic, until, BrokenOffSearches())
    place = search(secret, PROGRAMME, store, sharing, searching)
    if place.has_found != (secret == SECRET):
        raise SystemExit("a search found what it should not have, or nothing")
    return time.process_time() - begun


if __name__ == "__main__":
    main()
