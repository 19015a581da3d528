"""People as organisers look them up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, or_
from sqlmodel import col, select

from expo.db import Tx
from expo.identity.entering.tables import IdentityRow
from expo.identity.people import Assurance, Person, PersonId
from expo.identity.tables import PersonRow, VisitRow
from expo.rights import Role

_ESCAPE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


class Entry(msgspec.Struct, frozen=True):
    """One person with the day they came, and on how many devices they are in now."""

    person: Person
    since: datetime
    visits: int


async def found(
    tx: Tx, words: str, role: Role | None, now: datetime, limit: int
) -> tuple[Entry, ...]:
    """People who are known by more than their device, newest first.

    Args:
        tx: The caller's transaction.
        words: Part of a label or of an address for letters; empty for everybody.
        role: Only these; None for all.
        now: Decides which visits stand.
        limit: At most so many.
    """
    known = or_(
        col(PersonRow.device).is_(None), col(PersonRow.id).in_(select(IdentityRow.person_id))
    )
    query = _entries(now).where(known)
    if words:
        part = f"%{words.translate(_ESCAPE)}%"
        by_address = select(IdentityRow.person_id).where(
            col(IdentityRow.contact).ilike(part, escape="\\")
        )
        query = query.where(
            or_(col(PersonRow.label).ilike(part, escape="\\"), col(PersonRow.id).in_(by_address))
        )
    if role is not None:
        query = query.where(col(PersonRow.role) == role.value)
    rows = (await tx.execute(query.limit(limit))).mappings()
    return tuple(_entry(row) for row in rows)


async def one(tx: Tx, person_id: str, now: datetime) -> Entry | None:
    """The person with this id."""
    query = _entries(now).where(col(PersonRow.id) == person_id)
    row = (await tx.execute(query)).mappings().one_or_none()
    return _entry(row) if row else None


async def counts(tx: Tx) -> dict[Role, int]:
    """How many people of each role there are, those known by their device alone included."""
    counted = select(PersonRow.role, func.count()).group_by(col(PersonRow.role))
    return {Role(role): int(count) for role, count in (await tx.execute(counted)).all()}


def _entries(now: datetime) -> Any:
    visits = (
        select(func.count())
        .where(
            col(VisitRow.person_id) == col(PersonRow.id),
            col(VisitRow.ended_at).is_(None),
            col(VisitRow.expires_at) > now,
        )
        .correlate(PersonRow)
        .scalar_subquery()
        .label("visits")
    )
    table = PersonRow.__table__  # type: ignore[attr-defined]  # SQLModel sets it
    return select(table, visits).order_by(
        col(PersonRow.created_at).desc(), col(PersonRow.id).desc()
    )


def _entry(row: Mapping[Any, Any]) -> Entry:
    person = Person(
        id=PersonId(row["id"]),
        role=Role(row["role"]),
        electorate=row["electorate"],
        entity=row["entity"],
        assurance=Assurance(row["assurance"]),
        label=row["label"],
    )
    return Entry(person, row["created_at"], int(row["visits"]))
