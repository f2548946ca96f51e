"""The schemas of the four files beside the main database, as steps that are each done once.

How many steps a file has been through stands in it, as SQLite's `user_version`. A step that was
released never changes: what changes the schema is a further one at the end. (The main database has
Alembic's migrations; four small files need none of its bookkeeping.)
"""

from collections.abc import Sequence

from sqlalchemy.engine import Engine

from kizashi_server.errors import StoreUnavailable

Step = tuple[str, ...]
"""Statements in SQLite's SQL."""

SUBJECT_KEYS_STEPS: tuple[Step, ...] = (
    (
        """
        CREATE TABLE subject_keys (
            subject_digest BLOB NOT NULL,
            "key" BLOB NOT NULL,
            given_time BIGINT NOT NULL,
            PRIMARY KEY (subject_digest)
        )
        """,
    ),
)

TOMBSTONES_STEPS: tuple[Step, ...] = (
    (
        """
        CREATE TABLE tombstones (
            subject_digest BLOB NOT NULL,
            scope VARCHAR(8) NOT NULL,
            programme_id VARCHAR(64) NOT NULL,
            recovery_digest BLOB,
            withdrawn_time BIGINT NOT NULL,
            PRIMARY KEY (subject_digest)
        )
        """,
        "CREATE INDEX tombstones_recovery_digest ON tombstones (recovery_digest)",
        """
        CREATE TABLE erased_reports (
            report_id BLOB NOT NULL,
            programme_id VARCHAR(64) NOT NULL,
            key_id BLOB NOT NULL,
            owner_digest BLOB,
            expire_time BIGINT NOT NULL,
            PRIMARY KEY (report_id)
        )
        """,
        "CREATE INDEX erased_reports_expire_time ON erased_reports (expire_time)",
        """
        CREATE TABLE erased_items (
            erasure_name BLOB NOT NULL,
            withdrawn_time BIGINT NOT NULL,
            PRIMARY KEY (erasure_name)
        )
        """,
        "CREATE INDEX erased_items_withdrawn_time ON erased_items (withdrawn_time)",
    ),
)

RECOVERED_SECRETS_STEPS: tuple[Step, ...] = (
    (
        """
        CREATE TABLE recovered_secrets (
            secret BLOB NOT NULL,
            programme_id VARCHAR(64) NOT NULL,
            recovered_time BIGINT NOT NULL,
            PRIMARY KEY (secret, programme_id)
        )
        """,
    ),
)

SHARES_STEPS: tuple[Step, ...] = (
    (
        """
        CREATE TABLE shares (
            report_id BLOB NOT NULL,
            programme_id VARCHAR(64) NOT NULL,
            owner_digest BLOB NOT NULL,
            recipient_key_id BLOB NOT NULL,
            ciphertext BLOB NOT NULL,
            redemption_digest BLOB NOT NULL,
            expire_time BIGINT NOT NULL,
            taken_by BLOB,
            recovery_tag BLOB,
            terms_digest BLOB NOT NULL,
            PRIMARY KEY (report_id),
            UNIQUE (redemption_digest)
        )
        """,
        "CREATE INDEX shares_expire_time ON shares (expire_time)",
    ),
)


def bring_up_to_date(engine: Engine, steps: Sequence[Step]) -> None:
    """Takes a file through the steps it has not been through, all in one transaction.

    Raises:
        StoreUnavailable: the file has been through more steps than these: a newer version wrote it.
        DBAPIError: the database resists; nothing was done.
    """
    with engine.begin() as connection:
        done = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        if done > len(steps):
            raise StoreUnavailable(
                f"{engine.url.database} was written by a newer kizashi-server (schema {done}, and "
                f"{len(steps)} is the newest this one knows): go on with that version"
            )
        for step in steps[done:]:
            for statement in step:
                connection.exec_driver_sql(statement)
        if done < len(steps):
            connection.exec_driver_sql(f"PRAGMA user_version={len(steps)}")
