"""Looks at the database, one after another, so that what is known of it never becomes older.

A use case looks after its commit while a follower looks on its own account. Were both to read at once, the
read that began first could end last, and put what was in the place of what is.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from expo.db import Database, Tx


class Looks:
    """The looks of one reader, who keeps what they find.

    Args:
        database: Where is looked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_by_one = asyncio.Lock()
        self._mark: int | None = None

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Tx | None]:
        """A reading transaction that sees all that was committed before; None when nothing was, since the last.

        What it finds is to be put in place inside the block.

        Raises:
            Fault: The database cannot be read; the next look reads again.
        """
        async with self._one_by_one:
            mark = self._database.commits.mark()
            if mark is not None and mark == self._mark:
                yield None
                return
            async with self._database.read() as tx:
                yield tx
            self._mark = mark
