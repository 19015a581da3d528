"""Signing keys in and out of the database."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, update

from expo.db import Tx, one_at_a_time
from expo.record.keys.tables import SigningKeyRow

_KEYS: Final[Any] = SigningKeyRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


class KeptKey(msgspec.Struct, frozen=True):
    """A key as it is kept; ``box`` is its closed private half."""

    id: str
    public: bytes
    box: bytes
    host: str
    made_at: datetime
    retired_at: datetime | None = None


async def alone(tx: Tx) -> None:
    """Let nobody else change keys until the transaction ends."""
    await one_at_a_time(tx, "signing keys")


async def all_(tx: Tx) -> tuple[KeptKey, ...]:
    """Every key, the oldest first."""
    rows = await tx.execute(select(_KEYS).order_by(_KEYS.c.made_at, _KEYS.c.id))
    return tuple(
        KeptKey(
            row.id,
            bytes.fromhex(row.public),
            bytes.fromhex(row.box),
            row.host,
            row.made_at,
            row.retired_at,
        )
        for row in rows
    )


async def current(tx: Tx) -> tuple[str, str] | None:
    """Id and host of the key that signs what is new; None where none was made yet."""
    query = select(_KEYS.c.id, _KEYS.c.host).where(_KEYS.c.retired_at.is_(None))
    row = (await tx.execute(query.order_by(_KEYS.c.made_at.desc()).limit(1))).one_or_none()
    return None if row is None else (row.id, row.host)


async def add(tx: Tx, key: KeptKey) -> None:
    """Keep a new key."""
    row = msgspec.structs.asdict(key)
    await tx.execute(insert(_KEYS), [row | {"public": key.public.hex(), "box": key.box.hex()}])


async def retire(tx: Tx, at: datetime) -> None:
    """Let the key in force sign nothing new any more."""
    await tx.execute(update(_KEYS).where(_KEYS.c.retired_at.is_(None)).values(retired_at=at))


async def close_again(tx: Tx, key_id: str, box: bytes, host: str) -> None:
    """Keep a private half closed with another secret, or with another host beside it."""
    mine = update(_KEYS).where(_KEYS.c.id == key_id)
    await tx.execute(mine.values(box=box.hex(), host=host))
