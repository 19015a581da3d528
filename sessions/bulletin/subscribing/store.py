"""Subscribers in and out of the database."""

from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from expo.db import Tx
from sessions.bulletin.subscribing.subscribers import Subscriber
from sessions.bulletin.subscribing.tables import SubscriberRow

_ROWS: Final[Any] = SubscriberRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def add(tx: Tx, one: Subscriber) -> None:
    """Keep a mailbox that asked for the first time."""
    await tx.execute(insert(_ROWS).values(id=one.id, owner=one.owner, **_columns(one)))


async def put(tx: Tx, one: Subscriber) -> None:
    """Keep a mailbox as it stands now."""
    await tx.execute(update(_ROWS).where(_ROWS.c.id == one.id).values(_columns(one)))


async def by_owner(tx: Tx, owner: str) -> Subscriber | None:
    """The mailbox with this owner, kept from others until the transaction ends."""
    return await _one(tx, _ROWS.c.owner == owner)


async def by_id(tx: Tx, subscriber: str, *, hold: bool = True) -> Subscriber | None:
    """The mailbox with this id; ``hold`` keeps it from others until the transaction ends."""
    return await _one(tx, _ROWS.c.id == subscriber, hold=hold)


async def remove(tx: Tx, subscriber: str) -> bool:
    """Forget a mailbox; whether it was there."""
    gone = delete(_ROWS).where(_ROWS.c.id == subscriber).returning(_ROWS.c.id)
    return (await tx.execute(gone)).first() is not None


async def untold(tx: Tx, serial: int, most: int) -> tuple[Subscriber, ...]:
    """Confirmed mailboxes that were not told of a publication yet, at most so many."""
    row = _ROWS.c
    query = select(_ROWS).where(row.confirmed_at.is_not(None), row.told < serial)
    rows = (await tx.execute(query.order_by(row.id).limit(most))).mappings()
    return tuple(_subscriber(one) for one in rows)


async def has_untold(tx: Tx, serial: int) -> bool:
    """Whether somebody was not told of a publication yet."""
    row = _ROWS.c
    query = select(row.id).where(row.confirmed_at.is_not(None), row.told < serial).limit(1)
    return (await tx.execute(query)).first() is not None


async def told(tx: Tx, ids: list[str], serial: int) -> None:
    """Keep that these mailboxes were told of everything up to a publication."""
    await tx.execute(update(_ROWS).where(_ROWS.c.id.in_(ids)).values(told=serial))


async def confirmed(tx: Tx) -> int:
    """How many mailboxes get bulletins."""
    counted = select(func.count()).where(_ROWS.c.confirmed_at.is_not(None))
    return int((await tx.execute(counted)).scalar_one())


async def _one(tx: Tx, which: Any, *, hold: bool = True) -> Subscriber | None:
    query = select(_ROWS).where(which)
    row = (await tx.execute(query.with_for_update() if hold else query)).mappings().first()
    return _subscriber(row) if row else None


def _columns(one: Subscriber) -> dict[str, Any]:
    names = ("address", "language", "asked_at", "counted_from", "asked", "confirmed_at", "told")
    return {name: getattr(one, name) for name in names}


def _subscriber(row: Any) -> Subscriber:
    return Subscriber(**{name: row[name] for name in Subscriber.__struct_fields__})
