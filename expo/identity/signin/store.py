"""Letters that were asked for, in and out of the database."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from expo.db import Tx, one_at_a_time
from expo.identity.signin.codes import AGAIN_AFTER, DAY, HOUR, LINK_STAYS, Asked
from expo.identity.signin.tables import AskedLetterRow

_ROWS: Final[Any] = AskedLetterRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def add(tx: Tx, asked: Asked) -> None:
    """Keep a letter that has just been asked for."""
    await tx.execute(
        insert(_ROWS).values(
            id=asked.id,
            device=asked.device,
            mailbox=asked.mailbox,
            address=asked.address,
            code_mark=asked.code_mark,
            link_mark=asked.link_mark,
            then=asked.then,
            asked_at=asked.asked_at,
            tries=asked.tries,
            used_at=asked.used_at,
        )
    )


async def latest_of(tx: Tx, device: str, *, hold: bool = False) -> Asked | None:
    """The newest letter this device asked for.

    Args:
        tx: The caller's transaction.
        device: The device's fingerprint.
        hold: Whether nobody else may decide about it until the transaction ends.
    """
    row = _ROWS.c
    query = select(_ROWS).where(row.device == device)
    query = query.order_by(row.asked_at.desc(), row.id.desc()).limit(1)
    found = (await tx.execute(query.with_for_update() if hold else query)).mappings().first()
    return _asked(found) if found else None


async def by_link(tx: Tx, link_mark: str, *, hold: bool = False) -> Asked | None:
    """The letter with this link; ``hold`` as for `latest_of`."""
    query = select(_ROWS).where(_ROWS.c.link_mark == link_mark)
    found = (await tx.execute(query.with_for_update() if hold else query)).mappings().first()
    return _asked(found) if found else None


async def counts_of(tx: Tx, mailbox: str, now: datetime) -> tuple[int, int]:
    """How many letters a mailbox got in the last hour, and in the last day."""
    row = _ROWS.c
    recent = func.count().filter(row.asked_at > now - HOUR)
    query = select(recent, func.count()).where(row.mailbox == mailbox, row.asked_at > now - DAY)
    hour, day = (await tx.execute(query)).one()
    return int(hour), int(day)


async def tried(tx: Tx, asked: Asked) -> None:
    """Keep how often its code was typed wrong, and whether it was used."""
    change = update(_ROWS).where(_ROWS.c.id == asked.id)
    await tx.execute(change.values(tries=asked.tries, used_at=asked.used_at))


async def close(tx: Tx, device: str, now: datetime) -> None:
    """Let no other letter of this device open anything any more."""
    row = _ROWS.c
    mine = update(_ROWS).where(row.device == device, row.used_at.is_(None))
    await tx.execute(mine.values(used_at=now))


async def is_over(tx: Tx, now: datetime) -> bool:
    """Whether there is something to forget."""
    query = select(_ROWS.c.id).where(_over(now) | (_ROWS.c.asked_at <= now - DAY)).limit(1)
    return (await tx.execute(query)).first() is not None


async def forget(tx: Tx, now: datetime) -> None:
    """Wipe the addresses whose links open nothing any more, and what needs no counting any more."""
    await one_at_a_time(tx, "forget letters that were asked for")
    await tx.execute(update(_ROWS).where(_over(now)).values(address="", then=""))
    await tx.execute(delete(_ROWS).where(_ROWS.c.asked_at <= now - DAY))


def _over(now: datetime) -> Any:
    """Rows whose address is of no use any more; a letter that was used just now may be given back."""
    row = _ROWS.c
    return (row.address != "") & (
        (row.asked_at <= now - LINK_STAYS) | (row.used_at <= now - AGAIN_AFTER)
    )


def _asked(row: Any) -> Asked:
    return Asked(**{name: row[name] for name in Asked.__struct_fields__})
