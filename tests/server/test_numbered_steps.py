"""Every database of a server can be changed later, and one of a later version is left alone."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.database import (
    DATABASE_NAME,
    TOMBSTONES_NAME,
    open_log_store,
    open_store,
    sqlite_engine,
)
from kizashi_server.store.holdings_database import SUBJECT_KEYS_NAME, open_holdings
from kizashi_server.store.holdings_schema import SUBJECT_KEYS_METADATA, TOMBSTONES_METADATA
from kizashi_server.store.numbered_steps import (
    RECOVERED_SECRETS_STEPS,
    SHARES_STEPS,
    SUBJECT_KEYS_STEPS,
    TOMBSTONES_STEPS,
    Step,
    bring_up_to_date,
)
from kizashi_server.store.recovered_secrets import (
    RECOVERED_SECRETS_METADATA,
    RECOVERED_SECRETS_NAME,
)
from kizashi_server.store.sharing_database import SHARES_NAME, open_sharing
from kizashi_server.store.sharing_schema import SHARES_METADATA
from sqlalchemy import MetaData, inspect
from sqlalchemy.exc import DBAPIError

BESIDE: dict[str, tuple[tuple[Step, ...], MetaData]] = {
    SUBJECT_KEYS_NAME: (SUBJECT_KEYS_STEPS, SUBJECT_KEYS_METADATA),
    TOMBSTONES_NAME: (TOMBSTONES_STEPS, TOMBSTONES_METADATA),
    RECOVERED_SECRETS_NAME: (RECOVERED_SECRETS_STEPS, RECOVERED_SECRETS_METADATA),
    SHARES_NAME: (SHARES_STEPS, SHARES_METADATA),
}
"""The files beside the main database."""


def open_everything(folder: Path) -> None:
    """Opens every store of a server, and closes it again."""
    for opened in (
        open_store(folder / DATABASE_NAME),
        open_log_store(folder / DATABASE_NAME),
        open_holdings(folder),
        open_sharing(folder),
    ):
        opened.close()


def version_of(path: Path) -> int:
    """How many steps a file has been through."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("name", BESIDE)
def test_the_steps_make_the_tables_of_the_schema(tmp_path: Path, name: str) -> None:
    """Steps and code agree about every table, column and index, and run twice."""
    steps, metadata = BESIDE[name]
    open_everything(tmp_path)
    open_everything(tmp_path)
    assert version_of(tmp_path / name) == len(steps)
    engine = sqlite_engine(tmp_path / name)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        keys = {
            table: inspect(connection).get_pk_constraint(table)["constrained_columns"]
            for table in metadata.tables
        }
    engine.dispose()
    assert keys == {
        table.name: [column.name for column in table.primary_key]
        for table in metadata.tables.values()
    }


@pytest.mark.parametrize("name", BESIDE)
def test_a_column_can_be_added_to_a_file_with_rows(tmp_path: Path, name: str) -> None:
    """A further step is done once, and what was there stays."""
    steps, metadata = BESIDE[name]
    table = next(iter(metadata.tables))
    more = (*steps, (f"ALTER TABLE {table} ADD COLUMN note TEXT DEFAULT 'none'",))
    engine = sqlite_engine(tmp_path / name)
    bring_up_to_date(engine, steps)
    columns = [each.name for each in metadata.tables[table].columns]
    with engine.begin() as connection:
        ones = ", ".join("1" for _ in columns)
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({ones})")  # noqa: S608
    bring_up_to_date(engine, more)
    bring_up_to_date(engine, more)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT note FROM {table}").all()  # noqa: S608
    engine.dispose()
    assert [tuple(row) for row in rows] == [("none",)]
    assert version_of(tmp_path / name) == len(more)


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """So that the next start tries all of it again."""
    engine = sqlite_engine(tmp_path / "file")
    with pytest.raises(DBAPIError):
        bring_up_to_date(engine, (("CREATE TABLE first (a INTEGER)", "CREATE NOTHING"),))
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    bring_up_to_date(engine, (("CREATE TABLE first (a INTEGER)",),))
    engine.dispose()
    assert version_of(tmp_path / "file") == 1


NEWER: dict[str, str] = {
    DATABASE_NAME: "UPDATE alembic_version SET version_num = '9999'",
    **dict.fromkeys(BESIDE, "PRAGMA user_version=99"),
}
OPENED_BY: dict[str, list[Callable[[Path], object]]] = {
    DATABASE_NAME: [
        open_holdings,
        lambda folder: open_store(folder / DATABASE_NAME),
        lambda folder: open_log_store(folder / DATABASE_NAME),
    ],
    SUBJECT_KEYS_NAME: [open_holdings],
    TOMBSTONES_NAME: [open_holdings, lambda folder: open_store(folder / DATABASE_NAME)],
    RECOVERED_SECRETS_NAME: [open_holdings],
    SHARES_NAME: [open_sharing],
}


@pytest.mark.parametrize("name", NEWER)
def test_a_file_of_a_newer_version_is_refused(tmp_path: Path, name: str) -> None:
    """With words that say so, and it is left as it is."""
    open_everything(tmp_path)
    with closing(sqlite3.connect(tmp_path / name)) as connection:
        connection.execute(NEWER[name])
        connection.commit()
    before = (tmp_path / name).read_bytes()
    for open_it in OPENED_BY[name]:
        with pytest.raises(StoreUnavailable, match="newer kizashi-server"):
            open_it(tmp_path)
    assert (tmp_path / name).read_bytes() == before
