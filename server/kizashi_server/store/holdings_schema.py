"""The tables of what is kept under standing consents, in three files with three lives.

The main database is backed up. The subjects' keys never are: without them a backup's rows are
noise. The tombstones outlive every restored backup; beside them stands which single checks were
withdrawn. (A fourth file, never backed up either, is `recovered_secrets`.)
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from kizashi_server.store.person_data import ERASED, NOT, REMAINS
from kizashi_server.store.replay_schema import METADATA

SUBJECT_KEYS_METADATA = MetaData()
TOMBSTONES_METADATA = MetaData()

SUBJECTS = Table(
    "subjects",
    METADATA,
    Column(
        "subject_digest",
        LargeBinary(32),
        primary_key=True,
        comment="SHA-256 of the key that signed the consent; never changes",
        info=ERASED,
    ),
    Column(
        "scope",
        String(8),
        nullable=False,
        comment="trend, cohort or research; never changes",
        info=NOT,
    ),
    Column(
        "programme_id",
        String(64),
        nullable=False,
        comment="the programme the consent is for; never changes",
        info=NOT,
    ),
    Column(
        "sealed_record",
        LargeBinary,
        nullable=False,
        comment="the consent in force, encrypted under the subject's key",
        info=ERASED,
    ),
    Column(
        "recovery_digest",
        LargeBinary(32),
        nullable=False,
        comment="SHA-256 of the secret that withdraws without the subject's signing key",
        info=ERASED,
    ),
    Column(
        "given_time",
        BigInteger,
        nullable=False,
        comment="of the consent in force; seconds since 1970 UTC",
        info=ERASED,
    ),
    Column(
        "expire_time",
        BigInteger,
        nullable=False,
        comment="when that consent ends, and this row with it; seconds since 1970 UTC",
        info=ERASED,
    ),
)

HOLDINGS = Table(
    "holdings",
    METADATA,
    Column(
        "holding_id",
        LargeBinary(32),
        primary_key=True,
        comment="a name that only the subject's key can work out again; never changes",
        info=ERASED,
    ),
    Column(
        "subject_digest",
        LargeBinary(32),
        ForeignKey("subjects.subject_digest", ondelete="CASCADE"),
        nullable=False,
        comment="whose it is; never changes",
        info=ERASED,
    ),
    Column(
        "position",
        Integer,
        nullable=False,
        comment="grows with each of the subject's holdings",
        info=NOT,
    ),
    Column(
        "sealed_content",
        LargeBinary,
        nullable=False,
        comment="encrypted under the subject's key, bound to subject and name",
        info=ERASED,
    ),
    Column(
        "erasure_name",
        LargeBinary(32),
        nullable=True,
        comment="by which it goes with its check; only the check's key can work it out; never changes",
        info=ERASED,
    ),
)

Index("subjects_expire_time", SUBJECTS.c.expire_time)
Index("subjects_recovery_digest", SUBJECTS.c.recovery_digest)
Index("holdings_subject_digest", HOLDINGS.c.subject_digest)
Index("holdings_erasure_name", HOLDINGS.c.erasure_name)

SUBJECT_KEYS = Table(
    "subject_keys",
    SUBJECT_KEYS_METADATA,
    Column(
        "subject_digest",
        LargeBinary(32),
        primary_key=True,
        comment="whose key it is; never changes",
        info=ERASED,
    ),
    Column(
        "key",
        LargeBinary(32),
        nullable=False,
        comment="what the subject's rows are encrypted under; never changes",
        info=ERASED,
    ),
    Column(
        "given_time",
        BigInteger,
        nullable=False,
        comment="of the consent it was made for; seconds since 1970 UTC",
        info=ERASED,
    ),
)

TOMBSTONES = Table(
    "tombstones",
    TOMBSTONES_METADATA,
    Column(
        "subject_digest",
        LargeBinary(32),
        primary_key=True,
        comment="whose consents no longer count, or the digest of a recovery secret that was shown "
        "before any came; stays so that none counts again",
        info=REMAINS,
    ),
    Column(
        "scope",
        String(8),
        nullable=False,
        comment="what was taken back, for the receipt",
        info=NOT,
    ),
    Column(
        "programme_id",
        String(64),
        nullable=False,
        comment="the programme it was for",
        info=NOT,
    ),
    Column(
        "recovery_digest",
        LargeBinary(32),
        nullable=True,
        comment="of the consent taken back; stays so that its code gets a receipt again",
        info=REMAINS,
    ),
    Column(
        "withdrawn_time",
        BigInteger,
        nullable=False,
        comment="consents given until then do not count; seconds since 1970 UTC",
        info=REMAINS,
    ),
)

Index("tombstones_recovery_digest", TOMBSTONES.c.recovery_digest)

ERASED_ITEMS = Table(
    "erased_items",
    TOMBSTONES_METADATA,
    Column(
        "erasure_name",
        LargeBinary(32),
        primary_key=True,
        comment="of what was kept of a check that was withdrawn; stays so that no backup brings it back",
        info=REMAINS,
    ),
    Column(
        "withdrawn_time",
        BigInteger,
        nullable=False,
        comment="when; stays until no backup of before can hold it; seconds since 1970 UTC",
        info=REMAINS,
    ),
)

Index("erased_items_withdrawn_time", ERASED_ITEMS.c.withdrawn_time)

ERASED_REPORTS = Table(
    "erased_reports",
    TOMBSTONES_METADATA,
    Column(
        "report_id",
        LargeBinary(16),
        primary_key=True,
        comment="a check that was withdrawn; stays so that it is not scored after a restore",
        info=REMAINS,
    ),
    Column(
        "programme_id",
        String(64),
        nullable=False,
        comment="the programme it was for",
        info=NOT,
    ),
    Column(
        "key_id",
        LargeBinary(16),
        nullable=False,
        comment="the sealing key that opens it, or that opened its withdrawal",
        info=NOT,
    ),
    Column(
        "owner_digest",
        LargeBinary(32),
        nullable=True,
        comment="of the check's one-time key; stays so that its owner gets a receipt again",
        info=REMAINS,
    ),
    Column(
        "expire_time",
        BigInteger,
        nullable=False,
        comment="when this row is deleted, a lease after that sealing key; seconds since 1970 UTC",
        info=NOT,
    ),
)

Index("erased_reports_expire_time", ERASED_REPORTS.c.expire_time)
