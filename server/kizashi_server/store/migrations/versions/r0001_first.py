"""The main database as it begins: replay memory, log, holdings and releases.

Times are seconds since 1970 UTC.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LOG = ("log_leaves", "log_subtrees", "log_heads")


def upgrade() -> None:
    """Makes every table, and on SQLite triggers that refuse changes of the log."""
    _make_replay_memory()
    _make_log()
    _make_holdings()
    _make_releases()


def downgrade() -> None:
    """Drops every table, and with them their triggers."""
    for table in ("cohort_releases", "holdings", "subjects", *_LOG, "reports"):
        op.drop_table(table)


def _make_replay_memory() -> None:
    # One row a report, from before it is opened until its key is deleted.
    op.create_table(
        "reports",
        # Chosen by the laptop, fresh for each report. Never changes.
        sa.Column("report_id", sa.LargeBinary(16), primary_key=True),
        # SHA-256 over the envelope's header and ciphertext. Never changes.
        sa.Column("envelope_digest", sa.LargeBinary(32), nullable=False),
        # The programme the report is for. Never changes.
        sa.Column("programme_id", sa.String(64), nullable=False),
        # The sealing key that opens the envelope. Never changes.
        sa.Column("key_id", sa.LargeBinary(16), nullable=False),
        # When that key, and with it this row, is deleted. Never changes.
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        # PENDING, then ANSWERED, then perhaps ERASED.
        sa.Column("state", sa.String(8), nullable=False),
        # Grows each time a worker claims the report.
        sa.Column("claim_number", sa.Integer, nullable=False),
        # When a pending claim ends.
        sa.Column("lease_expire_time", sa.BigInteger, nullable=False),
        # SHA-256 of the check's one-time score key, which may acknowledge or withdraw it.
        sa.Column("owner_digest", sa.LargeBinary(32), nullable=True),
        # SHA-256 of the nonce inside the feedback. Null once used or erased.
        sa.Column("opening_digest", sa.LargeBinary(32), nullable=True),
        # From the consent to score, for a recovery code to find the check by. Stays after an erasure,
        # so that the code gets a receipt again.
        sa.Column("recovery_tag", sa.LargeBinary(32), nullable=True),
        # Sealed to the laptop's one-time key: the server cannot open it. Null once gone.
        sa.Column("sealed_reply", sa.LargeBinary, nullable=True),
        # When the sealed reply is dropped; 0 without one.
        sa.Column("reply_expire_time", sa.BigInteger, nullable=False),
        sa.CheckConstraint("state IN ('PENDING', 'ANSWERED', 'ERASED')", name="state_known"),
        sa.CheckConstraint(
            "sealed_reply IS NULL OR state = 'ANSWERED'", name="reply_only_while_answered"
        ),
    )
    op.create_index("reports_expire_time", "reports", ["expire_time"])
    op.create_index("reports_reply_expire_time", "reports", ["reply_expire_time"])


def _make_log() -> None:
    # An entry for every receipt, the subtrees over them, and the published heads.
    op.create_table(
        "log_leaves",
        # Place in the log, from 0, without gaps.
        sa.Column("leaf_index", sa.BigInteger, primary_key=True, autoincrement=False),
        # RFC 6962 leaf hash of a salted commitment to a receipt.
        sa.Column("leaf_hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "log_subtrees",
        # The subtree has 2^level entries; level 0 repeats the entries.
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        # The subtree begins with entry number * 2^level.
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        # RFC 6962 hash of the subtree.
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "log_heads",
        # Place among the published heads, from 0, without gaps.
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        # Entries the head is over.
        sa.Column("size", sa.BigInteger, nullable=False),
        # RFC 6962 root over them.
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        # When signed; seconds since 1970 UTC.
        sa.Column("time", sa.BigInteger, nullable=False),
        # The signed head, as it is handed out.
        sa.Column("token", sa.String(1024), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in _LOG:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"
                )


def _make_holdings() -> None:
    # What is kept under standing consents: whose, and the encrypted rows.
    op.create_table(
        "subjects",
        # SHA-256 of the key that signed the consent. Never changes.
        sa.Column("subject_digest", sa.LargeBinary(32), primary_key=True),
        # trend, cohort or research. Never changes.
        sa.Column("scope", sa.String(8), nullable=False),
        # The programme the consent is for. Never changes.
        sa.Column("programme_id", sa.String(64), nullable=False),
        # The consent in force, encrypted under the subject's key.
        sa.Column("sealed_record", sa.LargeBinary, nullable=False),
        # SHA-256 of the secret that withdraws without the subject's signing key.
        sa.Column("recovery_digest", sa.LargeBinary(32), nullable=False),
        # Of the consent in force.
        sa.Column("given_time", sa.BigInteger, nullable=False),
        # When that consent ends, and the row with it.
        sa.Column("expire_time", sa.BigInteger, nullable=False),
    )
    op.create_index("subjects_expire_time", "subjects", ["expire_time"])
    op.create_index("subjects_recovery_digest", "subjects", ["recovery_digest"])
    op.create_table(
        "holdings",
        # A name that only the subject's key can work out again. Never changes.
        sa.Column("holding_id", sa.LargeBinary(32), primary_key=True),
        # Whose it is. Never changes.
        sa.Column(
            "subject_digest",
            sa.LargeBinary(32),
            sa.ForeignKey("subjects.subject_digest", ondelete="CASCADE"),
            nullable=False,
        ),
        # Grows with each of the subject's holdings.
        sa.Column("position", sa.Integer, nullable=False),
        # By which it goes with its check. Only the check's key can work it out.
        sa.Column("erasure_name", sa.LargeBinary(32), nullable=True),
        # Encrypted under the subject's key, bound to subject and name.
        sa.Column("sealed_content", sa.LargeBinary, nullable=False),
    )
    op.create_index("holdings_subject_digest", "holdings", ["subject_digest"])
    op.create_index("holdings_erasure_name", "holdings", ["erasure_name"])


def _make_releases() -> None:
    # The group figures that were released.
    op.create_table(
        "cohort_releases",
        sa.Column("programme_id", sa.String(64), primary_key=True),
        # Year and month, as 2026-11.
        sa.Column("period", sa.String(7), primary_key=True),
        # Spent of the programme's budget.
        sa.Column("epsilon", sa.Integer, nullable=False),
        # Seconds since 1970 UTC.
        sa.Column("release_time", sa.BigInteger, nullable=False),
        # People by band, noised and rounded. Null where it was told that there are too few.
        sa.Column("fewer", sa.Integer, nullable=True),
        sa.Column("about_as_many", sa.Integer, nullable=True),
        sa.Column("more", sa.Integer, nullable=True),
    )
