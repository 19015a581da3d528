"""What a whole log comes to, found by the database: the last line of each voter, equal ones together.

The running count goes line by line and believes what each line says it replaces. This asks in another
way, by voter, so that the two can be compared; and it needs the memory of a slice of the voters.
"""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from sqlalchemy import text

from expo.db import Tx
from voting.methods.rankings import Ranking
from voting.methods.tally import Pile

_SLICE: Final = 100_000  # voters sorted by the database at once; it takes half a second
_AT_ONCE: Final = 1_000  # rows taken from the database in one go
_BEHIND: Final = "g"  # every tag: they are hexadecimal

_LENGTH: Final = text("SELECT count(*) FROM contest_line WHERE contest = :contest")
_LATEST: Final = text(
    "SELECT electorate, ranking, own, status, why, revision > 1, count(*), max(position) FROM ("
    " SELECT electorate, ranking, own, status, why, revision, position,"
    " lead(position) OVER (PARTITION BY voter ORDER BY position) AS after"
    " FROM contest_line WHERE contest = :contest AND voter >= :first AND voter < :end"
    ") AS line WHERE after IS NULL GROUP BY electorate, ranking, own, status, why, revision > 1"
)

_ranking = msgspec.json.Decoder(Ranking)
_ids = msgspec.json.Decoder(tuple[str, ...])


async def length(tx: Tx, contest_id: str) -> int:
    """How many lines there are: of one log its last position, of several stations' all together."""
    found = await tx.execute(_LENGTH, {"contest": contest_id})
    return int(found.scalar_one())


async def piles(tx: Tx, contest_id: str, lines: int) -> AsyncIterator[Pile]:
    """What counts now in a log of so many lines; a pile may come in parts.

    Voters are taken in slices of their tags, which are random, so a million of them need no more
    memory than a hundred thousand.
    """
    slices = max(1, -(-lines // _SLICE))
    ends = [f"{0x10000 * n // slices:04x}" for n in range(1, slices)]
    for first, end in zip(["", *ends], [*ends, _BEHIND], strict=True):
        async with tx.stream(_LATEST, {"contest": contest_id, "first": first, "end": end}) as rows:
            async for some in rows.partitions(_AT_ONCE):
                for electorate, ranking, own, status, why, revised, *rest in some:
                    said, abstained = _ranking.decode(ranking), _ids.decode(own)
                    yield Pile(electorate, said, abstained, status, why, bool(revised), *rest)
