"""Which checks were withdrawn, kept beside the tombstones: no restored database makes one new."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Engine

from kizashi_server.store.holdings_schema import ERASED_REPORTS
from kizashi_server.store.numbered_steps import TOMBSTONES_STEPS, bring_up_to_date
from kizashi_server.store.transactions import transaction


@dataclass(frozen=True, slots=True)
class ErasureMark:
    """A report that counts as erased, whatever the replay memory says.

    Attributes:
        report_id: 16 bytes.
        key_id: the sealing key, 16 bytes.
        owner_digest: of the key that gets a receipt again, 32 bytes; None for a report that never
            came.
        expire_time: as `Arrival`, in seconds since the epoch.
    """

    report_id: bytes
    programme_id: str
    key_id: bytes
    owner_digest: bytes | None = field(repr=False)
    expire_time: int


class ErasureMarks:
    """One a report; safe to share between threads.

    Raises:
        StoreUnavailable: from any method, when the database cannot do it now.
    """

    def __init__(self, engine: Engine, scrub: Callable[[], bool]) -> None:
        """Takes over the engine, and brings the schema of its file up to date.

        `scrub` clears what the file keeps elsewhere of marks that were forgotten: it says whether it
        could.
        """
        self._engine = engine
        self.scrub = scrub
        bring_up_to_date(engine, TOMBSTONES_STEPS)

    def put(self, marks: Sequence[ErasureMark]) -> None:
        """Puts marks, at most some thousand, each in place of an earlier one of its report."""
        reports = [mark.report_id for mark in marks]
        with transaction(self._engine) as connection:
            connection.execute(
                delete(ERASED_REPORTS).where(ERASED_REPORTS.c.report_id.in_(reports))
            )
            connection.execute(insert(ERASED_REPORTS), [_row(mark) for mark in marks])

    def report_ids(self, after: bytes, most: int) -> Sequence[bytes]:
        """The marked reports of greater ids, in their order, at most so many; empty to begin with."""
        report_id = ERASED_REPORTS.c.report_id
        query = select(report_id).where(report_id > after).order_by(report_id).limit(most)
        with transaction(self._engine) as connection:
            return connection.scalars(query).all()

    def marks_of(self, report_ids: Sequence[bytes]) -> Sequence[ErasureMark]:
        """The marks of these reports, some thousand at most."""
        columns = ERASED_REPORTS.c
        query = select(
            columns.report_id,
            columns.programme_id,
            columns.key_id,
            columns.owner_digest,
            columns.expire_time,
        ).where(columns.report_id.in_(report_ids))
        with transaction(self._engine) as connection:
            return [ErasureMark(*row) for row in connection.execute(query)]

    def forget(self, now: int) -> None:
        """Forgets those whose time has come, in seconds since the epoch."""
        with transaction(self._engine) as connection:
            connection.execute(delete(ERASED_REPORTS).where(ERASED_REPORTS.c.expire_time <= now))

    def forget_reports(self, report_ids: Sequence[bytes]) -> None:
        """Forgets those of these reports (16 bytes each)."""
        with transaction(self._engine) as connection:
            for each in report_ids:
                connection.execute(delete(ERASED_REPORTS).where(ERASED_REPORTS.c.report_id == each))

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()


def _row(mark: ErasureMark) -> dict[str, object]:
    return {
        "report_id": mark.report_id,
        "programme_id": mark.programme_id,
        "key_id": mark.key_id,
        "owner_digest": mark.owner_digest,
        "expire_time": mark.expire_time,
    }
