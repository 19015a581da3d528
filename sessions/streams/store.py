"""Delays of viewers in and out of the database, so that all nodes close by the same figures."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlmodel import col

from expo.db import Tx, upsert
from sessions.streams.grace import Delays, together
from sessions.streams.tables import DelayRow

_FRESH: Final = timedelta(seconds=25)  # two notes of a node and some to spare
_OLD: Final = timedelta(hours=1)
_delays = msgspec.json.Decoder(Delays)


async def note(tx: Tx, node: str, delays: Mapping[str, Delays], at: datetime) -> None:
    """Keep what this process counted in the last minute, and drop what is long past."""
    rows: list[dict[str, object]] = [
        {"session": one, "node": node, "at": at, "counts": msgspec.json.encode(told).decode()}
        for one, told in sorted(delays.items())
    ]
    await upsert(tx, DelayRow.__table__, rows)  # type: ignore[attr-defined]  # made by SQLModel
    await tx.execute(delete(DelayRow).where(col(DelayRow.at) < at - _OLD))


async def lately(tx: Tx, session_id: str, at: datetime) -> Delays:
    """What all processes counted of a session in the last minute."""
    query = select(col(DelayRow.counts)).where(
        col(DelayRow.session) == session_id, col(DelayRow.at) > at - _FRESH
    )
    return together(_delays.decode(one) for one in (await tx.execute(query)).scalars())
