"""Snapshots in and out of the database; a stored one is only ever replaced by a later one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from expo.db import Tx, add_new, without_sync
from voting.snapshots.stored import Stored
from voting.snapshots.tables import SnapshotRow

_SNAPSHOTS: Final[Any] = SnapshotRow.__table__  # type: ignore[attr-defined]  # made by SQLModel

Log = tuple[str, int]
"""A contest's log: its id, and the station (0 where it has one only)."""


async def newer(tx: Tx, known: Mapping[Log, int]) -> dict[Log, Stored]:
    """The snapshots of these logs that were taken after the position known of each."""
    if not known:
        return {}
    row = _SNAPSHOTS.c
    after = [and_(_of(*log), row.position > position) for log, position in known.items()]
    query = select(row.contest, row.position, row.version, row.value, row.station)
    found = [Stored(*one) for one in await tx.execute(query.where(or_(*after)))]
    return {(one.contest, one.station): one for one in found}


async def keep(tx: Tx, snapshot: Stored, at: datetime) -> bool:
    """Keep a snapshot unless there is one as late; whether it was kept."""
    row, values = _SNAPSHOTS.c, {**msgspec.structs.asdict(snapshot), "at": at}
    await without_sync(tx)
    older = update(_SNAPSHOTS).where(
        _of(snapshot.contest, snapshot.station), row.position < snapshot.position
    )
    replaced = await tx.execute(older.values(**values))
    return replaced.rowcount == 1 or await add_new(tx, _SNAPSHOTS, values)


async def find(tx: Tx, contest: str, station: int = 0) -> Stored | None:
    """The stored snapshot of a contest's log."""
    return (await newer(tx, {(contest, station): 0})).get((contest, station))


async def discard(tx: Tx, snapshot: Stored) -> None:
    """Throw away exactly this snapshot."""
    row = _SNAPSHOTS.c
    exactly = and_(
        _of(snapshot.contest, snapshot.station),
        row.position == snapshot.position,
        row.version == snapshot.version,
        row.value == snapshot.value,
    )
    await tx.execute(delete(_SNAPSHOTS).where(exactly))


def _of(contest: str, station: int) -> ColumnElement[bool]:
    row = _SNAPSHOTS.c
    return and_(row.contest == contest, row.station == station)
