"""Complaint windows and who has voted, in and out of the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from expo.db import Row, Tx, add_new
from voting.forgetting.tables import ComplaintWindowRow, SettledVoterRow

_WINDOWS: Final[Any] = ComplaintWindowRow.__table__  # type: ignore[attr-defined]  # by SQLModel
_CONTESTS: Final[Any] = Row.metadata.tables[
    "contest"
]  # what stands in it is voting.store's business
_SETTLED: Final[Any] = SettledVoterRow.__table__  # type: ignore[attr-defined]  # by SQLModel


async def windows(tx: Tx) -> dict[str, tuple[datetime, datetime | None]]:
    """Of each contest that has one: when its complaint window began, and when its secret went."""
    rows = await tx.execute(select(_WINDOWS))
    return {row.contest: (row.began_at, row.destroyed_at) for row in rows}


async def begin(tx: Tx, contest: str, at: datetime) -> None:
    """Note that complaints about a contest can be made from now on; harmless when repeated."""
    await add_new(tx, _WINDOWS, {"contest": contest, "began_at": at, "destroyed_at": None})


async def destroyed(tx: Tx, contest: str, at: datetime) -> None:
    """Note that a contest's secret is gone; its window may never have begun."""
    await begin(tx, contest, at)
    mine = update(_WINDOWS).where(_WINDOWS.c.contest == contest)
    await tx.execute(mine.values(destroyed_at=at))


async def settle(tx: Tx, people: Collection[str]) -> None:
    """Remember that these people have voted somewhere; one node does this at a time."""
    person = _SETTLED.c.person
    known = set((await tx.execute(select(person).where(person.in_(people)))).scalars())
    if fresh := [{"person": one} for one in sorted(set(people) - known)]:
        await tx.execute(insert(_SETTLED), fresh)


async def replace_secret(tx: Tx, contest: str, instead: bytes) -> None:
    """Write chance over a contest's secret; the caller holds its head."""
    mine = update(_CONTESTS).where(_CONTESTS.c.id == contest)
    await tx.execute(mine.values(secret=instead.hex()))


async def is_settled(tx: Tx, person: str) -> bool:
    """Whether this person has voted in a contest whose secret is gone."""
    found = select(_SETTLED.c.person).where(_SETTLED.c.person == person)
    return (await tx.execute(found)).first() is not None
