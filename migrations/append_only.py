"""Triggers that make a table append-only: the database itself refuses to change or remove a row."""

from alembic import op


def protect(table: str) -> None:
    """Refuse every UPDATE and DELETE on this table from now on; on PostgreSQL TRUNCATE as well.

    Args:
        table: A name written in a revision, never one that came from outside.
    """
    if op.get_bind().dialect.name == "sqlite":
        for event in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    # integrity_constraint_violation: what SQLite's RAISE(ABORT) is to the code, an IntegrityError
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{table} is append-only' USING ERRCODE = '23000'; END $$"
    )
    for event, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION {table}_append_only()"
        )


def unprotect(table: str) -> None:
    """Take the triggers away again, for a revision that has to make the table anew.

    Args:
        table: A name written in a revision.
    """
    if op.get_bind().dialect.name == "sqlite":
        for event in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_no_{event}")
        return
    op.execute(f"DROP FUNCTION {table}_append_only() CASCADE")
