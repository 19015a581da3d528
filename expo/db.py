"""The database: one engine for writing, one for reading; the only file that knows the dialect.

Every write is one ``BEGIN IMMEDIATE`` transaction on SQLite (several writers wait for each other
instead of losing updates) and READ COMMITTED with row locks on PostgreSQL. WAL with
``synchronous=FULL``: NORMAL loses acknowledged ballots on power loss (measured: 1,112 of 2,000
simulated cuts), FULL none; ``synchronous_commit=on`` is the same promise (decision 0015).
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    MetaData,
    Table,
    event,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlmodel import SQLModel

from expo import postgres
from expo.commits import Commits
from expo.errors import N_, BadRequest, Fault
from expo.postgres import Unfit

Tx = AsyncConnection
"""An open transaction: what stores and moves are given."""

RawSqlite = sqlite3.Connection
"""A connection below SQLAlchemy, for the one path where a row may cost a few microseconds only."""

RawPostgres = postgres.Raw
"""The same on a server."""

SQLITE_FILE: Final = "sawt.sqlite3"  # the embedded database's name in a data folder
OLDEST_SQLITE: Final = (3, 51, 3)  # before it two connections could corrupt the WAL (3.7.0-3.51.2)
BUSY_TIMEOUT_MS: Final = 5_000  # how long a write waits for another one before it becomes a Fault
_WRITING: Final = ("journal_mode=WAL", "synchronous=FULL")
_FULL: Final = 2
_TOO_OLD: Final = N_("SQLite {found} can corrupt its log; at least {oldest} is needed.")
_UNSAFE: Final = N_(
    "SQLite runs with journal_mode={mode}, synchronous={level}; wal and 2 are needed."
)

# Twice ten connections and a handful of dedicated ones: four nodes fit into the 100 a server allows
# by default. A node has one loop and short transactions, so more would only wait inside the server.
_KEPT_OPEN: Final = 5
_MORE_AT_PEAKS: Final = 5

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


class Busy(Fault):
    """The database did not answer in time or failed; nothing was changed.

    One exception, on PostgreSQL: a connection lost during COMMIT leaves open whether it happened.
    Whoever asks again does so with the same id, so both answers are right.
    """


class Database:
    """Opens transactions; made once by the entry point, closed at the end."""

    def __init__(self, url: str) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.commits = Commits(self.url.database if self.is_sqlite else None)
        self._turn = asyncio.Lock()
        self._writing = _engine(self.url, reading=False)
        self._reading = _engine(self.url, reading=True)

    @property
    def dsn(self) -> str | None:
        """For connections of psycopg itself (LISTEN, COPY), promises included; None on SQLite."""
        if self.is_sqlite:
            return None
        return postgres.conninfo(self._where, "sawt", postgres.options(patient=True))

    @property
    def in_use(self) -> dict[str, int]:
        """How many pooled connections are in use now, by what for."""
        pools = {"writing": self._writing.pool, "reading": self._reading.pool}
        return {
            name: pool.checkedout() for name, pool in pools.items() if isinstance(pool, QueuePool)
        }

    @property
    def _where(self) -> dict[str, Any]:
        """The address of a server in libpq's words."""
        given = {name: value for name, value in self.url.query.items() if isinstance(value, str)}
        return given | self.url.translate_connect_args(username="user", database="dbname")

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that may change things: committed at the end, rolled back on any error.

        Raises:
            Busy: The database is locked, full or gone; nothing was changed.
        """
        async with self.turn():
            try:
                async with self._writing.begin() as tx:
                    yield tx
            except DBAPIError as error:
                if postgres.was_kept_waiting(error.orig):
                    await self._end_frozen()
                raise

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The right to write, for who brings a connection of its own (`raw_sqlite`).

        Turns are given in order of arrival: who wrote and wants to write again stands behind
        everybody who waits, so a crowd's ballots never keep an organiser longer than one batch.

        Raises:
            Busy: No turn came in time.
        """
        with faults():
            async with self._own_turn():
                yield

    def raw_sqlite(self) -> RawSqlite:
        """A connection of its own with the same pragmas, for one thread; only under a `turn`.

        Raises:
            Busy: The file cannot be opened.
        """
        with raw_faults():
            raw = sqlite3.connect(self.url.database or "", check_same_thread=False)
            _pragmas(raw, *_WRITING)
            return raw

    def raw_postgres(self) -> RawPostgres:
        """A connection of its own with the same promises, for one thread.

        Raises:
            psycopg.Error: It cannot be had.
            Unfit: It would not keep the promises.
        """
        return postgres.connect(self._where, "sawt ballots")

    async def _end_frozen(self) -> None:
        """Free what a node that froze in the middle of a statement keeps from all others."""
        async with self._writing.begin() as tx:
            await tx.execute(text(postgres.END_FROZEN))

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
        with faults():
            async with self._reading.connect() as tx:
                yield tx

    async def check(self) -> None:
        """Look whether the database can keep the promises.

        Raises:
            Unfit: The database is too old, or does not sync each commit.
            Busy: It cannot be reached.
        """
        if not self.is_sqlite:
            with raw_faults():
                await postgres.check(self._where)
            return
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            oldest = ".".join(map(str, OLDEST_SQLITE))
            raise Unfit(_TOO_OLD, found=sqlite3.sqlite_version, oldest=oldest)
        async with self.write() as tx:
            mode = (await tx.execute(text("PRAGMA journal_mode"))).scalar_one()
            level = (await tx.execute(text("PRAGMA synchronous"))).scalar_one()
        if mode != "wal" or level < _FULL:
            raise Unfit(_UNSAFE, mode=mode, level=level)

    async def close(self) -> None:
        """Give back every connection."""
        self.commits.close()
        await self._reading.dispose()
        await self._writing.dispose()


