"""The replay memory in a SQL database."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Executable

from kizashi_server.store.contract import (
    Answer,
    Arrival,
    Claim,
    Purged,
    Remembered,
    ReportState,
)
from kizashi_server.store.schema import REPORTS
from kizashi_server.store.transactions import transaction

_NO_REPLY = {"sealed_reply": None, "reply_expire_time": 0}
_NO_OPENING = {"opening_digest": None}


class SqlStore:
    """A `Store` on an engine whose schema is up to date; see `database.open_store`.

    Every write is one statement whose WHERE says what must hold, so that it is right whichever
    way the database serialises transactions.
    """

    def __init__(self, engine: Engine, scrub: Callable[[], None] = lambda: None) -> None:
        """Takes over the engine and disposes of it on `close`.

        `scrub` is called after erasures, to clear what the database keeps of them elsewhere.
        """
        self._engine = engine
        self._scrub = scrub

    def find(self, report_id: bytes) -> Remembered | None:
        """See `Store`."""
        columns = REPORTS.c
        query = select(
            columns.envelope_digest,
            columns.state,
            columns.sealed_reply,
            columns.reply_expire_time,
            columns.lease_expire_time,
        ).where(columns.report_id == report_id)
        with self._transaction() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        digest, state, reply, reply_expire_time, lease_expire_time = row
        return Remembered(digest, ReportState(state), reply, reply_expire_time, lease_expire_time)

    def claim(self, arrival: Arrival, *, now: int, lease_expire_time: int) -> Claim | None:
        """See `Store`."""
        return self._claim_new(arrival, lease_expire_time) or self._claim_abandoned(
            arrival, now, lease_expire_time
        )

    def _claim_new(self, arrival: Arrival, lease_expire_time: int) -> Claim | None:
        made = self._insert(arrival, ReportState.PENDING, lease_expire_time)
        return Claim(arrival.report_id, 1) if made else None

    def _insert(self, arrival: Arrival, state: ReportState, lease_expire_time: int) -> bool:
        row = insert(REPORTS).values(
            report_id=arrival.report_id,
            envelope_digest=arrival.envelope_digest,
            programme_id=arrival.programme_id,
            key_id=arrival.key_id,
            expire_time=arrival.expire_time,
            state=state,
            claim_number=1,
            lease_expire_time=lease_expire_time,
            **_NO_REPLY,
            **_NO_OPENING,
        )
        try:
            with self._transaction() as connection:
                connection.execute(row)
        except IntegrityError:
            return False
        return True

    def _claim_abandoned(self, arrival: Arrival, now: int, lease_expire_time: int) -> Claim | None:
        columns = REPORTS.c
        abandoned = and_(
            columns.report_id == arrival.report_id,
            columns.envelope_digest == arrival.envelope_digest,
            columns.state == ReportState.PENDING,
            columns.lease_expire_time <= now,
        )
        take_over = (
            update(REPORTS)
            .where(abandoned)
            .values(claim_number=columns.claim_number + 1, lease_expire_time=lease_expire_time)
            .returning(columns.claim_number)
        )
        with self._transaction() as connection:
            number = connection.execute(take_over).scalar_one_or_none()
        return None if number is None else Claim(arrival.report_id, number)

    def answer(self, claim: Claim, answer: Answer) -> bool:
        """See `Store`."""
        keep = (
            update(REPORTS)
            .where(_held(claim))
            .values(
                state=ReportState.ANSWERED,
                lease_expire_time=0,  # it would tell for months when the report came
                owner_digest=answer.owner_digest,
                sealed_reply=answer.sealed_reply,
                reply_expire_time=answer.reply_expire_time,
                opening_digest=answer.opening_digest,
            )
        )
        return self._count(keep) == 1

    def release(self, claim: Claim) -> None:
        """See `Store`."""
        self._count(delete(REPORTS).where(_held(claim)))

    def drop_reply(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bool:
        """See `Store`."""
        owned = _owned(report_id, programme_id, owner_digests)
        return self._count(update(REPORTS).where(owned).values(_NO_REPLY)) == 1

    def opening_digest(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bytes | None:
        """See `Store`."""
        owned = _owned(report_id, programme_id, owner_digests)
        query = select(REPORTS.c.opening_digest).where(owned)
        with self._transaction() as connection:
            found: bytes | None = connection.execute(query).scalar_one_or_none()
        return found

    def use_opening(self, report_id: bytes, opening_digest: bytes) -> None:
        """See `Store`."""
        columns = REPORTS.c
        this = and_(columns.report_id == report_id, columns.opening_digest == opening_digest)
        self._count(update(REPORTS).where(this).values(_NO_OPENING))

    def drop_opening(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bool:
        """See `Store`."""
        owned = _owned(report_id, programme_id, owner_digests)
        return self._count(update(REPORTS).where(owned).values(_NO_OPENING)) == 1

    def erase(self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]) -> bool:
        """See `Store`."""
        owned = _owned(report_id, programme_id, owner_digests)
        gone = (
            update(REPORTS)
            .where(owned)
            .values(state=ReportState.ERASED, **_NO_REPLY, **_NO_OPENING)
        )
        erased = self._count(gone) == 1
        self._scrub()
        return erased

    def forestall(self, arrival: Arrival, now: int) -> None:
        """See `Store`."""
        if self._insert(arrival, ReportState.ERASED, lease_expire_time=0):
            return
        columns = REPORTS.c
        abandoned = and_(
            columns.report_id == arrival.report_id,
            columns.programme_id == arrival.programme_id,
            columns.state == ReportState.PENDING,
            columns.lease_expire_time <= now,
        )
        gone = (
            update(REPORTS).where(abandoned).values(state=ReportState.ERASED, lease_expire_time=0)
        )
        self._count(gone)

    def purge(self, now: int) -> Purged:
        """See `Store`."""
        columns = REPORTS.c
        late = and_(columns.sealed_reply.is_not(None), columns.reply_expire_time <= now)
        replies = self._count(update(REPORTS).where(late).values(_NO_REPLY))
        rows = self._count(delete(REPORTS).where(columns.expire_time <= now))
        self._scrub()
        return Purged(replies, rows)

    def close(self) -> None:
        """See `Store`."""
        self._engine.dispose()

    def _count(self, statement: Executable) -> int:
        with self._transaction() as connection:
            return connection.execute(statement).rowcount

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with transaction(self._engine) as connection:
            yield connection


def _held(claim: Claim) -> ColumnElement[bool]:
    columns = REPORTS.c
    return and_(
        columns.report_id == claim.report_id,
        columns.state == ReportState.PENDING,
        columns.claim_number == claim.number,
    )


def _owned(
    report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
) -> ColumnElement[bool]:
    columns = REPORTS.c
    return and_(
        columns.report_id == report_id,
        columns.programme_id == programme_id,
        columns.owner_digest.in_(sorted(owner_digests)),
    )
