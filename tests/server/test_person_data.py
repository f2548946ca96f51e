"""Every column of every database says how it relates to a person, and withdrawal keeps to it."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from kizashi_protocol import STANDING, Erased, Refusal, Scope, SigningKey
from kizashi_server.store.database import (
    DATABASE_NAME,
    TOMBSTONES_NAME,
    open_log_store,
    open_store,
)
from kizashi_server.store.holdings_database import SUBJECT_KEYS_NAME, open_holdings
from kizashi_server.store.holdings_schema import SUBJECT_KEYS_METADATA, TOMBSTONES_METADATA
from kizashi_server.store.person_data import ERASED, NOT, REFERS, REMAINS, Refers
from kizashi_server.store.recovered_secrets import (
    RECOVERED_SECRETS_METADATA,
    RECOVERED_SECRETS_NAME,
)
from kizashi_server.store.replay_schema import METADATA
from kizashi_server.store.sharing_database import SHARES_NAME, open_sharing
from kizashi_server.store.sharing_schema import SHARES_METADATA
from sqlalchemy import Column, LargeBinary, MetaData, Table

from tests.server.laptop import Person, Sent
from tests.server.recoverable import SECRET, tagged
from tests.server.sharing.opened_check import certified, opened
from tests.server.world import World, make_world

SCHEMAS: dict[str, MetaData] = {
    DATABASE_NAME: METADATA,
    SUBJECT_KEYS_NAME: SUBJECT_KEYS_METADATA,
    TOMBSTONES_NAME: TOMBSTONES_METADATA,
    RECOVERED_SECRETS_NAME: RECOVERED_SECRETS_METADATA,
    SHARES_NAME: SHARES_METADATA,
}
"""Every database of a server, by the name of its file."""

BOOKKEEPING = {"alembic_version", "sqlite_sequence"}
"""Tables of the tools: the number of the schema, the last row number."""

EMPTY = {None, 0}

ANNA = Person(b"anna")

Place = tuple[str, str, str]
"""File, table and column."""

Snapshot = Mapping[Place, set[object]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server whose every store is in files."""
    store, holdings = open_store(tmp_path / DATABASE_NAME), open_holdings(tmp_path)
    sharing, log_store = open_sharing(tmp_path), open_log_store(tmp_path / DATABASE_NAME)
    yield make_world(
        store,
        holdings=holdings,
        sharing=sharing,
        log_store=log_store,
        certify=lambda root: [certified(root)],
    )
    log_store.close()
    sharing.close()
    holdings.close()
    store.close()


def snapshot(folder: Path) -> Snapshot:
    """Every value of every column of every database in a folder."""
    found: dict[Place, set[object]] = {}
    for file in sorted(folder.glob("*.sqlite")):
        with sqlite3.connect(file) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in names.fetchall():
                rows = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - its own name
                columns = [each[0] for each in rows.description]
                values = list(zip(*rows.fetchall(), strict=True)) or [()] * len(columns)
                for column, held in zip(columns, values, strict=True):
                    found[file.name, table, column] = set(held)
        connection.close()
    return {place: held for place, held in found.items() if place[1] not in BOOKKEEPING}


def relations(schemas: Mapping[str, MetaData]) -> dict[Place, Refers | None]:
    """What each column declares; None where it declares nothing."""
    return {
        (file, table.name, column.name): column.info.get(REFERS)
        for file, metadata in schemas.items()
        for table in metadata.tables.values()
        for column in table.columns
    }


def faults(schemas: Mapping[str, MetaData], before: Snapshot, after: Snapshot) -> dict[Place, str]:
    """What is not as declared, of one person who did everything before and withdrew everything."""
    declared = relations(schemas)
    found = dict.fromkeys(before.keys() - declared.keys(), "is in no schema")
    found |= dict.fromkeys(declared.keys() - before.keys(), "is in no file")
    for place in declared.keys() & before.keys():
        relation = declared[place]
        if relation is None:
            found[place] = "does not say how it relates to a person"
        elif relation is not Refers.NOT and not _seen(place, before, after):
            found[place] = "was never filled, so its erasure is not shown"
        elif relation is Refers.ERASED and (before[place] & after[place]) - EMPTY:
            found[place] = "is still there"
    return found


def _seen(place: Place, before: Snapshot, after: Snapshot) -> bool:
    filled = (before[place] | after[place]) - EMPTY
    return bool(filled) or place in NOT_FILLED_HERE


NOT_FILLED_HERE = {(SHARES_NAME, "shares", "taken_by")}
"""Filled only while somebody fetches a share, and gone with its row."""