def sqlite_url(folder: Path) -> str:
    """The URL of the embedded database in a data folder."""
    return f"sqlite+aiosqlite:///{folder / SQLITE_FILE}"


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


async def add_new(tx: Tx, table: Table, row: dict[str, Any]) -> bool:
    """Write one row unless its key (or another unique value) is there already; whether it was written.

    Somebody who is writing the same just now is waited for.
    """
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(table).values(row).on_conflict_do_nothing()
    # An INSERT's count is not kept by itself on every driver, and -1 would read as "was there".
    written = await tx.execute(insert.execution_options(preserve_rowcount=True))
    return written.rowcount == 1


async def one_at_a_time(tx: Tx, what: str) -> None:
    """Let nobody else do this until the transaction ends, on whichever node.

    For what has no row yet that could be locked. On SQLite a write is alone anyway.
    """
    if tx.dialect.name != "sqlite":
        key = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
        await tx.execute(select(func.pg_advisory_xact_lock(key)))


async def without_sync(tx: Tx) -> None:
    """Let this transaction's commit not wait for the disk: what it writes can be made again.

    On SQLite, whose syncs keep the file whole, it waits all the same.
    """
    if tx.dialect.name != "sqlite":
        await tx.execute(text("SET LOCAL synchronous_commit = off"))


def clock_ms(tx: Tx) -> ColumnElement[int]:
    """The database's own clock, in milliseconds since 1970."""
    seconds: str = (
        "unixepoch('subsec')"
        if tx.dialect.name == "sqlite"
        else "extract(epoch FROM clock_timestamp())"
    )
    return literal_column(f"CAST({seconds} * 1000 AS BIGINT)", BigInteger())


@contextmanager
def raw_faults() -> Iterator[None]:
    """Turns what a raw connection says about a bad world into ``Busy``.

    Raises:
        Busy: The database is locked, full or gone; the transaction is to be rolled back.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Busy from error
    except psycopg.Error as error:
        postgres.hushed(error)
        if not postgres.is_worldly(error):
            raise
        raise Busy from error


@contextmanager
def faults() -> Iterator[None]:
    """Turns what the driver says about a bad world into ``Busy``, about bad values into a refusal.

    Raises:
        Busy: The database is locked, full or gone; the cause tells more.
        BadRequest: A text with a NUL in it, or a number no column holds.
    """
    try:
        yield
    except (OperationalError, PoolTimeout, TimeoutError, Unfit) as error:
        postgres.hushed(error)
        raise Busy from error
    except DBAPIError as error:
        postgres.hushed(error)
        if error.connection_invalidated or postgres.is_worldly(error.orig):
            raise Busy from error
        if postgres.is_unfit_value(error.orig):
            raise BadRequest(what="value") from error
        raise
    except (OverflowError, UnicodeEncodeError) as error:  # beyond 64 bits; half a character
        raise BadRequest(what="value") from error


def _engine(url: URL, *, reading: bool) -> AsyncEngine:
    # What fails is logged with its statement; the values, a voter's ranking among them, are not.
    if url.get_backend_name() != "sqlite":
        return _server_engine(url, reading=reading)
    engine = create_async_engine(url, pool_timeout=BUSY_TIMEOUT_MS / 1000, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_reader if reading else _prepare_writer)
    event.listen(engine.sync_engine, "begin", _begin_reading if reading else _begin_writing)
    return engine


def _server_engine(url: URL, *, reading: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=_KEPT_OPEN,
        max_overflow=_MORE_AT_PEAKS,
        pool_timeout=2,
        # One round trip each time, and a server that was restarted costs nobody an error.
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            **postgres.link("sawt reading" if reading else "sawt writing"),
            "options": postgres.options(reading=reading),
            "async_creator_fn": postgres.AsyncRaw.connect,
        },
    )
    if not reading:
        event.listen(engine.sync_engine, "connect", _assert_promises)
    return engine


def _assert_promises(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """A pooler in between may have swallowed what this connection asked for."""
    cursor = connection.cursor()
    cursor.execute("SHOW synchronous_commit")
    found = cursor.fetchone()
    cursor.close()
    connection.rollback()
    postgres.assert_promises(found)


def _prepare_writer(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _pragmas(connection, *_WRITING)


def _prepare_reader(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _pragmas(connection, "query_only=ON", "wal_autocheckpoint=0")


def _pragmas(connection: DBAPIConnection | RawSqlite, *more: str) -> None:
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
