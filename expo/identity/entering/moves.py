"""Whose a device is, and whose ballots count, inside somebody else's transaction.

What ballots are is not known here: whoever assembles the expo gives the one thing that knows
(`Ballots`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import msgspec

from expo.db import Tx
from expo.identity import store as people
from expo.identity.admission import Pass, assurance_of
from expo.identity.entering import store
from expo.identity.entering.identities import Claim, Kind, raised
from expo.identity.people import Person, PersonId, Visit
from expo.passes import fingerprint
from expo.rights import VOTERS


class Ballots(Protocol):
    """What coming in has to know of ballots, and to do about them."""

    async def has_cast(self, tx: Tx, person: PersonId) -> bool:
        """Whether this person has a ballot on record in any contest, withdrawn or not."""

    async def withdraw(self, tx: Tx, person: PersonId, at: datetime) -> tuple[str, ...]:
        """Take this person's ballots out of every contest that is not over; the contests concerned."""

    async def settle(self, people: Iterable[PersonId], contests: Iterable[str]) -> None:
        """After the commit: what these people had under way is withdrawn too, and word goes round."""

    async def surer(self, person: Person) -> None:
        """After the commit: this person is known so surely now, which may be enough for held ballots."""


class Taken(msgspec.Struct, frozen=True):
    """Whose ballots gave way, and in which contests: `Ballots.settle` wants both after the commit."""

    people: tuple[PersonId, ...] = ()
    contests: tuple[str, ...] = ()


async def at_the_door(tx: Tx, visit: Visit, now: datetime) -> Person | None:
    """Whoever this visit is by its cookie as long as it stands, else by its device.

    A device on which somebody has signed in is nobody's until they sign in again.
    """
    if visit.id is not None and (person := await people.person_on(tx, visit.id, now)) is not None:
        return person
    mark = fingerprint(visit.device)
    if await store.holder_of(tx, mark) is not None:
        return None
    return await people.find_device_person(tx, mark)


async def take_device(
    tx: Tx, ballots: Ballots, visit: Visit, before: Person | None, person: Person, now: datetime
) -> Taken:
    """Make the visit's device the person's.

    Whoever was known by this device alone was this person without saying so: one person, one ballot.
    Somebody with an identity or a pass is somebody else, and keeps theirs.

    Args:
        tx: The caller's transaction.
        ballots: Knows and withdraws ballots.
        visit: At the door.
        before: As `at_the_door` says.
        person: Who it is from now on.
        now: When.
    """
    taken = Taken()
    is_other = before is not None and before.id != person.id and before.role in VOTERS
    if before is not None and is_other and await _is_by_device_alone(tx, before):
        taken = Taken((before.id,), await ballots.withdraw(tx, before.id, now))
    if person.role in VOTERS:
        await store.hold(tx, fingerprint(visit.device), person.id, now)
    return taken


async def bear(tx: Tx, ballots: Ballots, one: Pass, visit: Visit, now: datetime) -> Person | None:
    """Whoever is at the door by an identity, as the bearer of this pass; None where there is nobody.

    Signing in and then opening one's pass makes one person with one ballot, as the other way round.
    """
    before = await at_the_door(tx, visit, now)
    if before is None or before.role not in VOTERS or one.role not in VOTERS:
        return None
    has_pass = await people.pass_of(tx, before.id) is not None
    if has_pass or not await store.of_person(tx, before.id):
        return None
    held = await people.find_person(tx, before.id, hold=True)
    if held is None:
        return None
    said = Claim(
        Kind.INVITATION,
        issuer="pass",
        subject=one.id,
        assurance=assurance_of(one.role),
        role=one.role,
        electorate=one.electorate,
        entity=one.entity,
        label=one.label,
    )
    person, _ = raised(held, said, has_cast=await ballots.has_cast(tx, held.id))
    await people.save_person(tx, person, one.id)
    return person


async def is_by(tx: Tx, one: Pass, visit: Visit) -> bool:
    """Whether this very device is in by this pass already; a pass taken back counts for nobody."""
    if visit.person is None or one.revoked_at is not None:
        return False
    return await people.pass_of(tx, visit.person.id) == one.id


async def held_by(tx: Tx, one: Pass, visit: Visit) -> Person | None:
    """Whom this pass made on this very device, where they left; a voter may come back by the same link."""
    holder = await store.holder_of(tx, fingerprint(visit.device))
    if holder is None or one.revoked_at is not None or await people.pass_of(tx, holder) != one.id:
        return None
    return await people.find_person(tx, holder)


async def _is_by_device_alone(tx: Tx, person: Person) -> bool:
    by_pass = await people.pass_of(tx, person.id) is not None
    return not by_pass and not await store.of_person(tx, person.id)
