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

    def given_times(self) -> Mapping[bytes, int]:
        """Everybody who has a key, and when the consent it was made for was given."""
        columns = SUBJECT_KEYS.c
        query = select(columns.subject_digest, columns.given_time)
        with self._engine.begin() as connection:
            return {row.subject_digest: row.given_time for row in connection.execute(query)}

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

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()
