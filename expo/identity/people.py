"""A person, a visit, and how sure we are of both. Pure.

A *person* is known to the expo, however slightly; a *visit* is one device's stay, signed in or not.
Full identity comes later and fills the same values from other sources.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

import msgspec

from expo.errors import NotAllowed
from expo.rights import STAFF, Role

PersonId = NewType("PersonId", str)
VisitId = NewType("VisitId", str)
_UNSHARED: Final = STAFF | {Role.SCREEN}  # each sees pages of their own


class Assurance(StrEnum):
    """How sure it is that one person stands behind a ballot (counting page 5.1)."""

    VERIFIED = "A"
    """Verified identity."""
    CONTACT = "B"
    """A verified contact, an invitation or a venue pass."""
    DEVICE = "C"
    """This device only."""


_STRENGTH: Final = (Assurance.DEVICE, Assurance.CONTACT, Assurance.VERIFIED)


def is_enough(has: Assurance, needed: Assurance) -> bool:
    """Whether somebody known so surely may do what needs so much."""
    return _STRENGTH.index(has) >= _STRENGTH.index(needed)


def stronger(one: Assurance, other: Assurance) -> Assurance:
    """The surer of two."""
    return one if is_enough(one, other) else other


class Person(msgspec.Struct, frozen=True):
    """Somebody the expo knows.

    ``electorate`` is the id of the one group this person votes in, or None (staff, screens);
    ``entity`` is the id of the entity a team member belongs to, or None; ``label`` is what staff
    logs call this person (never shown to the public). ``assurance`` is how surely the person is known
    on this visit: coming back by a weaker way than before counts as that way.
    """

    id: PersonId
    role: Role
    electorate: str | None = None
    entity: str | None = None
    assurance: Assurance = Assurance.DEVICE
    label: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One person in the register, with the day they came, and on how many devices they are in now."""

    person: Person
    since: datetime
    visits: int


class Visit(msgspec.Struct, frozen=True):
    """One device at the door.

    ``id`` is None until the device has been given a cookie; ``person`` is None until it joined or
    redeemed a pass; ``device`` is a random string kept by the device alone, which seeds the order
    of options before anybody joined. ``batch`` names the passes issued together with the one this
    person came with; empty for who came in another way.
    """

    id: VisitId | None = None
    person: Person | None = None
    device: str = ""
    batch: str = ""

    @property
    def role(self) -> Role:
        """What this visit may be treated as; the public when nobody is known."""
        return self.person.role if self.person else Role.PUBLIC

    def somebody(self) -> Person:
        """Who asks, behind a door that lets nobody in whom we do not know.

        Raises:
            NotAllowed: Nobody is known after all.
        """
        if self.person is None:
            raise NotAllowed
        return self.person


def kind_of(visit: Visit, *, votes: bool = False) -> Visit | None:
    """A stand-in for everybody who is shown the same pages; None for staff, who share none.

    No id, no device and no name is in it: what a page made for it says is nobody's own.

    Args:
        visit: Who looks.
        votes: Whether the page shows a ballot: then electorate, entity and assurance tell kinds apart.
    """
    person = visit.person
    if person is None:
        return Visit()
    if person.role in _UNSHARED:
        return None
    kind = Person(id=PersonId(""), role=person.role)
    if votes:
        kind = msgspec.structs.replace(
            kind,
            electorate=person.electorate,
            entity=person.entity,
            assurance=person.assurance,
        )
    return Visit(person=kind)
