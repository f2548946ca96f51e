"""The proof that a feedback was opened."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds `reports.opening_digest`."""
    # SHA-256 of the nonce inside the feedback. Null once used or erased.
    op.add_column("reports", sa.Column("opening_digest", sa.LargeBinary(32), nullable=True))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("reports", "opening_digest")
