"""The staff log: appended inside the mover's transaction, read for the control room."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import insert, update
from sqlmodel import col, select

from expo.db import Tx, add_new
from expo.record.lines import Facts, LogLine
from expo.record.tables import StaffLogRow, StaffNameRow
from expo.rights import Role
from expo.words import ERASED

_NAMES: Final[Any] = StaffNameRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


class Actor(Protocol):
    """Whoever acts; identity's ``Person`` is one."""

    @property
    def id(self) -> str:
        """Stable id."""

    @property
    def role(self) -> Role:
        """Stands in for a missing label."""

    @property
    def label(self) -> str:
        """What the log calls this person."""


async def append(
    tx: Tx, *, at: datetime, actor: Actor | None, action: str, subject: str, facts: Facts
) -> None:
    """Write one line; what the actor is called is kept beside it, never in it (`remember`).

    Args:
        tx: The transaction in which the thing itself is done.
        at: When, aware.
        actor: Who; None for the expo itself.
        action: Stable kebab-case word.
        subject: Id of what it was done to.
        facts: Values for the sentence; never a token, a name of the public or a ballot.
    """
    if actor is not None:
        await remember(tx, actor)
    await tx.execute(
        insert(StaffLogRow).values(
            at=at,
            actor_id=actor.id if actor else None,
            actor_role=actor.role.value if actor else "",
            action=action,
            subject=subject,
            facts=facts,
        )
    )


async def remember(tx: Tx, actor: Actor) -> None:
    """Keep what somebody is called, for logs that hold ids alone; whoever was erased stays unnamed."""
    if not actor.label:
        return
    row = {"person": actor.id, "label": actor.label, "erased_at": None}
    if not await add_new(tx, _NAMES, row):
        name = _NAMES.c
        other = (name.person == actor.id) & name.erased_at.is_(None) & (name.label != actor.label)
        await tx.execute(update(_NAMES).where(other).values(label=actor.label))


async def names(tx: Tx, people: Iterable[str]) -> dict[str, str]:
    """What these people are called, `ERASED` for whoever was erased; those nobody named left out."""
    asked = select(StaffNameRow).where(col(StaffNameRow.person).in_(set(people)))
    rows = (await tx.execute(asked)).mappings()
    return {row["person"]: ERASED if row["erased_at"] else row["label"] for row in rows}


async def times(
    tx: Tx, actions: Collection[str], subjects: Collection[str], since: datetime
) -> tuple[datetime, ...]:
    """When one of these things was done to one of these subjects, from an instant on, in order."""
    found = select(StaffLogRow.at).where(
        col(StaffLogRow.action).in_(actions),
        col(StaffLogRow.subject).in_(subjects),
        col(StaffLogRow.at) >= since,
    )
    return tuple((await tx.execute(found.order_by(col(StaffLogRow.position)))).scalars())


async def latest(tx: Tx, limit: int) -> tuple[LogLine, ...]:
    """The last lines, newest first."""
    newest = select(StaffLogRow).order_by(col(StaffLogRow.position).desc()).limit(limit)
    rows = (await tx.execute(newest)).mappings().all()
    called = await names(tx, {row["actor_id"] for row in rows if row["actor_id"]})
    return tuple(
        LogLine(
            position=row["position"],
            at=row["at"],
            actor=called.get(row["actor_id"]) or row["actor_role"],
            action=row["action"],
            subject=row["subject"],
            facts=row["facts"],
        )
        for row in rows
    )
