"""What a serving process leaves in its state directory is what the tests of erasure look at."""

import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from kizashi_protocol import Envelope, Erased, Feedback, Scope
from kizashi_protocol.reply import Outcome
from kizashi_protocol.v1 import service_pb2
from kizashi_server.directory.published import VERSION_NAME
from kizashi_server.keys.files import LOCK_NAME, SERVE_LOCK_NAME
from sqlalchemy import MetaData

from tests.server.conftest import Running, served
from tests.server.laptop import Laptop, Person, Sent
from tests.server.test_person_data import BOOKKEEPING, SCHEMAS, relations

MAGIC = b"SQLite format 3\0"
"""What a database file begins with (https://sqlite.org/fileformat.html, section 1.3.1)."""

BESIDE_A_DATABASE = ("-wal", "-shm")
OF_NOBODY = {LOCK_NAME, SERVE_LOCK_NAME, VERSION_NAME}
"""Empty files, and a number."""

ANNA = Person(b"anna")
SCOPES = (Scope.SCORE, Scope.FEEDBACK, Scope.TREND, Scope.COHORT)

MORE_DATABASES = """\
import sqlite3
from contextlib import closing
from kizashi_server import main
from kizashi_server.serving import process as serving

opened = serving.open_sharing

def open_all(state):
    for name in {names}:
        with closing(sqlite3.connect(state / name)) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS notes (about TEXT)")
    return opened(state)

serving.open_sharing = open_all
main.app()
"""
"""A server that keeps more databases."""


def columns_of(path: Path) -> set[tuple[str, str]]:
    """Table and column of a database, without the tables of the tools."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT tables.name, columns.name FROM sqlite_master AS tables, "
            "pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
        ).fetchall()
    return {(table, column) for table, column in rows if table not in BOOKKEEPING}


def is_database(path: Path) -> bool:
    """Whether a file is a database of SQLite's, whatever its name."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def uncovered(
    state: Path, before: set[str], schemas: Mapping[str, MetaData]
) -> set[str | tuple[str, str, str]]:
    """Files that serving made and no schema is of, and columns that are in a file or a schema alone.

    Args:
        state: the state directory.
        before: the names of what was in it before it was served.
        schemas: what the tests of erasure walk, by the name of its file.
    """
    files = {
        path.relative_to(state).as_posix(): path for path in state.rglob("*") if path.is_file()
    }
    databases = {name: path for name, path in files.items() if is_database(path)}
    made = files.keys() - before - OF_NOBODY
    beside = {name + end for name in databases for end in BESIDE_A_DATABASE}
    unknown: set[str | tuple[str, str, str]] = set()
    unknown |= (databases.keys() | (made - beside)) - schemas.keys()
    found = {
        (name, table, column)
        for name, path in databases.items()
        if name in schemas
        for table, column in columns_of(path)
    }
    return unknown | (found ^ relations(schemas).keys())


def answer(running: Running, sent: Sent) -> Outcome:
    """What a report is answered with."""
    request = service_pb2.ExchangeRequest(envelope=sent.envelope.to_message())
    reply = running.stub().Exchange(request, timeout=20)
    return sent.open(Envelope.parse(reply.envelope)).outcome


@contextmanager
def walked(
    server_folder: Path, folder: Path, program: str | None = None
) -> Iterator[tuple[Path, set[str]]]:
    """A serving process that somebody has used: its state directory, and what was in it before."""
    ignored = shutil.ignore_patterns("*.sqlite*", "*.lock", "*.txt")
    shutil.copytree(server_folder, folder, ignore=ignored)
    state = folder / "state"
    before = {path.relative_to(state).as_posix() for path in state.rglob("*") if path.is_file()}
    words = None
    if program is not None:
        (folder / "program.py").write_text(program)
        words = [sys.executable, str(folder / "program.py")]
    with served(folder, words) as running:
        laptop = Laptop(running.directory(), running.invite.programme_id, int(time.time()))
        check = laptop.check(SCOPES, person=ANNA)
        assert isinstance(answer(running, check), Feedback)
        taken_back = laptop.withdraw_scope(ANNA, Scope.TREND)
        assert isinstance(answer(running, taken_back), Erased)
        yield state, before


def test_a_serving_process_keeps_what_the_schemas_say_and_nothing_else(
    server_folder: Path, tmp_path: Path
) -> None:
    """Every file it made, every table and column in it; and one more of each is found."""
    with walked(server_folder, tmp_path / "server") as (state, before):
        assert uncovered(state, before, SCHEMAS) == set()
        fewer = {name: each for name, each in SCHEMAS.items() if name != "shares.sqlite"}
        assert uncovered(state, before, fewer) == {"shares.sqlite"}
        with closing(sqlite3.connect(state / "shares.sqlite")) as connection:
            connection.execute("CREATE TABLE notes (about TEXT)")
        (state / "notes.json").write_text("{}")
        found = uncovered(state, before, SCHEMAS)
        assert found == {("shares.sqlite", "notes", "about"), "notes.json"}


def test_further_databases_of_a_serving_process_are_found(
    server_folder: Path, tmp_path: Path
) -> None:
    """The search itself works, on a server that keeps two more, under whatever name."""
    names = {"notes.sqlite", "keys.lock.old"}
    program = MORE_DATABASES.format(names=sorted(names))
    with walked(server_folder, tmp_path / "server", program) as (state, before):
        assert uncovered(state, before, SCHEMAS) == names
