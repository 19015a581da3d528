"""Cues to presenters in and out of the database."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, select, update
from sqlmodel import col

from expo.db import Tx, add_new
from sessions.presenting.tables import PresenterCueRow
from sessions.presenting.values import Cue, Kind

_ROWS: Final[Any] = PresenterCueRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def cues(tx: Tx) -> dict[str, Cue]:
    """Session → its last cue."""
    rows = (await tx.execute(select(PresenterCueRow))).mappings()
    return {row["session"]: _cue(row) for row in rows}


async def send(tx: Tx, session: str, kind: Kind, text: str, at: datetime) -> Cue:
    """Put a cue in the place of the session's last one, with the number after it."""
    values = {"kind": kind.value, "text": text, "sent_at": at, "seen_at": None}
    if await add_new(tx, _ROWS, {"session": session, "n": 1, **values}):
        return Cue(1, kind, text, at)
    mine = col(PresenterCueRow.session) == session
    found = await tx.execute(select(col(PresenterCueRow.n)).where(mine).with_for_update())
    n = int(found.scalar_one()) + 1
    await tx.execute(update(PresenterCueRow).where(mine).values(n=n, **values))
    return Cue(n, kind, text, at)


async def see(tx: Tx, session: str, n: int, at: datetime) -> bool:
    """Note that the presenter has seen this cue; False when it is not the last, or was seen."""
    query = (
        update(PresenterCueRow)
        .where(
            col(PresenterCueRow.session) == session,
            col(PresenterCueRow.n) == n,
            col(PresenterCueRow.seen_at).is_(None),
        )
        .values(seen_at=at)
    )
    return (await tx.execute(query)).rowcount == 1


def _cue(row: RowMapping) -> Cue:
    return Cue(row["n"], Kind(row["kind"]), row["text"], row["sent_at"], row["seen_at"])
