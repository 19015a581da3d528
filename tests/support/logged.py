"""What a contest's log holds, read past the product: the judge of what was promised to voters."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import text

from expo.db import Database


class Logged(NamedTuple):
    """An accepted ballot's line."""

    position: int
    ballot_id: str
    voter: str
    revision: int
    tracker: str


async def logged(database: Database, contest: str, ids: Collection[str]) -> list[Logged]:
    """The lines that carry these ballot ids, in order."""
    query = text(
        "SELECT position, ballot_id, voter, revision, tracker FROM contest_line"
        " WHERE contest = :contest AND kind = 'cast' ORDER BY position"
    )
    wanted = set(ids)
    async with database.read() as tx:
        rows = await tx.execute(query, {"contest": contest})
        return [Logged(*row) for row in rows if row.ballot_id in wanted]
