"""Whatever is stored about one person, found, copied, wiped and expired by the inventory.

Tables are taken by their names: what they are is said by the rooms that own them, and which of their
columns are about people by the inventory, which a test holds against the schema.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, false, func, or_, select, update

from expo.db import Row, Tx, add_new, one_at_a_time
from expo.identity.privacy.inventory import TABLES
from expo.identity.privacy.values import By, Now, Table, Who
from expo.mailboxes import owner

VISITS_STAY: Final = timedelta(days=7)
"""After a visit has ended or run out."""
LETTERS_STAY: Final = timedelta(days=30)
"""After a letter was written."""
UNCONFIRMED_STAY: Final = timedelta(hours=24)
"""After somebody asked for bulletins by e-mail and nobody confirmed it."""
DECLINED_STAY: Final = timedelta(days=30)
"""After a question of the audience was declined."""
DRAFTS_STAY: Final = timedelta(hours=1)
"""After a list of people was read."""


async def hold(tx: Tx, who: Who) -> bool:
    """Let nobody enter as this person until the transaction ends; whether there is such a person.

    In the order in which entering takes the same: devices and identities first, then the person.
    """
    locks = {f"device {one}" for one in who.devices} | {f"identity {one}" for one in who.marks}
    for lock in sorted(locks):
        await one_at_a_time(tx, lock)
    person = _table("persons").c
    mine = select(person.id).where(person.id == who.person, person.erased_at.is_(None))
    return (await tx.execute(mine.with_for_update())).first() is not None


async def find(tx: Tx, person_id: str) -> Who:
    """By what this person's rows are found."""
    person, identity = _table("persons").c, _table("identities").c
    held, one_pass = _table("held_devices").c, _table("passes").c
    own = select(person.device, person.pass_id).where(person.id == person_id)
    row = (await tx.execute(own)).first()
    by_identity = select(identity.contact, identity.mark).where(identity.person_id == person_id)
    known = (await tx.execute(by_identity)).all()
    devices = await _values(tx, select(held.device).where(held.person_id == person_id))
    single = select(one_pass.id).where(one_pass.id == (row.pass_id if row else None))
    contacts = {one.contact for one in known if one.contact}
    return Who(
        person_id,
        devices | ({row.device} if row and row.device else frozenset()),
        await _spellings(tx, contacts),
        await _values(tx, single.where(one_pass.uses == 1)),
        frozenset(one.mark for one in known),
    )


async def rows_of(tx: Tx, who: Who) -> dict[str, tuple[dict[str, object], ...]]:
    """This person's rows of every table, with the columns that can be told."""
    found: dict[str, tuple[dict[str, object], ...]] = {}
    for one in TABLES.values():
        if one.own:
            table = _table(one.name)
            query = select(*(table.c[name] for name in one.told)).where(_is_own(one, who))
            rows = await tx.execute(query.order_by(*table.primary_key))
            found[one.name] = tuple(dict(row) for row in rows.mappings())
    return found


async def visits_of(tx: Tx, person: str) -> frozenset[str]:
    """Every visit of this person that is still there."""
    visit = _table("visits").c
    return await _values(tx, select(visit.id).where(visit.person_id == person))


async def erase(tx: Tx, who: Who, now: datetime) -> int:
    """Take away or wipe everything of this person's; how many rows that concerned."""
    concerned = 0
    for one in TABLES.values():
        if not one.own or one.wiped == ():
            continue
        mine = _is_own(one, who)
        if one.wiped is None:
            done = await tx.execute(delete(_table(one.name)).where(mine))
        else:
            left = {name: now if isinstance(to, Now) else to for name, to in one.wiped}
            done = await tx.execute(update(_table(one.name)).where(mine).values(left))
        concerned += done.rowcount
    await _forget_reviewer(tx, who.person)
    row = {"person": who.person, "label": "", "erased_at": now}
    await add_new(tx, _table("staff_name"), row)  # where nobody has named them yet
    return concerned


async def expire(tx: Tx, now: datetime) -> dict[str, int]:
    """Take away what has had its time; how many rows of each kind."""
    visit, letter = _table("visits"), _table("letters")
    draft, trip = _table("list_drafts"), _table("used_trips")
    subscriber = _table("bulletin_subscriber")
    question, support = _table("question"), _table("question_support")
    gone = func.coalesce(visit.c.ended_at, visit.c.expires_at)
    due = {
        "visits": delete(visit).where(gone <= now - VISITS_STAY),
        "letters": delete(letter).where(
            letter.c.done_at.is_not(None), letter.c.written_at <= now - LETTERS_STAY
        ),
        "list_drafts": delete(draft).where(draft.c.made_at <= now - DRAFTS_STAY),
        "used_trips": delete(trip).where(trip.c.expires_at <= now),
        "bulletin_subscriber": delete(subscriber).where(
            subscriber.c.confirmed_at.is_(None), subscriber.c.asked_at <= now - UNCONFIRMED_STAY
        ),
        "question": delete(question).where(
            question.c.state == "declined", question.c.acted_at <= now - DECLINED_STAY
        ),
        "question_support": delete(support).where(support.c.question.not_in(select(question.c.id))),
    }
    return {name: (await tx.execute(statement)).rowcount for name, statement in due.items()}


async def people_after(tx: Tx, after: str, most: int) -> tuple[str, ...]:
    """Ids of people in order: those after an id, at most so many."""
    person = _table("persons").c
    query = select(person.id).where(person.id > after).order_by(person.id).limit(most)
    return tuple((await tx.execute(query)).scalars())


async def _forget_reviewer(tx: Tx, person: str) -> None:
    """Take the marks off what this person proposed; while it waits, they still tell two people apart."""
    proposal = _table("held_proposal")
    done = (proposal.c.person == person) & proposal.c.outcome.is_not(None)
    await tx.execute(update(proposal).where(done).values(device="", marks="[]"))


async def _spellings(tx: Tx, contacts: Collection[str]) -> frozenset[str]:
    """These addresses, what all spellings of each have in common, and those they were invited at."""
    owners = {owner(one) for one in contacts}
    invitation = _table("invitations").c
    invited = await _values(
        tx, select(invitation.email).where(invitation.mailbox.in_(owners | set(contacts)))
    )
    return frozenset(contacts) | owners | invited


async def _values(tx: Tx, query: Any) -> frozenset[str]:
    return frozenset((await tx.execute(query)).scalars())


def _is_own(table: Table, who: Who) -> Any:
    values: dict[By, Collection[str]] = {
        By.PERSON: (who.person,),
        By.DEVICE: who.devices,
        By.ADDRESS: who.addresses,
        By.PASS: who.passes,
    }
    columns = _table(table.name).c
    return or_(false(), *(columns[name].in_(values[by]) for by, name in table.own))


def _table(name: str) -> Any:
    return Row.metadata.tables[name]
