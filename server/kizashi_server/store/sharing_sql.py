"""What is left for counsellors, in a SQL database of its own."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from kizashi_protocol.sealed_item import SealedItem
from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ColumnElement, Executable

from kizashi_server import diagnostics
from kizashi_server.store.replay_contract import Tagged
from kizashi_server.store.sharing_contract import Destination, KeptShare
from kizashi_server.store.sharing_schema import SHARES
from kizashi_server.store.transactions import transaction


class SqlSharing:
    """A `SharingStore` on an engine that has its table; see `sharing_database.open_sharing`."""

    def __init__(self, engine: Engine, scrub: Callable[[], bool]) -> None:
        """Takes over the engine and disposes of it on `close`.

        `scrub` is called after deletions, to clear what the database keeps of them elsewhere, and
        with each purge once more: it says whether it could.
        """
        self._engine = engine
        self._scrub = scrub

    def leave(self, share: KeptShare) -> bool:
        """See `SharingStore`."""
        row = insert(SHARES).values(
            report_id=share.report_id,
            programme_id=share.programme_id,
            terms_digest=share.terms_digest,
            owner_digest=share.owner_digest,
            recipient_key_id=share.sealed.key_id,
            ciphertext=share.sealed.ciphertext,
            redemption_digest=share.redemption_digest,
            expire_time=share.expire_time,
            taken_by=None,
            recovery_tag=share.recovery_tag,
        )
        try:
            with transaction(self._engine) as connection:
                connection.execute(row)
        except IntegrityError:
            return self._is_kept(share)
        return True

    def _is_kept(self, share: KeptShare) -> bool:
        columns = SHARES.c
        same = and_(
            columns.report_id == share.report_id,
            _is_for(share.destination),
            columns.owner_digest == share.owner_digest,
            columns.ciphertext == share.sealed.ciphertext,
            columns.redemption_digest == share.redemption_digest,
            columns.recovery_tag == share.recovery_tag,
            columns.taken_by.is_(None),
        )
        with transaction(self._engine) as connection:
            return connection.execute(select(columns.report_id).where(same)).first() is not None

    def take(
        self, redemption_digest: bytes, destination: Destination, taker: bytes, now: int
    ) -> SealedItem | None:
        """See `SharingStore`."""
        columns = SHARES.c
        left = and_(
            columns.redemption_digest == redemption_digest,
            _is_for(destination),
            columns.expire_time > now,
            or_(columns.taken_by.is_(None), columns.taken_by == taker),
        )
        mark = (
            update(SHARES)
            .where(left)
            .values(taken_by=taker)
            .returning(columns.recipient_key_id, columns.ciphertext)
        )
        with transaction(self._engine) as connection:
            row = connection.execute(mark).one_or_none()
        return None if row is None else SealedItem(*row)

    def settle(self, taker: bytes) -> None:
        """See `SharingStore`."""
        self._delete(delete(SHARES).where(SHARES.c.taken_by == taker))

    def cancel(
        self,
        report_ids: AbstractSet[bytes],
        programme_id: str,
        owner_digests: AbstractSet[bytes],
    ) -> None:
        """See `SharingStore`."""
        columns = SHARES.c
        owned = and_(
            columns.report_id.in_(sorted(report_ids)),
            columns.programme_id == programme_id,
            columns.owner_digest.in_(sorted(owner_digests)),
        )
        self._delete(delete(SHARES).where(owned))

    def keep_only(self, destinations: AbstractSet[Destination]) -> int:
        """See `SharingStore`."""
        columns = SHARES.c
        named = (columns.programme_id, columns.terms_digest, columns.recipient_key_id)
        with transaction(self._engine) as connection:
            found = {Destination(*row) for row in connection.execute(select(*named).distinct())}
        others = found - destinations
        return sum(self._delete(delete(SHARES).where(_is_for(each))) for each in others)

    def tagged(self, programme_id: str, after: bytes, most: int) -> Sequence[Tagged]:
        """See `SharingStore`."""
        columns = SHARES.c
        further = and_(
            columns.programme_id == programme_id,
            columns.recovery_tag.is_not(None),
            columns.report_id > after,
        )
        query = (
            select(columns.report_id, columns.owner_digest, columns.recovery_tag)
            .where(further)
            .order_by(columns.report_id)
            .limit(most)
        )
        with transaction(self._engine) as connection:
            return [Tagged(*row) for row in connection.execute(query)]

    def purge(self, now: int) -> int:
        """See `SharingStore`."""
        with transaction(self._engine) as connection:
            count = connection.execute(delete(SHARES).where(SHARES.c.expire_time <= now)).rowcount
        if not self._scrub():
            diagnostics.warn("erased_pages_remain", holding="shares")
        return count

    def close(self) -> None:
        """See `SharingStore`."""
        self._engine.dispose()

    def _delete(self, statement: Executable) -> int:
        with transaction(self._engine) as connection:
            count = connection.execute(statement).rowcount
        if count:
            self._scrub()
        return count


def _is_for(destination: Destination) -> ColumnElement[bool]:
    columns = SHARES.c
    return and_(
        columns.programme_id == destination.programme_id,
        columns.terms_digest == destination.terms_digest,
        columns.recipient_key_id == destination.key_id,
    )
