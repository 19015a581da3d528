"""What is known of the database never becomes older, whoever looks at the same time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from expo.db import Database
from expo.looking import Looks
from tests.support.databases import url_in


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    found = Database(url_in(tmp_path))
    async with found.write() as tx:
        await tx.execute(text("CREATE TABLE counted (n INTEGER NOT NULL)"))
        await tx.execute(text("INSERT INTO counted VALUES (1)"))
    yield found
    await found.close()


async def count(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(text("UPDATE counted SET n = n + 1"))


class Reader:
    """Keeps what it found; each look takes as long as it is let."""

    def __init__(self, database: Database) -> None:
        self._looks = Looks(database)
        self.known = 0
        self.is_looking = asyncio.Event()

    async def refresh(self, may_end: asyncio.Event | None = None) -> None:
        """Look; put in place what was found when it may end."""
        async with self._looks.look() as tx:
            if tx is None:
                return
            found = int((await tx.execute(text("SELECT n FROM counted"))).scalar_one())
            self.is_looking.set()
            if may_end is not None:
                await may_end.wait()
            self.known = found


async def test_a_look_that_began_before_a_commit_does_not_undo_one_after_it(
    database: Database,
) -> None:
    reader, may_end = Reader(database), asyncio.Event()
    slow = asyncio.create_task(reader.refresh(may_end))
    await reader.is_looking.wait()

    await count(database)
    quick = asyncio.create_task(reader.refresh())
    await asyncio.wait({quick}, timeout=0.2)
    may_end.set()
    await asyncio.gather(slow, quick)

    assert reader.known == 2


async def test_a_look_that_failed_is_made_again(database: Database) -> None:
    reader, failing = Reader(database), asyncio.Event()
    slow = asyncio.create_task(reader.refresh(failing))
    await reader.is_looking.wait()
    slow.cancel()
    await asyncio.wait({slow})

    await reader.refresh()

    assert reader.known == 1
