"""The ballots that count, one by one with their trackers: what a sample is made of."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from sqlalchemy import text

from expo.db import Tx
from voting.methods.rankings import Ranking

_AT_ONCE: Final = 5_000  # ballots; about 20 ms of folding for a thread

_COUNTED: Final = text(
    "SELECT ballot.tracker, line.electorate, line.ranking, line.own FROM ballot"
    " JOIN contest_line AS line ON line.contest = ballot.contest AND line.position = ballot.position"
    " WHERE ballot.contest = :contest AND line.status = 'counted'"
)

_ranking = msgspec.json.Decoder(Ranking)
_ids = msgspec.json.Decoder(tuple[str, ...])

Written = tuple[str, str, str, str]
"""A ballot as it is on record."""
Ballot = tuple[str, str, Ranking, tuple[str, ...]]
"""Tracker, electorate, ranking, and own options to be taken out."""


async def counted(tx: Tx, contest_id: str) -> AsyncIterator[list[Written]]:
    """The ballot that counts of each voter, some thousand at a time; an empty ranking is a withdrawal."""
    async with tx.stream(_COUNTED, {"contest": contest_id}) as rows:
        async for some in rows.partitions(_AT_ONCE):
            yield [(tracker, electorate, said, own) for tracker, electorate, said, own in some]


def ballot_in(written: Written) -> Ballot:
    """What it says."""
    tracker, electorate, ranking, own = written
    return tracker, electorate, _ranking.decode(ranking), _ids.decode(own)
