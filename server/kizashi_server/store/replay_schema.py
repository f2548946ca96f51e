"""The tables, each column with what it is and whether it changes."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from kizashi_server.store.person_data import ERASED, NOT, REMAINS

METADATA = MetaData()

REPORTS = Table(
    "reports",
    METADATA,
    Column(
        "report_id",
        LargeBinary(16),
        primary_key=True,
        comment="chosen by the laptop, fresh for each report; never changes",
        info=REMAINS,
    ),
    Column(
        "envelope_digest",
        LargeBinary(32),
        nullable=False,
        comment="SHA-256 over the envelope's header and ciphertext; never changes",
        info=REMAINS,
    ),
    Column(
        "programme_id",
        String(64),
        nullable=False,
        comment="the programme the report is for; never changes",
        info=NOT,
    ),
    Column(
        "key_id",
        LargeBinary(16),
        nullable=False,
        comment="the sealing key that opens the envelope; never changes",
        info=NOT,
    ),
    Column(
        "expire_time",
        BigInteger,
        nullable=False,
        comment="when this row is deleted, a lease after that key at the latest; seconds since 1970 UTC",
        info=NOT,
    ),
    Column(
        "state",
        String(8),
        nullable=False,
        comment="PENDING, then ANSWERED, then perhaps ERASED",
        info=NOT,
    ),
    Column(
        "claim_number",
        Integer,
        nullable=False,
        comment="grows each time a worker claims the report",
        info=NOT,
    ),
    Column(
        "lease_expire_time",
        BigInteger,
        nullable=False,
        comment="when a pending claim ends; seconds since 1970 UTC; 0 once answered",
        info=NOT,
    ),
    Column(
        "owner_digest",
        LargeBinary(32),
        nullable=True,
        comment="SHA-256 of the check's one-time score key, which may acknowledge or withdraw it",
        info=REMAINS,
    ),
    Column(
        "sealed_reply",
        LargeBinary,
        nullable=True,
        comment="sealed to the laptop's one-time key; the server cannot open it; null once gone",
        info=ERASED,
    ),
    Column(
        "reply_expire_time",
        BigInteger,
        nullable=False,
        comment="when the sealed reply is dropped; seconds since 1970 UTC; 0 without one",
        info=ERASED,
    ),
    Column(
        "opening_digest",
        LargeBinary(32),
        nullable=True,
        comment="SHA-256 of the nonce inside the feedback, for sharing; null once used or erased",
        info=ERASED,
    ),
    Column(
        "recovery_tag",
        LargeBinary(32),
        nullable=True,
        comment="by which a recovery code finds the check; stays so that it gets a receipt again",
        info=REMAINS,
    ),
    CheckConstraint("state IN ('PENDING', 'ANSWERED', 'ERASED')", name="state_known"),
    CheckConstraint("sealed_reply IS NULL OR state = 'ANSWERED'", name="reply_only_while_answered"),
)

Index("reports_expire_time", REPORTS.c.expire_time)
Index("reports_reply_expire_time", REPORTS.c.reply_expire_time)
