"""What a recovery code finds a check by."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds `reports.recovery_tag`."""
    # From the consent to score. Stays after an erasure, so that the code gets a receipt again.
    op.add_column("reports", sa.Column("recovery_tag", sa.LargeBinary(32), nullable=True))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("reports", "recovery_tag")
