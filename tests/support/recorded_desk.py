"""A vote desk whose writing is recorded for the power-cut test: so many ballots, then it ends.

    LD_PRELOAD=powercut.so python -m tests.support.recorded_desk FOLDER BALLOTS MUTANT

FOLDER holds a database with the open contest ``s1``. Each receipt is a line in ``FOLDER/receipts.said``.
MUTANT is ``none``, or the mistake that is made: ``normal`` and ``off`` sync less than each commit,
``hasty`` tells the receipt before the commit.
"""

import asyncio
import os
import sqlite3
import sys
import time
import uuid
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from typing_extensions import override

import expo  # noqa: F401 - puts the bundled SQLite in place
from expo.db import RawSqlite
from tests.support.contests import House, cast, house, person
from voting.ballot_record import Recorded
from voting.ballots import Ballot
from voting.protocol import Receipt
from voting.sqlite_store import SqliteRecord
from voting.writer import Writer

VOTERS = 40
TABS = 4
CHECKPOINT_PAGES = 40  # the product's 1,000 would need thousands of ballots for a second checkpoint


class SmallLog(SqliteRecord):
    """The product's record with a log that is written back often."""

    pragmas: tuple[str, ...] = ()

    @override
    def record(self, ballots: Sequence[Ballot]) -> Recorded:
        if self._raw is None:
            self._raw = self._database.raw_sqlite()
            for pragma in (f"wal_autocheckpoint={CHECKPOINT_PAGES}", *self.pragmas):
                self._raw.execute(f"PRAGMA {pragma}")
        return super().record(ballots)


class Normal(SmallLog):
    """Syncs at checkpoints only."""

    pragmas = ("synchronous=NORMAL",)


class Off(SmallLog):
    """Never syncs."""

    pragmas = ("synchronous=OFF",)


class Hasty(SmallLog):
    """Lets the answer go one batch before its commit."""

    @override
    def record(self, ballots: Sequence[Ballot]) -> Recorded:
        if self._raw is not None and self._raw.in_transaction:
            time.sleep(0.01)  # the writer's own thread: a disk that takes its time
            super()._commit(self._raw)
        return super().record(ballots)

    @override
    def _commit(self, raw: RawSqlite) -> None:
        pass


RECORDS: dict[str, type[SmallLog]] = {
    "none": SmallLog,
    "normal": Normal,
    "off": Off,
    "hasty": Hasty,
}


async def main(folder: Path, ballots: int, mutant: str) -> None:
    """Cast so many ballots; half way, make a backup."""
    said = os.open(folder / "receipts.said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    async with house(folder) as there:
        database = there.database
        there.voting.writer = Writer(database, there.notifier, RECORDS[mutant](database))
        writing = asyncio.create_task(there.voting.writer.run())
        numbers = count()

        async def tab() -> None:
            for number in numbers:
                if number >= ballots:
                    return
                receipt = await _cast(there, number)
                os.write(said, f"{receipt.id} {receipt.tracker} {receipt.revision}\n".encode())
                if number == ballots // 2:
                    _back_up(folder)

        await asyncio.gather(*[tab() for _ in range(TABS)])
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def _cast(there: House, number: int) -> Receipt:
    sent = cast("abcd"[number % 4 :], ballot_id=str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))))
    return await there.voting.cast(person(f"p{number % VOTERS}"), sent, there.clock())


def _back_up(folder: Path) -> None:
    source = sqlite3.connect(f"file:{folder / 'sawt.sqlite3'}?mode=ro", uri=True)
    target = sqlite3.connect(":memory:")
    source.backup(target)
    target.close()
    source.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
