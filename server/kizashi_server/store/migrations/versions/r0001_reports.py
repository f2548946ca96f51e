"""The replay memory: one row a report, from before it is opened until its key is deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table `reports`; times are seconds since 1970 UTC."""
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


def downgrade() -> None:
    """Drops the table `reports`."""
    op.drop_table("reports")
