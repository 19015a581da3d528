"""Leases in and out of the database; every comparison of instants happens inside it."""

from typing import Any, Final

from sqlalchemy import select, update

from expo.db import Tx, add_new, clock_ms
from expo.leasing.tables import LeaseRow

_LEASES: Final[Any] = LeaseRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def take(tx: Tx, job: str, holder: str, ttl_ms: int, *, from_others: bool) -> int | None:
    """The new fence, if the job was free; None while somebody holds it.

    Args:
        tx: The caller's transaction; the job stays locked until it ends.
        job: Name of the job.
        holder: Whoever asks, different for every asking.
        ttl_ms: How long it is held without being renewed.
        from_others: Whether an unexpired lease is taken as well: who asks knows its holder dead.
    """
    await add_new(tx, _LEASES, {"job": job, "holder": "", "fence": 0, "until_ms": 0})
    row = _LEASES.c
    held = (await tx.execute(select(row.fence).where(row.job == job).with_for_update())).one()
    now = clock_ms(tx)
    free = update(_LEASES).where(row.job == job)
    if not from_others:
        free = free.where(row.until_ms <= now)
    fence = int(held.fence) + 1
    taken = await tx.execute(free.values(holder=holder, fence=fence, until_ms=now + ttl_ms))
    return fence if taken.rowcount == 1 else None


async def holder(tx: Tx, job: str) -> str:
    """Who holds a job or held it last; empty when nobody ever did."""
    found = await tx.execute(select(_LEASES.c.holder).where(_LEASES.c.job == job))
    return found.scalar_one_or_none() or ""


async def renew(tx: Tx, job: str, fence: int, ttl_ms: int) -> bool:
    """Hold a job for another while; False when somebody else has it by now."""
    row = _LEASES.c
    mine = update(_LEASES).where(row.job == job, row.fence == fence)
    return (await tx.execute(mine.values(until_ms=clock_ms(tx) + ttl_ms))).rowcount == 1


async def release(tx: Tx, job: str, fence: int) -> None:
    """Let a job go, if it is still held."""
    row = _LEASES.c
    mine = update(_LEASES).where(row.job == job, row.fence == fence)
    await tx.execute(mine.values(until_ms=0))


async def fence(tx: Tx, job: str) -> int:
    """The newest fence of a job, which stays the newest until the transaction ends."""
    # Shared: whoever takes the job over needs the row for itself and waits for this transaction.
    query = select(_LEASES.c.fence).where(_LEASES.c.job == job).with_for_update(read=True)
    return int((await tx.execute(query)).scalar_one_or_none() or 0)
