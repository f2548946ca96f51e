"""The log in a SQL database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.log_contract import PublishedHead, StoredLeaf
from kizashi_server.store.log_schema import LOG_HEADS, LOG_LEAVES, LOG_SUBTREES
from kizashi_server.store.log_tree import Subtree, grown, root_span, subtrees_of
from kizashi_server.store.transactions import database_faults, transaction

ATTEMPTS = 20
"""Of appending while other workers do. SQLite gives each its turn at the first; a database that
does not lets all but one of them fail on an index that is taken, and try again."""

_BATCH = 10_000
"""Rows read at a time."""


_SUBTREE = select(LOG_SUBTREES.c.hash).where(
    LOG_SUBTREES.c.level == bindparam("level"), LOG_SUBTREES.c.number == bindparam("number")
)
"""One row by its key. Asked once for each subtree: a list of pairs makes SQLite read the whole table,
and a long condition takes longer to write than thirty short ones to answer."""


class SqlLogStore:
    """A `LogStore` on an engine whose schema is up to date; see `database.open_log_store`."""

    def __init__(self, engine: Engine) -> None:
        """Takes over the engine and disposes of it on `close`."""
        self._engine = engine

    def append(self, leaves: Sequence[bytes]) -> int:
        """See `LogStore`."""
        for _ in range(ATTEMPTS):
            try:
                with self._writing() as connection:
                    return _append(connection, leaves)
            except IntegrityError:
                continue
        raise StoreUnavailable("other workers were always first to append to the log")

    def size(self) -> int:
        """See `LogStore`."""
        with self._reading() as connection:
            return _size(connection)

    def subtrees(self, wanted: Collection[Subtree]) -> Mapping[Subtree, bytes]:
        """See `LogStore`."""
        with self._reading() as connection:
            return _subtrees(connection, wanted)

    def newest_head(self) -> PublishedHead | None:
        """See `LogStore`."""
        newest = select(LOG_HEADS).order_by(LOG_HEADS.c.number.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(newest).one_or_none()
        return None if row is None else PublishedHead(*row)

    def publish(self, head: PublishedHead) -> bool:
        """See `LogStore`."""
        row = insert(LOG_HEADS).values(
            number=head.number, size=head.size, root=head.root, time=head.time, token=head.token
        )
        try:
            with self._writing() as connection:
                connection.execute(row)
        except IntegrityError:
            return False
        return True

    def leaves(self) -> Iterator[StoredLeaf]:
        """See `LogStore`."""
        return (StoredLeaf(*row) for row in self._all(select(LOG_LEAVES).order_by("leaf_index")))

    def all_subtrees(self) -> Iterator[tuple[Subtree, bytes]]:
        """See `LogStore`."""
        return (
            (Subtree(level, number), found)
            for level, number, found in self._all(select(LOG_SUBTREES))
        )

    def heads(self) -> Iterator[PublishedHead]:
        """See `LogStore`."""
        return (PublishedHead(*row) for row in self._all(select(LOG_HEADS).order_by("number")))

    def close(self) -> None:
        """See `LogStore`."""
        self._engine.dispose()

    def _all(self, query: Select[*tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        with self._reading() as connection:
            result = connection.execution_options(yield_per=_BATCH).execute(query)
            yield from (tuple(row) for row in result)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with transaction(self._engine) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        # Without a transaction, which on SQLite would wait for whoever writes: rows never change.
        with database_faults(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")


def _append(connection: Connection, leaves: Sequence[bytes]) -> int:
    size = _size(connection)
    edge = [each for span in root_span(size) for each in subtrees_of(span)]
    fresh = grown(size, leaves, _subtrees(connection, edge))
    connection.execute(
        insert(LOG_LEAVES),
        [{"leaf_index": size + place, "leaf_hash": leaf} for place, leaf in enumerate(leaves)],
    )
    connection.execute(
        insert(LOG_SUBTREES),
        [{"level": each.level, "number": each.number, "hash": fresh[each]} for each in fresh],
    )
    return size


def _size(connection: Connection) -> int:
    last: int | None = connection.execute(select(func.max(LOG_LEAVES.c.leaf_index))).scalar_one()
    return 0 if last is None else last + 1


def _subtrees(connection: Connection, wanted: Collection[Subtree]) -> dict[Subtree, bytes]:
    rows = ((each, connection.execute(_SUBTREE, each._asdict()).scalar()) for each in wanted)
    return {each: found for each, found in rows if found is not None}
