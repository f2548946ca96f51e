"""The replay memory in a SQL database."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Executable

from kizashi_server import diagnostics
from kizashi_server.store.erasure_marks import ErasureMark, ErasureMarks
from kizashi_server.store.replay_contract import (
    NO_ENVELOPE,
    Answer,
    Arrival,
    Claim,
    Purged,
    Remembered,
    ReportState,
    Tagged,
)
from kizashi_server.store.replay_schema import REPORTS
from kizashi_server.store.transactions import transaction

_NO_REPLY = {"sealed_reply": None, "reply_expire_time": 0}
_NO_OPENING = {"opening_digest": None}
_ERASED = {"state": ReportState.ERASED, "lease_expire_time": 0, **_NO_REPLY, **_NO_OPENING}
_MARK = (
    REPORTS.c.report_id,
    REPORTS.c.programme_id,
    REPORTS.c.key_id,
    REPORTS.c.owner_digest,
    REPORTS.c.expire_time,
)
"""What `ErasureMark` holds, in its order."""

_MARKS_AT_ONCE = 10_000
"""Marks that a start holds in memory, a megabyte or two: strangers can have many made."""


class SqlStore:
    """A `Store` on an engine whose schema is up to date; see `database.open_store`.

    Every write is one statement whose WHERE says what must hold, so that it is right whichever
    way the database serialises transactions. An erasure is marked, in another file, before it is
    committed: what was cut off in between is made up for at the next start (`clear`).
    """

    def __init__(
        self, engine: Engine, marks: ErasureMarks, scrub: Callable[[], bool] = lambda: True
    ) -> None:
        """Takes over the engine and the marks, and lets go of both on `close`.

        `scrub` is called after erasures, to clear what the database keeps of them elsewhere, and
        with each purge once more: it says whether it could.
        """
        self._engine = engine
        self._marks = marks
        self._scrub = scrub

    def clear(self) -> None:
        """Erases again what a restored backup brought back; before anything is served.

        Raises:
            StoreUnavailable: the database cannot do it now.
        """
        after, is_changed = b"", False
        while marked := self._marks.report_ids(after, _MARKS_AT_ONCE):
            is_changed |= self._clear_marked(marked)
            after = marked[-1]
        if is_changed:
            self._scrub()

    def _clear_marked(self, marked: Sequence[bytes]) -> bool:
        """Erases those of these reports, in the order of ids, that are not; whether one was not."""
        columns = REPORTS.c
        erased = and_(
            columns.report_id.between(marked[0], marked[-1]),
            columns.state == ReportState.ERASED,
        )
        with self._transaction() as connection:
            known = set(connection.scalars(select(columns.report_id).where(erased)))
            missing = [each for each in marked if each not in known]
            for mark in self._marks.marks_of(missing) if missing else ():
                back = update(REPORTS).where(columns.report_id == mark.report_id)
                values = _ERASED | {"owner_digest": mark.owner_digest}
                if not connection.execute(back.values(values)).rowcount:
                    connection.execute(insert(REPORTS).values(_marked_row(mark)))
        return bool(missing)

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
        row = _row(arrival, ReportState.PENDING, lease_expire_time)
        try:
            with self._transaction() as connection:
                connection.execute(insert(REPORTS).values(row))
        except IntegrityError:
            return None
        return Claim(arrival.report_id, 1)

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

    def note_owner(self, claim: Claim, owner_digest: bytes, recovery_tag: bytes) -> bool:
        """See `Store`."""
        note = (
            update(REPORTS)
            .where(_held(claim))
            .values(owner_digest=owner_digest, recovery_tag=recovery_tag)
        )
        return self._count(note) == 1

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
        owned = _owned({report_id}, programme_id, owner_digests)
        return self._count(update(REPORTS).where(owned).values(_NO_REPLY)) == 1

    def opening_digest(
        self, report_id: bytes, programme_id: str, owner_digests: AbstractSet[bytes]
    ) -> bytes | None:
        """See `Store`."""
        owned = _owned({report_id}, programme_id, owner_digests)
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
        owned = _owned({report_id}, programme_id, owner_digests)
        return self._count(update(REPORTS).where(owned).values(_NO_OPENING)) == 1

    def erase(
        self,
        report_ids: AbstractSet[bytes],
        programme_id: str,
        owner_digests: AbstractSet[bytes],
    ) -> bool:
        """See `Store`."""
        with self._transaction() as connection:
            erased = self._erase(connection, _owned(report_ids, programme_id, owner_digests))
        self._scrub()
        return erased

    def tagged(self, programme_id: str, after: bytes, most: int) -> Sequence[Tagged]:
        """See `Store`."""
        columns = REPORTS.c
        further = and_(
            columns.programme_id == programme_id,
            columns.recovery_tag.is_not(None),
            columns.report_id > after,
        )
        query = (
            select(
                columns.report_id,
                columns.owner_digest,
                columns.recovery_tag,
                columns.state == ReportState.ERASED,
            )
            .where(further)
            .order_by(columns.report_id)
            .limit(most)
        )
        with self._transaction() as connection:
            return [Tagged(*row) for row in connection.execute(query)]

    def forestall(self, arrival: Arrival, now: int) -> None:
        """See `Store`."""
        columns = REPORTS.c
        abandoned = and_(
            columns.report_id == arrival.report_id,
            columns.programme_id == arrival.programme_id,
            columns.state == ReportState.PENDING,
            columns.lease_expire_time <= now,
        )
        row = _row(arrival, ReportState.ERASED, lease_expire_time=0)
        try:
            with self._transaction() as connection:
                connection.execute(insert(REPORTS).values(row))
                self._marks.put([_mark_of(arrival)])
        except IntegrityError:
            with self._transaction() as connection:
                self._erase(connection, abandoned)

    def _erase(self, connection: Connection, which: ColumnElement[bool]) -> bool:
        """Erases reports and marks them, in a transaction that has yet to be committed."""
        gone = update(REPORTS).where(which).values(_ERASED).returning(*_MARK)
        rows = connection.execute(gone).all()
        if rows:
            self._marks.put([ErasureMark(*row) for row in rows])
        return bool(rows)

    def purge(self, now: int) -> Purged:
        """See `Store`."""
        columns = REPORTS.c
        late = and_(columns.sealed_reply.is_not(None), columns.reply_expire_time <= now)
        replies = self._count(update(REPORTS).where(late).values(_NO_REPLY))
        over = and_(columns.expire_time <= now, _not_worked_on(now))
        rows = self._count(delete(REPORTS).where(over))
        self._marks.forget(now)
        scrubbed = [self._scrub(), self._marks.scrub()]
        if not all(scrubbed):
            diagnostics.warn("erased_pages_remain", holding="reports")
        return Purged(replies, rows)

    def key_ids(self) -> frozenset[bytes]:
        """See `Store`."""
        with self._transaction() as connection:
            return frozenset(connection.scalars(select(REPORTS.c.key_id).distinct()))

    def forget_keys(self, key_ids: AbstractSet[bytes], now: int) -> int:
        """See `Store`."""
        columns = REPORTS.c
        over = and_(
            columns.key_id.in_(sorted(key_ids)),
            columns.envelope_digest != NO_ENVELOPE,
            _not_worked_on(now),
        )
        with self._transaction() as connection:
            gone = connection.scalars(delete(REPORTS).where(over).returning(columns.report_id))
            reports = gone.all()
        self._marks.forget_reports(reports)
        return len(reports)

    def close(self) -> None:
        """See `Store`."""
        self._engine.dispose()
        self._marks.close()

    def _count(self, statement: Executable) -> int:
        with self._transaction() as connection:
            return connection.execute(statement).rowcount

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with transaction(self._engine) as connection:
            yield connection


def _row(arrival: Arrival, state: ReportState, lease_expire_time: int) -> dict[str, object]:
    return {
        "report_id": arrival.report_id,
        "envelope_digest": arrival.envelope_digest,
        "programme_id": arrival.programme_id,
        "key_id": arrival.key_id,
        "expire_time": arrival.expire_time,
        "state": state,
        "claim_number": 1,
        "lease_expire_time": lease_expire_time,
        **_NO_REPLY,
        **_NO_OPENING,
    }


def _marked_row(mark: ErasureMark) -> dict[str, object]:
    # An erased report's digest is not looked at any more.
    arrival = Arrival(mark.report_id, NO_ENVELOPE, mark.programme_id, mark.key_id, mark.expire_time)
    row = _row(arrival, ReportState.ERASED, lease_expire_time=0)
    return row | {"owner_digest": mark.owner_digest}


def _mark_of(arrival: Arrival) -> ErasureMark:
    return ErasureMark(
        arrival.report_id, arrival.programme_id, arrival.key_id, None, arrival.expire_time
    )


def _held(claim: Claim) -> ColumnElement[bool]:
    columns = REPORTS.c
    return and_(
        columns.report_id == claim.report_id,
        columns.state == ReportState.PENDING,
        columns.claim_number == claim.number,
    )


def _not_worked_on(now: int) -> ColumnElement[bool]:
    columns = REPORTS.c
    return or_(columns.state != ReportState.PENDING, columns.lease_expire_time <= now)


def _owned(
    report_ids: AbstractSet[bytes], programme_id: str, owner_digests: AbstractSet[bytes]
) -> ColumnElement[bool]:
    columns = REPORTS.c
    return and_(
        columns.report_id.in_(sorted(report_ids)),
        columns.programme_id == programme_id,
        columns.owner_digest.in_(sorted(owner_digests)),
    )
