"""Runs migrations on the connection that `database.migrate` hands over."""

from alembic import context
from kizashi_server.store.replay_schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
