"""The subjects' keys: a file of their own, never backed up."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Engine

from kizashi_server.store.database import PATIENT, empty_write_ahead_log
from kizashi_server.store.holdings_schema import SUBJECT_KEYS
from kizashi_server.store.numbered_steps import SUBJECT_KEYS_STEPS, bring_up_to_date
from kizashi_server.store.row_cipher import SUBJECT_KEY_BYTES

Random = Callable[[int], bytes]
"""Gives this many unpredictable bytes, as `os.urandom` does."""


class SubjectKeys:
    """Keys of 32 bytes by subject digest; whoever shares it between threads takes turns."""

    def __init__(self, engine: Engine, random: Random) -> None:
        """Takes over the engine, and brings its schema up to date."""
        self._engine = engine
        self._random = random
        bring_up_to_date(engine, SUBJECT_KEYS_STEPS)

    def find(self, digest: bytes) -> bytes | None:
        """A subject's key, or None."""
        query = select(SUBJECT_KEYS.c.key).where(SUBJECT_KEYS.c.subject_digest == digest)
        with self._engine.begin() as connection:
            return connection.execute(query).scalar_one_or_none()

    def make(self, digest: bytes, given_time: int) -> bytes:
        """A subject's key, made for the consent of this time when there is none yet."""
        found = self.find(digest)
        if found is not None:
            return found
        key = self._random(SUBJECT_KEY_BYTES)
        row = insert(SUBJECT_KEYS).values(subject_digest=digest, key=key, given_time=given_time)
        with self._engine.begin() as connection:
            connection.execute(row)
        return key

    def digests(self) -> frozenset[bytes]:
        """Everybody who has a key."""
        with self._engine.begin() as connection:
            return frozenset(connection.scalars(select(SUBJECT_KEYS.c.subject_digest)))

    def erase(self, digests: AbstractSet[bytes]) -> None:
        """Erases keys; nothing of them is left in the file and its log after `scrub`."""
        with self._engine.begin() as connection:
            for digest in digests:
                connection.execute(
                    delete(SUBJECT_KEYS).where(SUBJECT_KEYS.c.subject_digest == digest)
                )

    def scrub(self) -> bool:
        """Clears the log of what was erased; see `empty_write_ahead_log`. Safe in any thread."""
        return empty_write_ahead_log(self._engine, PATIENT)

    def erase_given_until(self, times: Mapping[bytes, int]) -> None:
        """Erases each subject's key that was made for a consent given until its time.

        Times are in seconds since the epoch. One transaction, however many there are.
        """
        columns = SUBJECT_KEYS.c
        with self._engine.begin() as connection:
            rows = connection.execute(select(columns.subject_digest, columns.given_time)).all()
            for digest, given_time in rows:
                if given_time <= times.get(digest, -1):
                    connection.execute(delete(SUBJECT_KEYS).where(columns.subject_digest == digest))

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()
