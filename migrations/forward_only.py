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


def only_forward_or(table: str, columns: Sequence[str], either: str, or_else: str) -> None:
    """As `only_forward`, anew, where of two further counters one has to grow and none may shrink.

    Args:
        table: A name written in a revision, never one that came from outside.
        columns: Counters that grow with every UPDATE.
        either: A counter that grows, unless
        or_else: this one does.
    """
    stays = f"(NEW.{either} = OLD.{either} AND NEW.{or_else} <= OLD.{or_else})"
    shrinks = f"NEW.{either} < OLD.{either} OR NEW.{or_else} < OLD.{or_else}"
    same = " OR ".join([*(f"NEW.{one} <= OLD.{one}" for one in columns), shrinks, stays])
    op.execute(f"DROP TRIGGER IF EXISTS {table}_only_forward{_on(table)}")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_only_forward BEFORE UPDATE ON {table} WHEN {same} "
            f"BEGIN SELECT RAISE(ABORT, '{table} only goes forward'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_only_forward BEFORE UPDATE ON {table} "
        f"FOR EACH ROW WHEN ({same}) EXECUTE FUNCTION {table}_only_forward()"
    )


def _on(table: str) -> str:
    """What PostgreSQL wants after a trigger's name."""
    return "" if op.get_bind().dialect.name == "sqlite" else f" ON {table}"
