"""The log: an entry for every receipt, the subtrees over them, and the published heads."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = ("log_leaves", "log_subtrees", "log_heads")


def upgrade() -> None:
    """Makes the tables of the log, and on SQLite triggers that refuse changes."""
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
        for table in _TABLES:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"
                )


def downgrade() -> None:
    """Drops the tables of the log, and with them their triggers."""
    for table in _TABLES:
        op.drop_table(table)
