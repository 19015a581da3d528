"""Snapshots in and out of the database; a stored one is only ever replaced by a later one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import and_, delete, or_, select, update

from expo.db import Tx, add_new, without_sync
from voting.snapshots.stored import Stored
from voting.snapshots.tables import SnapshotRow

_SNAPSHOTS: Final[Any] = SnapshotRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def newer(tx: Tx, known: Mapping[str, int]) -> dict[str, Stored]:
    """The snapshots of these contests that were taken after the position known of each."""
    if not known:
        return {}
    row = _SNAPSHOTS.c
    after = [and_(row.contest == one, row.position > position) for one, position in known.items()]
    query = select(row.contest, row.position, row.version, row.value).where(or_(*after))
    return {found.contest: Stored(*found) for found in await tx.execute(query)}


async def keep(tx: Tx, snapshot: Stored, at: datetime) -> bool:
    """Keep a snapshot unless there is one as late; whether it was kept."""
    row, values = _SNAPSHOTS.c, {**msgspec.structs.asdict(snapshot), "at": at}
    await without_sync(tx)
    older = update(_SNAPSHOTS).where(
        row.contest == snapshot.contest, row.position < snapshot.position
    )
    replaced = await tx.execute(older.values(**values))
    return replaced.rowcount == 1 or await add_new(tx, _SNAPSHOTS, values)


async def find(tx: Tx, contest: str) -> Stored | None:
    """The stored snapshot of a contest."""
    return (await newer(tx, {contest: 0})).get(contest)


async def discard(tx: Tx, snapshot: Stored) -> None:
    """Throw away exactly this snapshot."""
    row = _SNAPSHOTS.c
    exactly = and_(
        row.contest == snapshot.contest,
        row.position == snapshot.position,
        row.version == snapshot.version,
        row.value == snapshot.value,
    )
    await tx.execute(delete(_SNAPSHOTS).where(exactly))
