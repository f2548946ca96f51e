"""Opens the database: its file, its pragmas, its schema brought up to date."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from kizashi_server.errors import StoreUnavailable
from kizashi_server.store import holdings_schema  # noqa: F401 - its tables join the schema
from kizashi_server.store.erasure_marks import ErasureMarks
from kizashi_server.store.log_sql import SqlLogStore
from kizashi_server.store.release_sql import SqlReleaseLedger
from kizashi_server.store.replay_sql import SqlStore

DATABASE_NAME = "kizashi.sqlite"

TOMBSTONES_NAME = "tombstones.sqlite"
"""Never to be replaced by an older one: what it forgets could count again."""

_BUSY_TIMEOUT = 5000  # milliseconds

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # an answer that was sent is still known after a power cut
    "foreign_keys=ON",
    "secure_delete=ON",  # a dropped reply is overwritten, not only unlinked
    f"busy_timeout={_BUSY_TIMEOUT}",
)

BRIEF = (0.005, 0.01, 0.02, 0.0)
"""Seconds after each try to empty a write-ahead log that the next sweep can empty as well."""

PATIENT = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.0)
"""The same where somebody waits for it: less than a second in all."""


def sqlite_engine(path: Path) -> Engine:
    """An engine on a SQLite file, made with mode 0600 if it is not there.

    Its errors and logs hide the values of statements.
    """
    path.touch(mode=0o600)
    engine = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver would begin transactions late and on its own; `begin` below does it instead.
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Not deferred: a reader that turns writer would be refused instead of waiting.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def migrate(engine: Engine) -> None:
    """Brings the schema up to date with the migrations packaged beside this module.

    Raises:
        StoreUnavailable: a newer version, with migrations that are not here, wrote the database.
    """
    configuration = Config()
    configuration.set_main_option(
        "script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%")
    )
    with engine.begin() as connection:
        known = {
            each.revision for each in ScriptDirectory.from_config(configuration).walk_revisions()
        }
        if not known.issuperset(MigrationContext.configure(connection).get_current_heads()):
            raise StoreUnavailable(
                f"{engine.url.database} was written by a newer kizashi-server: go on with that version"
            )
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")


def open_store(path: Path) -> SqlStore:
    """The store in a SQLite file, made or migrated as needed, and cleared.

    Which checks were withdrawn stands beside it as well, in `TOMBSTONES_NAME`.

    Raises:
        StoreUnavailable: a file cannot be opened or is no such database.
    """
    engine = _ready_engine(path)
    store = SqlStore(
        engine,
        _erasure_marks(path.with_name(TOMBSTONES_NAME)),
        scrub=lambda: empty_write_ahead_log(engine),
    )
    store.clear()
    return store


def open_log_store(path: Path) -> SqlLogStore:
    """The log in the same file as `open_store`'s; errors as there."""
    return SqlLogStore(_ready_engine(path))


def open_releases(path: Path) -> SqlReleaseLedger:
    """The ledger of releases in the same file as `open_store`'s; errors as there."""
    return SqlReleaseLedger(_ready_engine(path))


def _ready_engine(path: Path) -> Engine:
    with _opening(path):
        engine = sqlite_engine(path)
        migrate(engine)
    return engine


def _erasure_marks(path: Path) -> ErasureMarks:
    with _opening(path):
        engine = sqlite_engine(path)
        return ErasureMarks(engine, scrub=lambda: empty_write_ahead_log(engine))


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"cannot open {path}: {error.strerror}") from None
    except DBAPIError as error:
        raise StoreUnavailable(f"cannot open {path}: {error.orig}") from None


def empty_write_ahead_log(
    engine: Engine, pauses: Sequence[float] = BRIEF, pause: Callable[[float], None] = time.sleep
) -> bool:
    """Copies the log back and cuts it off: it holds pages as they were before an erasure.

    Whoever reads the database at the moment, such as a backup, prevents it. So it is tried a few
    times, and no try waits inside the database, where it would keep every writer out. To be called
    without a lock that others wait for; the next sweep tries again.

    Returns:
        Whether it is done; if not, erased pages are still in the files.
    """
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=0")
        for seconds in pauses:
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return True
            pause(seconds)
        return False
    finally:
        connection.cursor().execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT}")
        connection.close()
