"""The staff log: appended inside the mover's transaction, read for the control room."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from sqlalchemy import insert
from sqlmodel import col, select

from expo.db import Tx
from expo.record.lines import Facts, LogLine
from expo.record.tables import StaffLogRow
from expo.rights import Role


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
    """Write one line.

    Args:
        tx: The transaction in which the thing itself is done.
        at: When, aware.
        actor: Who; None for the expo itself.
        action: Stable kebab-case word.
        subject: Id of what it was done to.
        facts: Values for the sentence; never a token, a name of the public or a ballot.
    """
    await tx.execute(
        insert(StaffLogRow).values(
            at=at,
            actor_id=actor.id if actor else None,
            actor_label=(actor.label or actor.role.value) if actor else "",
            action=action,
            subject=subject,
            facts=facts,
        )
    )


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
    rows = (await tx.execute(newest)).mappings()
    return tuple(
        LogLine(
            position=row["position"],
            at=row["at"],
            actor=row["actor_label"],
            action=row["action"],
            subject=row["subject"],
            facts=row["facts"],
        )
        for row in rows
    )
