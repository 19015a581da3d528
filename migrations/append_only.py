"""Triggers that make a table append-only: the database itself refuses to change or remove a row."""

from alembic import op


def protect(table: str) -> None:
    """Refuse every UPDATE and DELETE on this table from now on.

    Args:
        table: A name written in a revision, never one that came from outside.

    Raises:
        NotImplementedError: The dialect has no such triggers here yet.
    """
    if op.get_bind().dialect.name != "sqlite":
        message = "append-only tables are made for SQLite; add the other dialect here"
        raise NotImplementedError(message)
    for event in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
