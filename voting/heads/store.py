"""Heads of stations' logs in and out of the database.

They are always taken in order of contest and station, after the rows of the contests themselves.
"""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import insert, select, update

from expo.db import Tx
from voting.heads.tables import StationRow

_STATIONS: Final[Any] = StationRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def make(tx: Tx, contest_id: str, stations: int) -> None:
    """Write the heads of so many empty logs."""
    rows = [{"contest": contest_id, "station": n, "position": 0} for n in range(stations)]
    await tx.execute(insert(_STATIONS), rows)


async def lengths(tx: Tx, contest_ids: Collection[str]) -> dict[str, tuple[int, ...]]:
    """How many lines each station of these contests has, in order of station."""
    return await _found(tx, _of(contest_ids))


async def lock(tx: Tx, contest_ids: Collection[str]) -> dict[str, tuple[int, ...]]:
    """As `lengths`, and nobody appends a line until the transaction ends."""
    return await _found(tx, _of(contest_ids).with_for_update(key_share=True))


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
