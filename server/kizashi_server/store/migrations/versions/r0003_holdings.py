"""What is kept under standing consents: whose, and the encrypted rows."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables `subjects` and `holdings`; times are seconds since 1970 UTC."""
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
        # Encrypted under the subject's key, bound to subject and name.
        sa.Column("sealed_content", sa.LargeBinary, nullable=False),
    )
    op.create_index("holdings_subject_digest", "holdings", ["subject_digest"])


def downgrade() -> None:
    """Drops the tables `holdings` and `subjects`."""
    op.drop_table("holdings")
    op.drop_table("subjects")
