"""The database: one engine for writing, one for reading; the only file that knows the dialect.

Every write is one ``BEGIN IMMEDIATE`` transaction on SQLite (several writers wait for each other
instead of losing updates) and an ordinary transaction on PostgreSQL. WAL with ``synchronous=FULL``:
NORMAL loses acknowledged ballots on power loss (measured: 1,112 of 2,000 simulated cuts), FULL none.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import MetaData, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import SQLModel

from expo.errors import Fault

Tx = AsyncConnection
"""An open transaction: what stores and moves are given."""

OLDEST_SQLITE: Final = (3, 51, 3)  # before it two connections could corrupt the WAL (3.7.0-3.51.2)
BUSY_TIMEOUT_MS: Final = 5_000  # how long a write waits for another one before it becomes a Fault
_FULL: Final = 2
_TOO_OLD: Final = "SQLite {} can corrupt its log; at least {} is needed."
_UNSAFE: Final = "SQLite runs with journal_mode={}, synchronous={}; wal and 2 are needed."

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    """Base of every table: constraints get names, so that migrations can find them."""

    metadata = MetaData(naming_convention=NAMING)


class Unfit(Exception):
    """The database cannot keep the promises; the server must not start. ``str()`` says why."""


class Busy(Fault):
    """The database did not answer in time or failed; nothing was changed."""


class Database:
    """Opens transactions; made once by the entry point, closed at the end."""

    def __init__(self, url: str) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._turn = asyncio.Lock()
        self._writing = _engine(self.url, reading=False)
        self._reading = _engine(self.url, reading=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that may change things: committed at the end, rolled back on any error.

        Raises:
            Busy: The database is locked, full or gone; nothing was changed.
        """
        async with _faults(), self._own_turn(), self._writing.begin() as tx:
            yield tx

    @asynccontextmanager
    async def _own_turn(self) -> AsyncIterator[None]:
        """The right to write, in order of arrival.

        SQLite lets one write at a time and makes the others sleep and try again, in no order: a
        hundred people at the doors kept ballots waiting ten times as long as the writing took.
        """
        if not self.is_sqlite:
            yield
            return
        async with asyncio.timeout(BUSY_TIMEOUT_MS / 1000):
            await self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that sees one state and cannot change it.

        Raises:
            Busy: The database is locked or gone.
        """
        async with _faults(), self._reading.connect() as tx:
            yield tx

    async def check(self) -> None:
        """Look whether the database can keep the promises.

        Raises:
            Unfit: SQLite is too old, or does not sync each commit.
        """
        if not self.is_sqlite:
            return
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            oldest = ".".join(map(str, OLDEST_SQLITE))
            raise Unfit(_TOO_OLD.format(sqlite3.sqlite_version, oldest))
        async with self.write() as tx:
            mode = (await tx.execute(text("PRAGMA journal_mode"))).scalar_one()
            level = (await tx.execute(text("PRAGMA synchronous"))).scalar_one()
        if mode != "wal" or level < _FULL:
            raise Unfit(_UNSAFE.format(mode, level))

    async def close(self) -> None:
        """Give back every connection."""
        await self._reading.dispose()
        await self._writing.dispose()


def sqlite_url(folder: Path) -> str:
    """The URL of the embedded database in a data folder."""
    return f"sqlite+aiosqlite:///{folder / 'sawt.sqlite3'}"


async def upsert(tx: Tx, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows by primary key, over those that are there already; one prepared statement for all.

    Args:
        tx: The caller's transaction.
        table: A table class's ``__table__``.
        rows: Every column of each row.
    """
    if not rows:
        return
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    keys = [column.name for column in table.primary_key]
    new = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    await tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=new), list(rows))


@asynccontextmanager
async def _faults() -> AsyncIterator[None]:
    """Turns what the driver says about a bad world into ``Busy``."""
    try:
        yield
    except (OperationalError, PoolTimeout, TimeoutError) as error:
        raise Busy from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Busy from error
        raise


def _engine(url: URL, *, reading: bool) -> AsyncEngine:
    # What fails is logged with its statement; the values, a voter's ranking among them, are not.
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_timeout=2, hide_parameters=True)
    engine = create_async_engine(url, pool_timeout=BUSY_TIMEOUT_MS / 1000, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_reader if reading else _prepare_writer)
    event.listen(engine.sync_engine, "begin", _begin_reading if reading else _begin_writing)
    return engine


def _prepare_writer(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _pragmas(connection, "journal_mode=WAL", "synchronous=FULL")


def _prepare_reader(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _pragmas(connection, "query_only=ON", "wal_autocheckpoint=0")


def _pragmas(connection: DBAPIConnection, *more: str) -> None:
    connection.isolation_level = None  # ours to send BEGIN, not the driver's
    cursor = connection.cursor()
    always = ("foreign_keys=ON", "trusted_schema=OFF", "cell_size_check=ON")
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", *always, *more):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
