"""The ledger of group figures that were released."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes `cohort_releases`."""
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


def downgrade() -> None:
    """Drops it."""
    op.drop_table("cohort_releases")
