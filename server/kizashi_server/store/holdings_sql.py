"""What is kept under standing consents, in four SQLite files.

A withdrawal writes its tombstone first, then erases the key, then the rows: whatever is cut off in
between is made up for at the next start, before anything is served (`clear`).
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from itertools import islice

from kizashi_protocol.consent import Scope
from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import DBAPIError

from kizashi_server import diagnostics
from kizashi_server.errors import StoreUnavailable
from kizashi_server.store.database import empty_write_ahead_log
from kizashi_server.store.holdings_contract import (
    MOST_RECOVERED,
    RECOVERED_SECONDS,
    TOMBSTONE_SECONDS,
    Held,
    Item,
    Subject,
)
from kizashi_server.store.holdings_schema import HOLDINGS, SUBJECTS
from kizashi_server.store.recovered_secrets import RecoveredSecrets
from kizashi_server.store.row_cipher import RowCipher
from kizashi_server.store.subject_keys import SubjectKeys
from kizashi_server.store.tombstones import Tombstone, Tombstones

_BATCH = 1_000


class SqlHoldings:
    """A `HoldingsStore`; see `holdings_database.open_holdings`.

    One process serves a state directory (`key_files.served_alone`), and one lock in it orders
    everything: what is kept cannot slip in behind a withdrawal that is under way in another file.
    """

    def __init__(
        self,
        engine: Engine,
        keys: SubjectKeys,
        tombstones: Tombstones,
        recovered: RecoveredSecrets,
    ) -> None:
        """Takes over an engine whose schema is up to date, and the files beside it."""
        self._engine = engine
        self._keys = keys
        self._tombstones = tombstones
        self._recovered = recovered
        self._lock = threading.Lock()

    def withdrawn_times(self, digests: AbstractSet[bytes]) -> Mapping[bytes, int]:
        """See `HoldingsStore`."""
        with self._turn():
            return self._tombstones.times(digests)

    def keep(self, subject: Subject, item: Item, most: int) -> bool:
        """See `HoldingsStore`."""
        with self._turn():
            times = self._tombstones.times({subject.digest, subject.recovery_digest})
            if any(subject.given_time <= taken_back for taken_back in times.values()):
                return False
            if item.erasure_name and self._tombstones.erased_items({item.erasure_name}):
                return False
            cipher = RowCipher(self._keys.make(subject.digest, subject.given_time))
            with self._engine.begin() as connection:
                _put_subject(connection, subject, cipher)
                _put_item(connection, subject.digest, item, cipher)
                _drop_oldest(connection, subject.digest, most)
        return True

    def held(self, digest: bytes) -> Held | None:
        """See `HoldingsStore`."""
        with self._turn():
            return self._held(digest)

    def _held(self, digest: bytes) -> Held | None:
        key = self._keys.find(digest)
        with self._engine.begin() as connection:
            row = connection.execute(
                select(SUBJECTS).where(SUBJECTS.c.subject_digest == digest)
            ).one_or_none()
            items = connection.execute(
                select(HOLDINGS.c.holding_id, HOLDINGS.c.sealed_content)
                .where(HOLDINGS.c.subject_digest == digest)
                .order_by(HOLDINGS.c.position)
            ).all()
        if key is None or row is None:
            return None
        cipher = RowCipher(key)
        contents = tuple(cipher.open(sealed, digest, name) for name, sealed in items)
        return Held(_subject(row, cipher), contents)

    def subjects(self) -> Sequence[Subject]:
        """See `HoldingsStore`."""
        with self._turn():
            with self._engine.begin() as connection:
                rows = connection.execute(select(SUBJECTS)).all()
            keys = {row.subject_digest: self._keys.find(row.subject_digest) for row in rows}
        return [
            _subject(row, RowCipher(key))
            for row in rows
            if (key := keys[row.subject_digest]) is not None
        ]

    def erase(self, digest: bytes) -> None:
        """See `HoldingsStore`."""
        with self._turn():
            self._erase({digest})
        self._scrub()
        self._keys.scrub()

    def holds_any(self, erasure_names: AbstractSet[bytes]) -> bool:
        """See `HoldingsStore`."""
        columns = HOLDINGS.c
        named = select(columns.holding_id).where(columns.erasure_name.in_(sorted(erasure_names)))
        with self._turn(), self._engine.begin() as connection:
            return connection.execute(named.limit(1)).first() is not None

    def erase_items(self, erasure_names: AbstractSet[bytes], now: int) -> None:
        """See `HoldingsStore`."""
        with self._turn():
            self._tombstones.put_items(erasure_names, now)
            self._erase_items(erasure_names)
        self._scrub()

    def withdraw(self, digest: bytes, scope: Scope, programme_id: str, now: int) -> None:
        """See `HoldingsStore`."""
        with self._turn():
            with self._engine.begin() as connection:
                row = connection.execute(
                    select(SUBJECTS).where(SUBJECTS.c.subject_digest == digest)
                ).one_or_none()
            self._withdraw(digest, scope, programme_id, row, now)
        self._let_no_key_stay()

    def recover(self, recovery_digest: bytes, programme_id: str, now: int) -> Scope | None:
        """See `HoldingsStore`."""
        columns = SUBJECTS.c
        whose = select(SUBJECTS).where(
            and_(columns.recovery_digest == recovery_digest, columns.programme_id == programme_id)
        )
        with self._turn():
            with self._engine.begin() as connection:
                rows = connection.execute(whose).all()
            for row in rows:
                scope = Scope(row.scope)
                self._withdraw(row.subject_digest, scope, programme_id, row, now)
            left = self._tombstones.by_recovery(recovery_digest, programme_id)
            # A consent given again since, and not seen here yet, does not count either.
            for stone in left:
                self._withdraw(stone.subject_digest, stone.scope, programme_id, None, now)
        self._let_no_key_stay()
        return left[0].scope if left else None

    def remember_recovery(self, secret: bytes, programme_id: str, now: int) -> None:
        """See `HoldingsStore`."""
        with self._turn():
            self._recovered.put(secret, programme_id, now, MOST_RECOVERED)

    def recoveries(self, programme_id: str) -> Mapping[bytes, int]:
        """See `HoldingsStore`."""
        with self._turn():
            return self._recovered.times(programme_id)

    def purge(self, now: int) -> int:
        """See `HoldingsStore`."""
        with self._turn():
            with self._engine.begin() as connection:
                late = connection.scalars(
                    select(SUBJECTS.c.subject_digest).where(SUBJECTS.c.expire_time <= now)
                ).all()
            self._erase(set(late))
            self._tombstones.forget(now - TOMBSTONE_SECONDS)
            self._recovered.forget(now - RECOVERED_SECONDS)
        # Even of nobody: the log still holds items that newer ones took the place of.
        beside = (self._keys, self._tombstones, self._recovered)
        scrubbed = [self._scrub(), *(each.scrub() for each in beside)]
        if not all(scrubbed):
            diagnostics.warn("erased_pages_remain", holding="consents")
        return len(late)

    def clear(self) -> None:
        """Erases what a restored backup brought back, and what a crash left of an erasure.

        To be called before anything is served: subjects with a tombstone, rows without a key, keys
        without rows, rows that do not open, being of a key before the one that is here, and items
        that were erased with their check.
        """
        with self._turn():
            columns = SUBJECTS.c
            with self._engine.begin() as connection:
                rows = connection.execute(select(columns.subject_digest, columns.given_time)).all()
            given = {row.subject_digest: row.given_time for row in rows}
            keys = self._keys.given_times()
            # Looked up by who is held here: tombstones are many more, most of them strangers'.
            withdrawn: dict[bytes, int] = {}
            for some in _batches(given.keys() | keys.keys()):
                withdrawn |= self._tombstones.times(some)
            void = {each for each, time in keys.items() if time <= withdrawn.get(each, -1)}
            gone = {each for each, time in given.items() if time <= withdrawn.get(each, -1)}
            gone |= given.keys() ^ (keys.keys() - void)
            gone |= {digest for digest in given.keys() - gone if not self._opens(digest)}
            self._erase(gone | void)
            self._clear_items()
        self._scrub()
        self._keys.scrub()

    def _clear_items(self) -> None:
        name = HOLDINGS.c.erasure_name
        with self._engine.begin() as connection:
            names = connection.scalars(select(name).where(name.is_not(None))).all()
        for some in _batches(frozenset(names)):
            erased = self._tombstones.erased_items(some)
            if erased:
                self._erase_items(erased)

    def _opens(self, digest: bytes) -> bool:
        try:
            return self._held(digest) is not None
        except StoreUnavailable:
            return False

    def close(self) -> None:
        """See `HoldingsStore`."""
        self._engine.dispose()
        self._keys.close()
        self._tombstones.close()
        self._recovered.close()

    def _withdraw(
        self,
        digest: bytes,
        scope: Scope,
        programme_id: str,
        row: Row[tuple[object, ...]] | None,
        now: int,
    ) -> None:
        # A laptop's clock may run ahead: the consent that is held does not count again either.
        time = now if row is None else max(now, row.given_time)
        recovery = None if row is None else row.recovery_digest
        self._tombstones.put(Tombstone(digest, scope, programme_id, recovery, time))
        self._erase({digest})

    def _erase(self, digests: AbstractSet[bytes]) -> None:
        self._keys.erase(digests)
        with self._engine.begin() as connection:
            for digest in digests:
                connection.execute(delete(HOLDINGS).where(HOLDINGS.c.subject_digest == digest))
                connection.execute(delete(SUBJECTS).where(SUBJECTS.c.subject_digest == digest))

    def _erase_items(self, erasure_names: AbstractSet[bytes]) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                delete(HOLDINGS).where(HOLDINGS.c.erasure_name.in_(sorted(erasure_names)))
            )

    def _scrub(self) -> bool:
        """Clears the main file's log, outside the lock: it may have to wait for a reader."""
        return empty_write_ahead_log(self._engine)

    def _let_no_key_stay(self) -> None:
        """Returns when an erased key is in no file; what it encrypted may be left to the sweep."""
        self._scrub()
        if not self._keys.scrub():
            raise StoreUnavailable("something reads the subjects' keys, so an erased one remains")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except DBAPIError as error:
            # The driver's own words name no value: the engines hide parameters.
            raise StoreUnavailable(f"a database refused: {error.orig}") from None


