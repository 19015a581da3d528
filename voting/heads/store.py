"""Heads of stations' logs in and out of the database.

They are always taken in order of contest and station, after the rows of the contests themselves.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, update

from expo.db import Tx
from voting.batches import Head
from voting.contests import Contest
from voting.heads.tables import StationRow
from voting.stations import station_of

_STATIONS: Final[Any] = StationRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def lengths(tx: Tx, contest_ids: Collection[str]) -> dict[str, tuple[int, ...]]:
    """How many lines each station of these contests has, in order of station."""
    return await _found(tx, _of(contest_ids)) if contest_ids else {}


async def lock(tx: Tx, contest_ids: Collection[str]) -> dict[str, tuple[int, ...]]:
    """As `lengths`, and nobody appends a line until the transaction ends."""
    query = _of(contest_ids).with_for_update(key_share=True)
    return await _found(tx, query) if contest_ids else {}


async def spread(tx: Tx, contest: Contest) -> None:
    """Give every station of a contest its log, where it has several; its head is held."""
    if contest.stations > 1:
        rows = [
            {"contest": contest.id, "station": n, "position": 0} for n in range(contest.stations)
        ]
        await tx.execute(insert(_STATIONS), rows)


async def logs(tx: Tx, head: Head) -> tuple[Head, ...]:
    """The head of each log of a contest, in order of station; the contest's own is held."""
    if head.contest.stations == 1:
        return (head,)
    found = await lengths(tx, [head.contest.id])
    return tuple(
        msgspec.structs.replace(head, position=lines, station=station)
        for station, lines in enumerate(found[head.contest.id])
    )


async def log_of(tx: Tx, head: Head, voter: str) -> Head:
    """The head of the log this voter's lines stand in; the contest's own is held."""
    return (await logs(tx, head))[station_of(voter, head.contest.stations)]


async def advance(tx: Tx, contest_id: str, station: int, position: int) -> None:
    """Say how many lines a station has now; its head is held."""
    row = _STATIONS.c
    mine = update(_STATIONS).where(row.contest == contest_id, row.station == station)
    await tx.execute(mine.values(position=position))


def _of(contest_ids: Collection[str]) -> Any:
    row = _STATIONS.c
    wanted = select(row.contest, row.position).where(row.contest.in_(contest_ids))
    return wanted.order_by(row.contest, row.station)


async def _found(tx: Tx, query: Any) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for contest, position in await tx.execute(query):
        found[contest] = (*found.get(contest, ()), position)
    return found
