"""The ledger of releases in a SQL database."""

from collections.abc import Iterator
from contextlib import contextmanager

from kizashi_protocol.reply import Band
from sqlalchemy import insert, select
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import DBAPIError

from kizashi_server.errors import StoreUnavailable
from kizashi_server.release_budget import check_budget
from kizashi_server.store.release_contract import Release
from kizashi_server.store.release_schema import COHORT_RELEASES


class SqlReleaseLedger:
    """A `ReleaseLedger` on an engine whose schema is up to date; see `database.open_releases`."""

    def __init__(self, engine: Engine) -> None:
        """Takes over the engine and disposes of it on `close`."""
        self._engine = engine

    def find(self, programme_id: str, period: str) -> Release | None:
        """See `ReleaseLedger`."""
        with self._transaction() as connection:
            return _of_programme(connection, programme_id).get(period)

    def write(self, release: Release, budget: int) -> Release:
        """See `ReleaseLedger`."""
        with self._transaction() as connection:
            released = _of_programme(connection, release.programme_id)
            if release.period in released:
                return released[release.period]
            spent = {each.period: each.epsilon for each in released.values()}
            check_budget(spent, release.period, release.epsilon, budget)
            figures = release.figures or dict.fromkeys(Band)
            row = {
                "programme_id": release.programme_id,
                "period": release.period,
                "epsilon": release.epsilon,
                "release_time": release.release_time,
            }
            row |= {band.value: figures[band] for band in Band}
            connection.execute(insert(COHORT_RELEASES).values(row))
        return release

    def close(self) -> None:
        """See `ReleaseLedger`."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise StoreUnavailable(f"the ledger of releases refused: {error.orig}") from None


def _of_programme(connection: Connection, programme_id: str) -> dict[str, Release]:
    rows = connection.execute(
        select(COHORT_RELEASES).where(COHORT_RELEASES.c.programme_id == programme_id)
    ).all()
    return {row.period: _release(row) for row in rows}


def _release(row: Row[tuple[object, ...]]) -> Release:
    columns = row._mapping
    figures = {band: columns[band.value] for band in Band}
    return Release(
        programme_id=row.programme_id,
        period=row.period,
        epsilon=row.epsilon,
        release_time=row.release_time,
        figures=None if None in figures.values() else figures,
    )