def _put_subject(connection: Connection, subject: Subject, cipher: RowCipher) -> None:
    columns = SUBJECTS.c
    mine = columns.subject_digest == subject.digest
    given_time = connection.execute(select(columns.given_time).where(mine)).scalar_one_or_none()
    consent = {
        "sealed_record": cipher.seal(subject.consent.encode(), subject.digest),
        "recovery_digest": subject.recovery_digest,
        "given_time": subject.given_time,
        "expire_time": subject.expire_time,
    }
    if given_time is None:
        identity = {
            "subject_digest": subject.digest,
            "scope": subject.scope,
            "programme_id": subject.programme_id,
        }
        connection.execute(insert(SUBJECTS).values(identity | consent))
    elif given_time < subject.given_time:
        connection.execute(update(SUBJECTS).where(mine).values(consent))


def _put_item(connection: Connection, digest: bytes, item: Item, cipher: RowCipher) -> None:
    columns = HOLDINGS.c
    name = cipher.name(item.name)
    connection.execute(delete(HOLDINGS).where(columns.holding_id == name))
    last = connection.execute(
        select(func.max(columns.position)).where(columns.subject_digest == digest)
    ).scalar_one()
    connection.execute(
        insert(HOLDINGS).values(
            holding_id=name,
            subject_digest=digest,
            position=(last or 0) + 1,
            sealed_content=cipher.seal(item.content, digest, name),
            erasure_name=item.erasure_name,
        )
    )


def _drop_oldest(connection: Connection, digest: bytes, most: int) -> None:
    columns = HOLDINGS.c
    beyond = (
        select(columns.holding_id)
        .where(columns.subject_digest == digest)
        .order_by(columns.position.desc())
        .offset(most)
    )
    for name in connection.scalars(beyond).all():
        connection.execute(delete(HOLDINGS).where(columns.holding_id == name))


def _subject(row: Row[tuple[object, ...]], cipher: RowCipher) -> Subject:
    return Subject(
        digest=row.subject_digest,
        scope=Scope(row.scope),
        programme_id=row.programme_id,
        consent=cipher.open(row.sealed_record, row.subject_digest).decode(),
        recovery_digest=row.recovery_digest,
        given_time=row.given_time,
        expire_time=row.expire_time,
    )


def _batches(names: AbstractSet[bytes]) -> Iterator[frozenset[bytes]]:
    """The names, so many at a time as one statement may hold."""
    rest = iter(names)
    while batch := frozenset(islice(rest, _BATCH)):
        yield batch
