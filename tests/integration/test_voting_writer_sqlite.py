"""The writer on a database file: what stands in the file, a full disk, a lock, and its triggers."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from expo.db import RawSqlite
from expo.errors import Fault
from tests.support.contests import House, cast, house, person
from voting.sqlite_store import SqliteRecord

pytestmark = pytest.mark.sqlite_only


def _raw_of(there: House) -> RawSqlite:
    """The writer's own connection, once it has written; between batches nobody uses it."""
    record = there.writer._record
    assert isinstance(record, SqliteRecord)
    assert record._raw is not None
    return record._raw


async def test_record_does_not_name_the_person(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.vote(person("somebody-secret"))

    assert b"somebody-secret" not in (tmp_path / "sawt.sqlite3").read_bytes()


async def test_full_disk_acknowledges_nothing_and_recovers(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        kept = await there.vote(person("p0"), "ab")
        raw = _raw_of(there)
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count={pages + 1}")
        crowd = [(person(f"q{n}"), cast("abcd")) for n in range(400)]

        answers = await asyncio.gather(
            *[there.voting.cast(who, sent, there.clock()) for who, sent in crowd],
            return_exceptions=True,
        )
        busy = [answer for answer in answers if isinstance(answer, Fault)]
        raw.execute("PRAGMA max_page_count=1000000")
        again = await asyncio.gather(
            *[there.voting.cast(who, sent, there.clock()) for who, sent in crowd]
        )

        assert len(busy) == 400
        assert {answer.code for answer in busy} == {"busy"}
        assert {receipt.revision for receipt in again} == {1}
        await there.voting.refresh()
        assert there.voting.turnout("s1").ballots == 401
        assert (await there.voting.mine(person("p0"), "s1")).receipt == kept


async def test_locked_database_is_busy_and_nothing_is_lost(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.vote(person("first"))
        _raw_of(there).execute("PRAGMA busy_timeout=50")
        other = sqlite3.connect(tmp_path / "sawt.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        sent = cast("ab")

        with pytest.raises(Fault):
            await there.voting.cast(person(), sent, there.clock())
        other.execute("ROLLBACK")
        other.close()

        assert (await there.voting.cast(person(), sent, there.clock())).revision == 1


async def test_line_can_be_neither_changed_nor_removed(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.vote(person(), "ab")

    raw = sqlite3.connect(tmp_path / "sawt.sqlite3")
    for statement in (
        "UPDATE contest_line SET ranking = '[\"d\"]'",
        "DELETE FROM contest_line",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    bad = "INSERT INTO contest_line (contest, position, kind, at) VALUES ('s1', 9, 'cast', '2017')"
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        raw.execute(bad)
    raw.close()
