"""Triggers that let a row's counters only grow: the database itself refuses to turn them back."""

from collections.abc import Sequence

from alembic import op


def only_forward(table: str, columns: Sequence[str]) -> None:
    """Refuse every UPDATE of this table after which one of the columns has not grown.

    Args:
        table: A name written in a revision, never one that came from outside.
        columns: Such names too.
    """
    same = " OR ".join(f"NEW.{column} <= OLD.{column}" for column in columns)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_only_forward BEFORE UPDATE ON {table} WHEN {same} "
            f"BEGIN SELECT RAISE(ABORT, '{table} only goes forward'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_only_forward() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{table} only goes forward' USING ERRCODE = '23000'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_only_forward BEFORE UPDATE ON {table} "
        f"FOR EACH ROW WHEN ({same}) EXECUTE FUNCTION {table}_only_forward()"
    )
