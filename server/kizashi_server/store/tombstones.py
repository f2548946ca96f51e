"""The tombstones: a file of its own, which no restored backup may overwrite."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from kizashi_protocol.consent import Scope
from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.engine import Engine

from kizashi_server.store.database import empty_write_ahead_log
from kizashi_server.store.holdings_schema import ERASED_ITEMS, TOMBSTONES
from kizashi_server.store.numbered_steps import TOMBSTONES_STEPS, bring_up_to_date


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Consents of a subject that no longer count.

    Attributes:
        subject_digest: 32 bytes; or the recovery digest of consents by which nothing was held yet
            when their recovery code was used.
        recovery_digest: of the consent taken back, 32 bytes; None when nothing was held.
        withdrawn_time: consents given until then do not count, in seconds since the epoch.
    """

    subject_digest: bytes = field(repr=False)
    scope: Scope
    programme_id: str
    recovery_digest: bytes | None = field(repr=False)
    withdrawn_time: int


class Tombstones:
    """One a subject, and the names of single items that were erased.

    Whoever shares it between threads takes turns.
    """

    def __init__(self, engine: Engine) -> None:
        """Takes over the engine, and brings its schema up to date."""
        self._engine = engine
        bring_up_to_date(engine, TOMBSTONES_STEPS)

    def times(self, digests: AbstractSet[bytes]) -> Mapping[bytes, int]:
        """When each of these subjects last took consent back, if it ever did."""
        columns = TOMBSTONES.c
        query = select(columns.subject_digest, columns.withdrawn_time).where(
            columns.subject_digest.in_(sorted(digests))
        )
        with self._engine.begin() as connection:
            found = connection.execute(query).all()
        return {row.subject_digest: row.withdrawn_time for row in found}

    def by_recovery(self, recovery_digest: bytes, programme_id: str) -> Sequence[Tombstone]:
        """Those left by consents with this recovery digest."""
        columns = TOMBSTONES.c
        return self._found(
            and_(columns.recovery_digest == recovery_digest, columns.programme_id == programme_id)
        )

    def put(self, tombstone: Tombstone) -> None:
        """Puts one in place of the subject's earlier one; what that says, it goes on saying."""
        with self._engine.begin() as connection:
            columns = TOMBSTONES.c
            mine = columns.subject_digest == tombstone.subject_digest
            earlier = connection.execute(
                select(columns.recovery_digest, columns.withdrawn_time).where(mine)
            ).one_or_none()
            recovery, time = tombstone.recovery_digest, tombstone.withdrawn_time
            if earlier is not None:
                recovery, time = recovery or earlier[0], max(time, earlier[1])
                connection.execute(delete(TOMBSTONES).where(mine))
            connection.execute(
                insert(TOMBSTONES).values(
                    subject_digest=tombstone.subject_digest,
                    scope=tombstone.scope,
                    programme_id=tombstone.programme_id,
                    recovery_digest=recovery,
                    withdrawn_time=time,
                )
            )

    def put_items(self, erasure_names: AbstractSet[bytes], now: int) -> None:
        """Notes the names of items erased at `now`, in seconds since the epoch."""
        columns = ERASED_ITEMS.c
        names = sorted(erasure_names)
        with self._engine.begin() as connection:
            connection.execute(delete(ERASED_ITEMS).where(columns.erasure_name.in_(names)))
            connection.execute(
                insert(ERASED_ITEMS),
                [{"erasure_name": each, "withdrawn_time": now} for each in names],
            )

    def erased_items(self, erasure_names: AbstractSet[bytes]) -> frozenset[bytes]:
        """Those of these names that were noted."""
        name = ERASED_ITEMS.c.erasure_name
        with self._engine.begin() as connection:
            found = connection.scalars(select(name).where(name.in_(sorted(erasure_names))))
            return frozenset(found)

    def forget(self, until: int) -> None:
        """Forgets withdrawals of that time and before, in seconds since the epoch."""
        with self._engine.begin() as connection:
            for table in (TOMBSTONES, ERASED_ITEMS):
                connection.execute(delete(table).where(table.c.withdrawn_time <= until))

    def scrub(self) -> bool:
        """Clears the log of what was forgotten; see `empty_write_ahead_log`. Safe in any thread."""
        return empty_write_ahead_log(self._engine)

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()

    def _found(self, condition: ColumnElement[bool]) -> Sequence[Tombstone]:
        columns = TOMBSTONES.c
        query = select(
            columns.subject_digest,
            columns.scope,
            columns.programme_id,
            columns.recovery_digest,
            columns.withdrawn_time,
        ).where(condition)
        with self._engine.begin() as connection:
            return [
                Tombstone(digest, Scope(scope), programme_id, recovery, time)
                for digest, scope, programme_id, recovery, time in connection.execute(query)
            ]
