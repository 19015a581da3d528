"""Alembic's entry: runs revisions on the connection, and in the transaction, it is handed."""

from alembic import context

from migrations.upgrade import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transactional_ddl=True,  # ours to say: see migrations.upgrade on BEGIN
)
context.run_migrations()
