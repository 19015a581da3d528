"""Lists that were looked at and wait for an organiser's word, in and out of the database."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, or_
from sqlmodel import col, select

from expo.db import Tx, one_at_a_time
from expo.errors import N_, Refusal
from expo.lists.tables import ListDraftRow

STAYS: Final = timedelta(hours=1)
"""How long a list waits."""


class ListOutdated(Refusal):
    """The list was put in force already, or has waited too long; nothing was imported now."""

    code = N_("list-outdated")
    status = 409


async def keep(tx: Tx, draft_id: str, value: str, made_by: str, at: datetime) -> None:
    """Keep a list as it was read."""
    await tx.execute(
        insert(ListDraftRow).values(id=draft_id, value=value, made_by=made_by, made_at=at)
    )


async def find(tx: Tx, draft_id: str, now: datetime) -> str:
    """The list with this id.

    Raises:
        ListOutdated: It does not wait any more.
    """
    found = select(ListDraftRow.value).where(
        col(ListDraftRow.id) == draft_id, col(ListDraftRow.made_at) >= now - STAYS
    )
    value: str | None = (await tx.execute(found)).scalar_one_or_none()
    if value is None:
        raise ListOutdated
    return value


async def take(tx: Tx, draft_id: str, now: datetime) -> str:
    """The list with this id, which nobody can take again; old ones go with it.

    Whoever takes one waits for whoever takes another: two lists at once must see what each other do.

    Raises:
        ListOutdated: It does not wait any more.
    """
    await one_at_a_time(tx, "lists")
    taken = await find(tx, draft_id, now)
    gone = or_(col(ListDraftRow.id) == draft_id, col(ListDraftRow.made_at) < now - STAYS)
    await tx.execute(delete(ListDraftRow).where(gone))
    return taken
