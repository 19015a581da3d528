"""Identities and held devices in and out of the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import insert, update
from sqlmodel import col, select

from expo.db import Tx, upsert
from expo.identity.entering.identities import Claim, Kind, Known
from expo.identity.entering.tables import HeldDeviceRow, IdentityRow
from expo.identity.people import PersonId

_HELD: Final[Any] = HeldDeviceRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


class Listed(msgspec.Struct, frozen=True):
    """One of a person's ways of signing in, as the person is shown it."""

    kind: Kind
    issuer: str
    added_at: datetime
    last_used_at: datetime
    contact: str | None


async def find(tx: Tx, marks: Collection[str]) -> dict[str, Known]:
    """The identities with these marks, by mark."""
    found = select(IdentityRow).where(col(IdentityRow.mark).in_(marks))
    rows = (await tx.execute(found)).mappings()
    return {row["mark"]: _known(row) for row in rows}


async def of_person(tx: Tx, person: str) -> tuple[Known, ...]:
    """A person's identities, oldest first."""
    rows = (await tx.execute(_of(person))).mappings()
    return tuple(_known(row) for row in rows)


async def listed(tx: Tx, person: str) -> tuple[Listed, ...]:
    """A person's ways of signing in, oldest first."""
    rows = (await tx.execute(_of(person))).mappings()
    return tuple(
        Listed(
            Kind(row["kind"]), row["issuer"], row["added_at"], row["last_used_at"], row["contact"]
        )
        for row in rows
    )


def people_signing_in() -> Any:
    """A query for the ids of people who sign in by an identity, to be part of another."""
    return select(IdentityRow.person_id)


def people_reached_at(words: str) -> Any:
    """A query for the ids of people with this in their address for letters, to be part of another."""
    reached = col(IdentityRow.contact).icontains(words, autoescape=True)
    return select(IdentityRow.person_id).where(reached)


async def add(tx: Tx, known: Known, claim: Claim, at: datetime) -> None:
    """Keep a new identity."""
    await tx.execute(
        insert(IdentityRow).values(
            id=known.id,
            person_id=known.person,
            kind=known.kind.value,
            issuer=known.issuer,
            mark=known.mark,
            label=claim.label,
            contact=claim.contact,
            added_at=at,
            last_used_at=at,
        )
    )


async def used(tx: Tx, known: Known, claim: Claim, mark: str, at: datetime) -> None:
    """Note that an identity was used, under the mark by the newest secret."""
    changes: dict[str, object] = {"mark": mark, "last_used_at": at}
    changes |= {"contact": claim.contact} if claim.contact else {}
    changes |= {"label": claim.label} if claim.label else {}
    await tx.execute(update(IdentityRow).where(col(IdentityRow.id) == known.id).values(**changes))


async def holder_of(tx: Tx, device: str) -> PersonId | None:
    """Whose the device with this fingerprint is; None while nobody signed in on it."""
    found = select(HeldDeviceRow.person_id).where(col(HeldDeviceRow.device) == device)
    person = (await tx.execute(found)).scalar_one_or_none()
    return None if person is None else PersonId(person)


async def held(tx: Tx, devices: Collection[str]) -> frozenset[str]:
    """Those of these devices, by fingerprint, on which somebody signed in."""
    found = select(HeldDeviceRow.device).where(col(HeldDeviceRow.device).in_(devices))
    return frozenset((await tx.execute(found)).scalars())


async def hold(tx: Tx, device: str, person: PersonId, at: datetime) -> None:
    """Make the device with this fingerprint the person's."""
    await upsert(tx, _HELD, [{"device": device, "person_id": person, "held_at": at}])


def _of(person: str) -> Any:
    mine = select(IdentityRow).where(col(IdentityRow.person_id) == person)
    return mine.order_by(col(IdentityRow.added_at), col(IdentityRow.id))


def _known(row: Any) -> Known:
    return Known(row["id"], row["person_id"], Kind(row["kind"]), row["issuer"], row["mark"])
