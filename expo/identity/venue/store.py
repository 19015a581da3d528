"""Badges in and out of the database."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, update
from sqlalchemy import select as sql
from sqlmodel import col, select

from expo.db import Tx, one_at_a_time
from expo.identity.venue.codes import Badge, Sheet
from expo.identity.venue.tables import BadgeRow

_BADGES: Final[Any] = BadgeRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def has_batch(tx: Tx, batch: str) -> bool:
    """Whether a sheet was issued under this id; whoever asks next waits for this transaction."""
    await one_at_a_time(tx, f"badges {batch}")
    found = select(BadgeRow.id).where(col(BadgeRow.batch) == batch).limit(1)
    return (await tx.execute(found)).first() is not None


async def add(tx: Tx, badges: Mapping[str, Badge], issued_by: str) -> None:
    """Keep new badges by the marks of their codes."""
    rows = [
        {
            "id": one.id,
            "mark": mark,
            "batch": one.batch,
            "electorate": one.electorate,
            "label": one.label,
            "issued_at": one.issued_at,
            "issued_by": issued_by,
            "expires_at": one.expires_at,
        }
        for mark, one in badges.items()
    ]
    await tx.execute(insert(BadgeRow), rows)


async def find(tx: Tx, marks: Collection[str], *, hold: bool = False) -> dict[str, Badge]:
    """The badges with these marks, by mark; held, they are locked in order of mark."""
    found = select(BadgeRow).where(col(BadgeRow.mark).in_(marks)).order_by(col(BadgeRow.mark))
    found = found.with_for_update() if hold else found
    return {row["mark"]: _badge(row) for row in (await tx.execute(found)).mappings()}


async def use(tx: Tx, badge_id: str, device: str, at: datetime) -> None:
    """Note that the device with this fingerprint came in with the badge."""
    mine = update(BadgeRow).where(col(BadgeRow.id) == badge_id)
    await tx.execute(mine.values(device=device, used_at=at))


async def release(tx: Tx, badge_id: str) -> None:
    """Let the badge come in on another device."""
    await tx.execute(update(BadgeRow).where(col(BadgeRow.id) == badge_id).values(device=None))


async def revoke(tx: Tx, batch: str, at: datetime) -> int:
    """Take a sheet back; how many of its badges had not been taken back before."""
    mine = update(BadgeRow).where(col(BadgeRow.batch) == batch, col(BadgeRow.revoked_at).is_(None))
    return len((await tx.execute(mine.values(revoked_at=at).returning(col(BadgeRow.id)))).all())


async def sheets(tx: Tx, limit: int) -> tuple[Sheet, ...]:
    """The latest sheets, newest first."""
    badge = _BADGES.c
    first = func.min(badge.issued_at)
    found = (
        sql(badge.batch, func.min(badge.label), func.min(badge.electorate), first)
        .add_columns(func.min(badge.expires_at), func.count())
        .add_columns(func.count(badge.used_at), func.count(badge.revoked_at))
        .group_by(badge.batch)
        .order_by(first.desc(), badge.batch)
        .limit(limit)
    )
    return tuple(_sheet(tuple(row)) for row in await tx.execute(found))


def _sheet(row: tuple[Any, ...]) -> Sheet:
    batch, label, electorate, issued_at, expires_at, count, used, revoked = row
    return Sheet(batch, label, electorate, issued_at, expires_at, count, used, revoked == count)


def _badge(row: Any) -> Badge:
    return Badge(
        id=row["id"],
        batch=row["batch"],
        electorate=row["electorate"],
        label=row["label"],
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
        device=row["device"],
        revoked_at=row["revoked_at"],
    )
