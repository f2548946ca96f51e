"""By which what is kept of a check goes with the check."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds `holdings.erasure_name`."""
    # Only the check's key can work it out: what was kept before has none, and goes with its consent.
    op.add_column("holdings", sa.Column("erasure_name", sa.LargeBinary(32), nullable=True))
    op.create_index("holdings_erasure_name", "holdings", ["erasure_name"])


def downgrade() -> None:
    """Drops it."""
    op.drop_index("holdings_erasure_name", "holdings")
    op.drop_column("holdings", "erasure_name")
