"""The secrets that recovery codes have shown: in a file of their own, and as briefly as will do.

A check that is on its way when its code is used cannot be found yet. It carries a tag that only the
secret can be compared with, so the secret is kept until no consent of before holds any more. Whoever
has a secret knows whose checks those are that its tags are in; so no backup holds it.
"""

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    MetaData,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.engine import Engine

from kizashi_server.store.database import empty_write_ahead_log
from kizashi_server.store.numbered_steps import RECOVERED_SECRETS_STEPS, bring_up_to_date
from kizashi_server.store.person_data import NOT, REMAINS

RECOVERED_SECRETS_NAME = "recovered-secrets.sqlite"
"""Never to be backed up. What is lost with the file: checks that were on their way when their code
was used are no longer refused, for the rest of eight days."""

RECOVERED_SECRETS_METADATA = MetaData()

RECOVERED_SECRETS = Table(
    "recovered_secrets",
    RECOVERED_SECRETS_METADATA,
    Column(
        "secret",
        LargeBinary(32),
        primary_key=True,
        comment="as it was shown; stays until no check that was under way then can count: 8 days",
        info=REMAINS,
    ),
    Column(
        "programme_id",
        String(64),
        primary_key=True,
        comment="the programme it was shown for",
        info=NOT,
    ),
    Column(
        "recovered_time",
        BigInteger,
        nullable=False,
        comment="checks consented to until then do not count; seconds since 1970 UTC",
        info=NOT,
    ),
)


class RecoveredSecrets:
    """Secrets of 32 bytes by programme; whoever shares it between threads takes turns."""

    def __init__(self, engine: Engine) -> None:
        """Takes over the engine, and brings its schema up to date."""
        self._engine = engine
        bring_up_to_date(engine, RECOVERED_SECRETS_STEPS)

    def times(self, programme_id: str) -> Mapping[bytes, int]:
        """Secret -> when it was last shown, in seconds since the epoch."""
        columns = RECOVERED_SECRETS.c
        query = select(columns.secret, columns.recovered_time).where(
            columns.programme_id == programme_id
        )
        with self._engine.begin() as connection:
            return {row.secret: row.recovered_time for row in connection.execute(query)}

    def put(self, secret: bytes, programme_id: str, now: int, most: int) -> None:
        """Keeps a secret, and of the programme's only the latest `most`."""
        columns = RECOVERED_SECRETS.c
        same = and_(columns.secret == secret, columns.programme_id == programme_id)
        beyond = (
            select(columns.secret)
            .where(columns.programme_id == programme_id)
            .order_by(columns.recovered_time.desc())
            .offset(most)
        )
        with self._engine.begin() as connection:
            earlier = connection.execute(
                select(func.max(columns.recovered_time)).where(same)
            ).scalar_one()
            connection.execute(delete(RECOVERED_SECRETS).where(same))
            connection.execute(
                insert(RECOVERED_SECRETS).values(
                    secret=secret, programme_id=programme_id, recovered_time=max(now, earlier or 0)
                )
            )
            for other in connection.scalars(beyond).all():
                old = and_(columns.secret == other, columns.programme_id == programme_id)
                connection.execute(delete(RECOVERED_SECRETS).where(old))

    def forget(self, until: int) -> None:
        """Forgets what was shown at that time and before, in seconds since the epoch."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(RECOVERED_SECRETS).where(RECOVERED_SECRETS.c.recovered_time <= until)
            )

    def scrub(self) -> bool:
        """Clears the log of what was forgotten; see `empty_write_ahead_log`. Safe in any thread."""
        return empty_write_ahead_log(self._engine)

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()
