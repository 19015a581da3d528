"""Counts of reactions in and out of the database."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlmodel import col

from expo.db import Tx, add_new
from sessions.reactions.tables import ReactionRow
from sessions.reactions.values import Kind

_ROWS: Final[Any] = ReactionRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def add(tx: Tx, tick: int, counts: Mapping[tuple[str, Kind], int]) -> None:
    """Add what one node counted in these ten seconds; others add theirs to the same rows."""
    for (session, kind), n in sorted(counts.items()):
        key = {"session": session, "kind": kind.value, "tick": tick}
        if not await add_new(tx, _ROWS, {**key, "n": n}):
            mine = (
                (col(ReactionRow.session) == session)
                & (col(ReactionRow.kind) == kind.value)
                & (col(ReactionRow.tick) == tick)
            )
            await tx.execute(update(ReactionRow).where(mine).values(n=col(ReactionRow.n) + n))


async def since(tx: Tx, tick: int) -> dict[str, dict[Kind, int]]:
    """Session → how often each reaction came from these ten seconds on."""
    query = (
        select(col(ReactionRow.session), col(ReactionRow.kind), func.sum(col(ReactionRow.n)))
        .where(col(ReactionRow.tick) >= tick)
        .group_by(col(ReactionRow.session), col(ReactionRow.kind))
    )
    found: dict[str, dict[Kind, int]] = {}
    for session, kind, n in (await tx.execute(query)).all():
        found.setdefault(session, {})[Kind(kind)] = int(n)
    return found
