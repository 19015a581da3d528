"""Brings a database to the newest revision, says whether it is there, and drafts the next one.

Synchronous on purpose: it runs before the server's loop exists, and tests call it from inside
theirs. The driver is the only thing that differs from what the server uses. All revisions of one
upgrade are one transaction, on SQLite too: the driver's habit of committing before DDL is switched
off, so a server killed in the middle leaves the old database, and two that start together take turns
(on PostgreSQL by an advisory lock that ends with the transaction).

    python -m migrations.upgrade draft NUMBER_NAME "What changes, in words"
"""

import importlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from expo import postgres
from expo.db import BUSY_TIMEOUT_MS, Row, faults, sqlite_url

_ROOT: Final = Path(__file__).resolve().parents[1]
_PACKAGES: Final = ("expo", "sessions", "voting")
_SYNCHRONOUS: Final = {"sqlite+aiosqlite": "sqlite"}  # psycopg is both
_ONE_AT_A_TIME: Final = 0x53415754  # "SAWT": the key of the advisory lock nodes take to upgrade


class Newer(Exception):
    """The database was upgraded by a newer version of the code; ``str()`` is the revision."""


def migrate(database_url: str) -> None:
    """Run every revision the database has not seen; harmless when it is at head.

    Args:
        database_url: As the server uses it, e.g. ``sqlite+aiosqlite:////data/sawt.sqlite3``.

    Raises:
        Newer: It has seen a revision this code does not know; nothing was changed.
        Busy: It cannot be reached or written; the cause tells more.
    """
    with faults(), _connection(database_url) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        known = {one.revision for one in _scripts().walk_revisions()}
        if strangers := _seen(connection) - known:
            raise Newer(", ".join(sorted(strangers)))
        command.upgrade(_config(connection), "head")


def is_at_head(database_url: str) -> bool:
    """Whether the database has seen every revision."""
    with _connection(database_url) as connection:
        return _seen(connection) == set(_scripts().get_heads())


def _seen(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_ROOT / "migrations"))


def differences(database_url: str) -> list[str]:
    """What the tables in the code have and the database has not, or the other way round."""
    with _connection(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [repr(difference) for difference in compare_metadata(context, metadata())]


def draft(revision: str, message: str) -> None:
    """Write a revision from what the code's tables have beyond the newest one; read it before use."""
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder))
        migrate(url)
        with _connection(url) as connection:
            command.revision(
                _config(connection), message=message, autogenerate=True, rev_id=revision
            )


def metadata() -> MetaData:
    """Every table of every package, whoever wrote it."""
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("tables.py")):
            importlib.import_module(".".join(path.relative_to(_ROOT).with_suffix("").parts))
    return Row.metadata


@contextmanager
def _connection(database_url: str) -> Iterator[Connection]:
    url = make_url(database_url)
    driver = _SYNCHRONOUS.get(url.drivername, url.drivername)
    link = {} if driver.startswith("sqlite") else postgres.link("sawt upgrade")
    engine = create_engine(url.set(drivername=driver), poolclass=NullPool, connect_args=link)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_begin_to_us)
        event.listen(engine, "begin", _begin)
    with engine.begin() as connection:
        yield connection


def _leave_begin_to_us(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver sends no BEGIN and no COMMIT of its own
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_ROOT / "migrations"))
    config.set_main_option("file_template", "%%(rev)s")
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    draft(sys.argv[2], sys.argv[3])
