"""Passes, people and visits in and out of the database."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import func, insert, or_, update
from sqlmodel import col, select

from expo.db import Tx, add_new, one_at_a_time
from expo.identity.admission import Pass
from expo.identity.people import Assurance, Entry, Person, PersonId, Visit, VisitId
from expo.identity.tables import PassRow, PersonRow, VisitRow
from expo.rights import Role

_PEOPLE: Final[Any] = PersonRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_ANYBODY: Final = col(PersonRow.erased_at).is_(None)  # rows of whoever was erased stand for nobody
_STANDS: Final = col(VisitRow.ended_at).is_(None) & _ANYBODY


async def find_visits(tx: Tx, fingerprints: Collection[str], now: datetime) -> dict[str, Visit]:
    """The visits behind these cookies with their people; without those unknown, ended or over."""
    found = (
        select(
            VisitRow.fingerprint.label("mark"),  # type: ignore[attr-defined]  # SQLModel sets both
            VisitRow.id.label("visit_id"),  # type: ignore[attr-defined]  # SQLModel sets both
            VisitRow.assurance.label("visit_assurance"),  # type: ignore[union-attr]  # the same
            _PEOPLE,
        )
        .join(PersonRow, col(PersonRow.id) == col(VisitRow.person_id))
        .outerjoin(PassRow, col(PassRow.id) == col(PersonRow.pass_id))
        .add_columns(col(PassRow.batch).label("batch"))
        .where(col(VisitRow.fingerprint).in_(fingerprints), _STANDS, col(VisitRow.expires_at) > now)
    )
    rows = (await tx.execute(found)).mappings()
    return {
        row["mark"]: Visit(
            id=VisitId(row["visit_id"]), person=_present(row), batch=row["batch"] or ""
        )
        for row in rows
    }


async def person_on(tx: Tx, visit_id: VisitId, now: datetime) -> Person | None:
    """Whose visit this is, as it stands now; None when it has ended or run out."""
    assurance = VisitRow.assurance.label("visit_assurance")  # type: ignore[union-attr]  # by SQLModel
    found = (
        select(assurance, _PEOPLE)
        .join(PersonRow, col(PersonRow.id) == col(VisitRow.person_id))
        .where(col(VisitRow.id) == visit_id, _STANDS, col(VisitRow.expires_at) > now)
    )
    row = (await tx.execute(found)).mappings().one_or_none()
    return _present(row) if row else None


async def visits_of(tx: Tx, person_id: PersonId, now: datetime) -> frozenset[VisitId]:
    """Every visit of a person that stands."""
    found = select(VisitRow.id).where(
        col(VisitRow.person_id) == person_id,
        col(VisitRow.ended_at).is_(None),
        col(VisitRow.expires_at) > now,
    )
    return frozenset(VisitId(one) for one in (await tx.execute(found)).scalars())


async def standing(
    tx: Tx, ids: Collection[VisitId], now: datetime
) -> dict[VisitId, tuple[Role, str | None, str | None]]:
    """Those of these visits that have neither ended nor run out: role, electorate and entity by now."""
    found = (
        select(VisitRow.id, PersonRow.role, PersonRow.electorate, PersonRow.entity)
        .join(PersonRow, col(PersonRow.id) == col(VisitRow.person_id))
        .where(col(VisitRow.id).in_(ids), _STANDS, col(VisitRow.expires_at) > now)
    )
    rows = (await tx.execute(found)).all()
    return {VisitId(row[0]): (Role(row[1]), row[2], row[3]) for row in rows}


async def given_up(tx: Tx, ids: Collection[VisitId]) -> frozenset[VisitId]:
    """Those of these visits that their own people ended: by leaving, or as somebody else since."""
    found = (
        select(VisitRow.id)
        .join(PersonRow, col(PersonRow.id) == col(VisitRow.person_id))
        .outerjoin(PassRow, col(PassRow.id) == col(PersonRow.pass_id))
        .where(
            col(VisitRow.id).in_(ids),
            col(VisitRow.ended_at).is_not(None),
            col(PassRow.revoked_at).is_(None),
        )
    )
    return frozenset(VisitId(one) for one in (await tx.execute(found)).scalars())


async def add_visit(
    tx: Tx, visit: Visit, *, fingerprint: str, started_at: datetime, expires_at: datetime
) -> None:
    """Keep a new visit; it has an id and a person."""
    if visit.person is None:
        raise ValueError(visit.id)
    await tx.execute(
        insert(VisitRow).values(
            id=visit.id,
            fingerprint=fingerprint,
            person_id=visit.person.id,
            started_at=started_at,
            expires_at=expires_at,
            assurance=visit.person.assurance.value,
        )
    )


async def end_visit(tx: Tx, visit_id: VisitId, at: datetime) -> None:
    """End one visit; harmless when it has ended."""
    ended = update(VisitRow).where(col(VisitRow.id) == visit_id, col(VisitRow.ended_at).is_(None))
    await tx.execute(ended.values(ended_at=at))


async def end_visits_of(tx: Tx, person_id: PersonId, at: datetime) -> frozenset[VisitId]:
    """End every visit of a person; which ones those were."""
    ended = (
        update(VisitRow)
        .where(col(VisitRow.person_id) == person_id, col(VisitRow.ended_at).is_(None))
        .values(ended_at=at)
        .returning(col(VisitRow.id))
    )
    return frozenset(VisitId(found) for found in (await tx.execute(ended)).scalars())


async def end_visits_of_pass(tx: Tx, pass_id: str, at: datetime) -> frozenset[VisitId]:
    """End every visit of everybody this pass made; which ones those were."""
    people = select(PersonRow.id).where(col(PersonRow.pass_id) == pass_id)
    ended = (
        update(VisitRow)
        .where(col(VisitRow.person_id).in_(people), col(VisitRow.ended_at).is_(None))
        .values(ended_at=at)
        .returning(col(VisitRow.id))
    )
    return frozenset(VisitId(found) for found in (await tx.execute(ended)).scalars())


async def find_device_person(tx: Tx, device: str) -> Person | None:
    """Whoever joined with the device of this fingerprint."""
    return await _find_person(tx, col(PersonRow.device) == device)


async def add_person(
    tx: Tx, person: Person, *, at: datetime, pass_id: str | None = None, device: str | None = None
) -> None:
    """Keep a new person, and by which pass or device (its fingerprint) they came."""
    row = _person_row(person, at=at, pass_id=pass_id, device=device)
    await tx.execute(insert(PersonRow), [row])


async def add_device_person(tx: Tx, person: Person, *, at: datetime, device: str) -> Person:
    """Keep whoever joined with this device; if it joined on another node just now, who that was."""
    row = _person_row(person, at=at, pass_id=None, device=device)
    kept = None if await add_new(tx, _PEOPLE, row) else await find_device_person(tx, device)
    return kept or person


async def find_person(tx: Tx, person_id: str, *, hold: bool = False) -> Person | None:
    """The person with this id, as on record; nobody, once they were erased."""
    found = select(PersonRow).where(_ANYBODY, col(PersonRow.id) == person_id)
    found = found.with_for_update() if hold else found
    row = (await tx.execute(found)).mappings().one_or_none()
    return _person(row) if row else None


async def save_person(tx: Tx, person: Person, pass_id: str | None = None) -> None:
    """Write a person over what is on record; as the bearer of a pass where one is given."""
    row: dict[str, Any] = {
        "role": person.role.value,
        "electorate": person.electorate,
        "entity": person.entity,
        "assurance": person.assurance.value,
        "label": person.label,
    } | ({"pass_id": pass_id} if pass_id is not None else {})
    await tx.execute(update(PersonRow).where(col(PersonRow.id) == person.id).values(**row))


async def pass_of(tx: Tx, person_id: PersonId) -> str | None:
    """Id of the pass that made this person."""
    found = select(PersonRow.pass_id).where(col(PersonRow.id) == person_id)
    return (await tx.execute(found)).scalar_one_or_none()


async def has_organiser(tx: Tx, now: datetime) -> bool:
    """Whether anybody is in as organiser; of several nodes that start one asks after the other."""
    await one_at_a_time(tx, "first organiser")
    found = (
        select(VisitRow.id)
        .join(PersonRow, col(PersonRow.id) == col(VisitRow.person_id))
        .where(col(PersonRow.role) == Role.ORGANISER.value, _STANDS, col(VisitRow.expires_at) > now)
        .limit(1)
    )
    return (await tx.execute(found)).first() is not None


async def add_passes(tx: Tx, batch: str, issued_by: str | None, passes: Mapping[str, Pass]) -> None:
    """Keep new passes, by the fingerprint of their nonce.

    Raises:
        sqlalchemy.exc.IntegrityError: A fingerprint or id exists; they are chance, so never.
    """
    rows = [
        {
            "id": one.id,
            "fingerprint": fingerprint,
            "batch": batch,
            "role": one.role.value,
            "electorate": one.electorate,
            "entity": one.entity,
            "label": one.label,
            "uses": one.uses,
            "issued_at": one.issued_at,
            "issued_by": issued_by,
            "expires_at": one.expires_at,
        }
        for fingerprint, one in passes.items()
    ]
    await tx.execute(insert(PassRow), rows)


async def has_batch(tx: Tx, batch: str) -> bool:
    """Whether passes were issued under this batch id; whoever asks next waits for this transaction."""
    await one_at_a_time(tx, f"passes {batch}")
    found = select(PassRow.id).where(col(PassRow.batch) == batch).limit(1)
    return (await tx.execute(found)).first() is not None


async def find_pass(tx: Tx, fingerprint: str, *, hold: bool = True) -> Pass | None:
    """The pass whose nonce has this fingerprint; held against another redemption, but for a look."""
    found = select(PassRow).where(col(PassRow.fingerprint) == fingerprint)
    found = found.with_for_update() if hold else found
    row = (await tx.execute(found)).mappings().one_or_none()
    return _pass(row) if row else None


async def find_pass_by_id(tx: Tx, pass_id: str) -> Pass | None:
    """The pass with this id."""
    found = select(PassRow).where(col(PassRow.id) == pass_id).with_for_update()
    row = (await tx.execute(found)).mappings().one_or_none()
    return _pass(row) if row else None


async def open_passes(tx: Tx, batch: str) -> tuple[tuple[str, Pass], ...]:
    """The passes of a batch that nobody took back, each with the fingerprint of its nonce."""
    found = select(PassRow).where(col(PassRow.batch) == batch, col(PassRow.revoked_at).is_(None))
    rows = (await tx.execute(found)).mappings()
    return tuple((row["fingerprint"], _pass(row)) for row in rows)


async def revoke_pass(tx: Tx, pass_id: str, at: datetime) -> None:
    """Take a pass back."""
    revoked = update(PassRow).where(col(PassRow.id) == pass_id).values(revoked_at=at)
    await tx.execute(revoked)


async def used(tx: Tx, pass_id: str) -> int:
    """How many people the pass has made: counted, never stored."""
    counted = select(func.count()).where(col(PersonRow.pass_id) == pass_id)
    return int((await tx.execute(counted)).scalar_one())


async def list_passes(tx: Tx, limit: int) -> tuple[tuple[Pass, int], ...]:
    """The latest passes, newest first, each with how many people it has made."""
    made = (
        select(func.count())
        .where(col(PersonRow.pass_id) == col(PassRow.id))
        .correlate(PassRow)
        .scalar_subquery()
        .label("used")
    )
    newest = (
        select(PassRow.__table__, made)  # type: ignore[attr-defined]  # SQLModel sets __table__
        .order_by(col(PassRow.issued_at).desc(), col(PassRow.id).desc())
        .limit(limit)
    )
    return tuple((_pass(row), int(row["used"])) for row in (await tx.execute(newest)).mappings())


async def registered(
    tx: Tx, words: str, role: Role | None, now: datetime, limit: int, *, known: Any, reached: Any
) -> tuple[Entry, ...]:
    """People who are known by more than their device, newest first.

    ``words`` are part of a label; ``known`` and ``reached`` are queries for the ids of whoever signs in
    by an identity, and of whoever has these words in an address for letters.
    """
    query = _entries(now).where(or_(col(PersonRow.device).is_(None), col(PersonRow.id).in_(known)))
    if words:
        by_label = col(PersonRow.label).icontains(words, autoescape=True)
        query = query.where(or_(by_label, col(PersonRow.id).in_(reached)))
    if role is not None:
        query = query.where(col(PersonRow.role) == role.value)
    rows = (await tx.execute(query.limit(limit))).mappings()
    return tuple(_entry(row) for row in rows)


async def entry(tx: Tx, person_id: str, now: datetime) -> Entry | None:
    """The person with this id, as the register has them."""
    query = _entries(now).where(col(PersonRow.id) == person_id)
    rows = (await tx.execute(query)).mappings()
    return next((_entry(row) for row in rows), None)


async def counts(tx: Tx) -> dict[Role, int]:
    """How many people of each role there are, those known by their device alone included."""
    counted = select(PersonRow.role, func.count()).group_by(col(PersonRow.role))
    return {Role(role): int(count) for role, count in (await tx.execute(counted)).all()}


async def members(tx: Tx) -> frozenset[tuple[str, Role]]:
    """The entities that somebody belongs to, each with the role."""
    found = select(PersonRow.entity, PersonRow.role).where(
        col(PersonRow.entity).is_not(None), _ANYBODY
    )
    return frozenset((str(entity), Role(role)) for entity, role in (await tx.execute(found)).all())


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
    return (
        select(_PEOPLE, visits)
        .where(_ANYBODY)
        .order_by(col(PersonRow.created_at).desc(), col(PersonRow.id).desc())
    )


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(_person(row), row["created_at"], int(row["visits"]))


async def _find_person(tx: Tx, condition: Any) -> Person | None:
    row = (await tx.execute(select(PersonRow).where(condition))).mappings().one_or_none()
    return _person(row) if row else None


def _person_row(
    person: Person, *, at: datetime, pass_id: str | None, device: str | None
) -> dict[str, Any]:
    return {
        "id": person.id,
        "role": person.role.value,
        "electorate": person.electorate,
        "entity": person.entity,
        "assurance": person.assurance.value,
        "label": person.label,
        "pass_id": pass_id,
        "device": device,
        "created_at": at,
    }


def _person(row: Mapping[Any, Any]) -> Person:
    return Person(
        id=PersonId(row["id"]),
        role=Role(row["role"]),
        electorate=row["electorate"],
        entity=row["entity"],
        assurance=Assurance(row["assurance"]),
        label=row["label"],
    )


def _present(row: Mapping[Any, Any]) -> Person:
    """The person as known on a visit."""
    person = _person(row)
    if row["visit_assurance"] is None:
        return person
    return msgspec.structs.replace(person, assurance=Assurance(row["visit_assurance"]))


def _pass(row: Mapping[Any, Any]) -> Pass:
    return Pass(
        id=row["id"],
        role=Role(row["role"]),
        electorate=row["electorate"],
        entity=row["entity"],
        label=row["label"],
        uses=row["uses"],
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
