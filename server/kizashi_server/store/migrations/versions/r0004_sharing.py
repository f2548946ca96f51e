"""What is left for counsellors, and the proof that a feedback was opened."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds `reports.opening_digest` and the table `shares`; times are seconds since 1970 UTC."""
    # SHA-256 of the nonce inside the feedback. Null once used or erased.
    op.add_column("reports", sa.Column("opening_digest", sa.LargeBinary(32), nullable=True))
    op.create_table(
        "shares",
        # The check whose feedback it is. Never changes.
        sa.Column("report_id", sa.LargeBinary(16), primary_key=True),
        # The programme of that check. Never changes.
        sa.Column("programme_id", sa.String(64), nullable=False),
        # SHA-256 of the check's one-time score key, which may take it back.
        sa.Column("owner_digest", sa.LargeBinary(32), nullable=False),
        # The counsellor's key, certified by the root. Never changes.
        sa.Column("recipient_key_id", sa.LargeBinary(16), nullable=False),
        # Sealed to that key: the server cannot open it. Never changes.
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        # SHA-256 of the secret that fetches it. Never changes.
        sa.Column("redemption_digest", sa.LargeBinary(32), nullable=False, unique=True),
        # When it is deleted unfetched. Never changes.
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        # The report that fetches it, until its answer is kept.
        sa.Column("taken_by", sa.LargeBinary(16), nullable=True),
    )
    op.create_index("shares_expire_time", "shares", ["expire_time"])


def downgrade() -> None:
    """Drops what `upgrade` added."""
    op.drop_table("shares")
    op.drop_column("reports", "opening_digest")
