"""Opens the four files of what is kept, and clears them before anything is served."""

import os
from pathlib import Path

from kizashi_server.store.database import (
    DATABASE_NAME,
    TOMBSTONES_NAME,
    migrate,
    sqlite_engine,
)
from kizashi_server.store.holdings_sql import SqlHoldings
from kizashi_server.store.recovered_secrets import RECOVERED_SECRETS_NAME, RecoveredSecrets
from kizashi_server.store.subject_keys import Random, SubjectKeys
from kizashi_server.store.tombstones import Tombstones
from kizashi_server.store.transactions import opening

SUBJECT_KEYS_NAME = "subject-keys.sqlite"
"""Never to be backed up: with it, a backup would bring back what was erased."""


def open_holdings(state: Path, random: Random = os.urandom) -> SqlHoldings:
    """The holdings in a state directory, made or migrated as needed, and cleared.

    Raises:
        StoreUnavailable: a file cannot be opened or is no such database.
    """
    with opening(state):
        holdings = _holdings(state, random)
        holdings.clear()
    return holdings


def open_holdings_to_read(state: Path) -> SqlHoldings:
    """The same while a server may be at work on them: nothing is cleared, which is the server's.

    What a restored backup brought back has its tombstone or lacks its key, and does not count.

    Raises:
        StoreUnavailable: as `open_holdings`.
    """
    with opening(state):
        return _holdings(state, os.urandom)


def _holdings(state: Path, random: Random) -> SqlHoldings:
    engine = sqlite_engine(state / DATABASE_NAME)
    migrate(engine)
    keys = SubjectKeys(sqlite_engine(state / SUBJECT_KEYS_NAME), random)
    tombstones = Tombstones(sqlite_engine(state / TOMBSTONES_NAME))
    recovered = RecoveredSecrets(sqlite_engine(state / RECOVERED_SECRETS_NAME))
    return SqlHoldings(engine, keys, tombstones, recovered)
