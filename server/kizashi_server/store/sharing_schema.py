"""The one table of what is left for counsellors, in a file that is never backed up."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table

from kizashi_server.store.person_data import ERASED

SHARES_METADATA = MetaData()

SHARES = Table(
    "shares",
    SHARES_METADATA,
    Column(
        "report_id",
        LargeBinary(16),
        primary_key=True,
        comment="the check whose feedback it is; never changes",
        info=ERASED,
    ),
    Column(
        "programme_id",
        String(64),
        nullable=False,
        comment="the programme of that check; never changes",
        info=ERASED,
    ),
    Column(
        "owner_digest",
        LargeBinary(32),
        nullable=False,
        comment="SHA-256 of the check's one-time score key, which may take it back",
        info=ERASED,
    ),
    Column(
        "recipient_key_id",
        LargeBinary(16),
        nullable=False,
        comment="the counsellor's key, certified by the root; never changes",
        info=ERASED,
    ),
    Column(
        "ciphertext",
        LargeBinary,
        nullable=False,
        comment="sealed to that key; the server cannot open it; never changes",
        info=ERASED,
    ),
    Column(
        "redemption_digest",
        LargeBinary(32),
        nullable=False,
        unique=True,
        comment="SHA-256 of the secret that fetches it; never changes",
        info=ERASED,
    ),
    Column(
        "expire_time",
        BigInteger,
        nullable=False,
        comment="when it is deleted unfetched; seconds since 1970 UTC; never changes",
        info=ERASED,
    ),
    Column(
        "taken_by",
        LargeBinary(16),
        nullable=True,
        comment="the report that fetches it, until its answer is kept and the row deleted",
        info=ERASED,
    ),
    Column(
        "recovery_tag",
        LargeBinary(32),
        nullable=True,
        comment="what a recovery code finds the check by, also once its own row is gone",
        info=ERASED,
    ),
    Column(
        "terms_digest",
        LargeBinary(32),
        nullable=False,
        comment="SHA-256 over the terms it was left under; never changes",
        info=ERASED,
    ),
)

Index("shares_expire_time", SHARES.c.expire_time)
