"""The ballots of a contest as they hold now, out of the record and in order of their trackers."""

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import text

from expo.db import Tx
from voting.exchange.published import Row

_AT_ONCE: Final = 2_000  # rows taken from the database in one go; a file's worth of half a megabyte
_LATEST: Final = text(
    "SELECT ballot.tracker, line.electorate, line.ranking, line.own, line.status FROM ballot"
    " JOIN contest_line AS line"
    " ON line.contest = ballot.contest AND line.position = ballot.position"
    " WHERE ballot.contest = :contest ORDER BY ballot.tracker"
)


async def ballots(tx: Tx, contest_id: str) -> AsyncIterator[list[Row]]:
    """Some rows after the others, the latest of each voter; nobody's tag is among them."""
    async with tx.stream(_LATEST, {"contest": contest_id}) as rows:
        async for some in rows.partitions(_AT_ONCE):
            yield [(row[0], row[1], row[2], row[3], row[4]) for row in some]