Checks = list[tuple[Sent, SigningKey]]
"""What was sent, and the key that takes it back."""


def do_everything(world: World) -> Checks:
    """One person checks with every consent, shares one, reads the trend; no answer is acknowledged."""
    first, second, laptop = opened(world, tagged()), opened(world), world.laptop
    owner = first.keys[Scope.SCORE]
    share = laptop.send(first.share(), [owner, first.keys[Scope.SHARE]], owner=owner)
    scopes = (Scope.SCORE, Scope.FEEDBACK, *STANDING)
    check = laptop.check(scopes, person=ANNA, change=tagged())
    trend = laptop.ask_trend(ANNA)
    for sent in (share, check, trend):
        assert not isinstance(world.reply_to(sent).outcome, Refusal)
    own = [(sent, sent.score_key) for sent in (share, check, trend)]
    return [(each.sent, each.keys[Scope.SCORE]) for each in (first, second)] + own


def withdraw_everything(world: World, checks: Checks) -> None:
    """The same person takes everything back."""
    world.clock.seconds += 60
    for sent, key in checks:
        assert isinstance(world.reply_to(world.laptop.withdraw(sent, key)).outcome, Erased)
    for scope in STANDING:
        assert isinstance(world.reply_to(world.laptop.withdraw_scope(ANNA, scope)).outcome, Erased)
    assert isinstance(world.reply_to(world.laptop.recover(SECRET)).outcome, Erased)


def test_withdrawal_covers_every_column_of_every_database(world: World, tmp_path: Path) -> None:
    """What is declared erased is gone, and no table or column is undeclared or never looked at."""
    checks = do_everything(world)
    before = snapshot(tmp_path)
    withdraw_everything(world, checks)
    assert faults(SCHEMAS, before, snapshot(tmp_path)) == {}


def test_every_database_file_of_a_server_is_walked(world: World, tmp_path: Path) -> None:
    """No file more goes unnoticed."""
    do_everything(world)
    assert {file.name for file in tmp_path.glob("*.sqlite")} == set(SCHEMAS)


def test_what_remains_says_why() -> None:
    """A column that stays after withdrawal gives its reason, or says that it never changes."""
    for metadata in SCHEMAS.values():
        for table in metadata.tables.values():
            for column in table.columns:
                assert column.comment, column
                if column.info.get(REFERS) is Refers.REMAINS:
                    reasons = ("stays", "never changes", "may acknowledge or withdraw", "until")
                    assert any(each in column.comment for each in reasons), column


CONTROLS = {
    "is still there": ERASED,
    "does not say how it relates to a person": {},
    "is in no schema": None,
}


@pytest.mark.parametrize("fault", CONTROLS)
def test_a_table_that_is_not_covered_is_caught(world: World, tmp_path: Path, fault: str) -> None:
    """The search itself works: a table of somebody's notes that no erasure knows of fails it."""
    schemas = dict(SCHEMAS)
    info = CONTROLS[fault]
    if info is not None:
        notes = MetaData()
        Table("notes", notes, Column("about", LargeBinary, info=info))
        merged = MetaData()
        for table in (*METADATA.tables.values(), *notes.tables.values()):
            table.to_metadata(merged)
        schemas[DATABASE_NAME] = merged
    checks = do_everything(world)
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.execute("CREATE TABLE notes (about BLOB)")
        connection.execute("INSERT INTO notes VALUES (?)", (b"something of somebody",))
    connection.close()
    before = snapshot(tmp_path)
    withdraw_everything(world, checks)
    found = faults(schemas, before, snapshot(tmp_path))
    assert found == {(DATABASE_NAME, "notes", "about"): fault}


def test_a_table_that_was_never_filled_is_caught(world: World, tmp_path: Path) -> None:
    """A new table has to be filled by what a person does here before it counts as covered."""
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.execute("CREATE TABLE notes (about BLOB, kind TEXT)")
    connection.close()
    merged = MetaData()
    for table in METADATA.tables.values():
        table.to_metadata(merged)
    Table("notes", merged, Column("about", LargeBinary, info=REMAINS), Column("kind", info=NOT))
    checks = do_everything(world)
    before = snapshot(tmp_path)
    withdraw_everything(world, checks)
    found = faults(SCHEMAS | {DATABASE_NAME: merged}, before, snapshot(tmp_path))
    assert found == {
        (DATABASE_NAME, "notes", "about"): "was never filled, so its erasure is not shown"
    }
