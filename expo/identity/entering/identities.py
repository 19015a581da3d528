"""What a way of signing in found out, and what that makes of a person. Pure.

A person has one standing: role, electorate and entity. Of several that are claimed the higher one
holds (counting page 1.6: team > employee > customer), and none changes once a ballot has been cast.
"""

import hmac
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from expo.errors import N_, BadRequest, NotAllowed, Refusal
from expo.identity.people import Assurance, Person, PersonId, stronger
from expo.mailboxes import owner
from expo.rights import STAFF, TEAM_MEMBERS, Action, Role

KEPT: Final = N_("electorate-kept")
"""Told when the identity could have meant another electorate, and a ballot was cast already."""
WITHDRAWN: Final = N_("ballots-withdrawn")
"""Told when this device's ballots gave way to those of the person it belongs to now."""

_ELECTORATES: Final = MappingProxyType(
    {
        Role.CUSTOMER: "customers",
        Role.EMPLOYEE: "employees",
        Role.TEAM: "teams",
        Role.PRESENTER: "teams",
    }
)
_RANKS: Final = MappingProxyType(
    {
        Role.PUBLIC: 0,
        Role.CUSTOMER: 1,
        Role.EMPLOYEE: 2,
        Role.TEAM: 3,
        Role.PRESENTER: 4,
        Role.SCREEN: 5,
        Role.AUDITOR: 6,
        Role.MODERATOR: 7,
        Role.OFFICER: 8,
        Role.ORGANISER: 9,
    }
)


class Kind(StrEnum):
    """A way of signing in."""

    EMAIL = "email"
    OIDC = "oidc"
    UAE_PASS = "uae-pass"  # noqa: S105 - the name of a service
    INVITATION = "invitation"
    VENUE = "venue"


_NAMES_STAFF: Final = frozenset({Kind.OIDC, Kind.INVITATION})
"""Ways by which an organiser can have said that somebody is staff."""


class Claim(msgspec.Struct, frozen=True):
    """What a way of signing in found out about whoever is at the door.

    ``issuer`` is who says so: "" for e-mail, the issuer of OIDC, ``uae-pass``, the id of a list.
    ``subject`` is who it is there: a normalised address, a ``sub``, a ``uuid``, the id of a badge; it
    is never stored. ``electorate`` None means the role's usual one. ``label`` is what staff call the
    person, ``contact`` a normalised address for letters; an invitation's contact has been proved by
    opening it, so it signs in by e-mail from then on.
    """

    kind: Kind
    issuer: str
    subject: str
    assurance: Assurance
    role: Role = Role.CUSTOMER
    electorate: str | None = None
    entity: str | None = None
    label: str = ""
    contact: str | None = None

    @property
    def proves(self) -> tuple["Claim", ...]:
        """This claim, and the one by e-mail that it proves as well."""
        if self.kind is not Kind.INVITATION or not self.contact:
            return (self,)
        reader = owner(self.contact)
        by_mail = msgspec.structs.replace(self, kind=Kind.EMAIL, issuer="", subject=reader)
        return self, by_mail


class Standing(msgspec.Struct, frozen=True):
    """What an organiser makes of somebody; electorate None means the role's usual one."""

    role: Role
    electorate: str | None = None
    entity: str | None = None


class ElectorateSettled(Refusal):
    """The person has cast a ballot: whom it counts for does not change any more."""

    code = N_("electorate-settled")
    status = 409


class Known(msgspec.Struct, frozen=True):
    """An identity on record: whose it is, and by which way; ``mark`` stands for the subject."""

    id: str
    person: str
    kind: Kind
    issuer: str
    mark: str


def mark_of(claim: Claim, secret: str) -> str:
    """What is stored instead of the subject; the same for the same subject, telling nothing of it."""
    # As a JSON list, so that no two subjects of two issuers read the same.
    message = msgspec.json.encode((claim.kind.value, claim.issuer, claim.subject))
    return hmac.digest(secret.encode(), b"identity\0" + message, "sha256").hex()


def marks_of(claim: Claim, secrets: tuple[str, ...]) -> tuple[str, ...]:
    """The mark by each secret, the newest first."""
    return tuple(mark_of(claim, secret) for secret in secrets)


def checked(claim: Claim) -> Claim:
    """The claim, if this way may say so much.

    Raises:
        NotAllowed: Nobody becomes staff by an address, a badge or UAE PASS alone; nobody a screen.
    """
    is_staff = claim.role in STAFF
    if claim.role in {Role.PUBLIC, Role.SCREEN} or (is_staff and claim.kind not in _NAMES_STAFF):
        raise NotAllowed(action=Action.SIGN_IN.value)
    return claim


def standing(
    role: Role, electorate: str | None, entity: str | None
) -> tuple[str | None, str | None]:
    """Electorate and entity somebody of this role has: staff have none, only members an entity."""
    usual = _ELECTORATES.get(role)
    return (electorate or usual) if usual else None, entity if role in TEAM_MEMBERS else None


def newcomer(claim: Claim, person_id: PersonId) -> Person:
    """The person a claim makes of somebody unknown."""
    electorate, entity = standing(claim.role, claim.electorate, claim.entity)
    return Person(
        id=person_id,
        role=claim.role,
        electorate=electorate,
        entity=entity,
        assurance=claim.assurance,
        label=claim.label,
    )


def raised(person: Person, claim: Claim, *, has_cast: bool) -> tuple[Person, bool]:
    """The person with what the claim adds, and whether an electorate was kept against it.

    Args:
        person: As known.
        claim: What has just been proved.
        has_cast: Whether the person has a ballot on record in any contest.
    """
    surer = msgspec.structs.replace(
        person,
        assurance=stronger(person.assurance, claim.assurance),
        label=person.label or claim.label,
    )
    if not _says_more(person, claim):
        return surer, False
    electorate, entity = standing(claim.role, claim.electorate, claim.entity)
    moves = (electorate, entity) != (person.electorate, person.entity)
    if has_cast and moves and claim.role not in STAFF:
        return surer, True
    return msgspec.structs.replace(
        surer, role=claim.role, electorate=electorate, entity=entity
    ), False


def told_anew(claim: Claim, person: Person, *, is_known: bool) -> Claim:
    """The claim as far as it says something that was not said before.

    An invitation says once what somebody is; what an organiser made of them since holds, however often
    they come back. A provider is asked each time, so what it says is new each time.

    Args:
        claim: What has just been proved.
        person: Whose it is.
        is_known: Whether this very identity is on record.
    """
    if not is_known or claim.kind is not Kind.INVITATION:
        return claim
    return msgspec.structs.replace(
        claim, role=person.role, electorate=person.electorate, entity=person.entity
    )


def given(person: Person, to: Standing, *, has_cast: bool) -> Person:
    """The person with another standing.

    Raises:
        ElectorateSettled: A ballot was cast, and electorate or entity would change.
        BadRequest: Nobody is made the public or a screen.
    """
    if to.role in {Role.PUBLIC, Role.SCREEN}:
        raise BadRequest(what="role")
    electorate, entity = standing(to.role, to.electorate, to.entity)
    moves = (electorate, entity) != (person.electorate, person.entity)
    if has_cast and moves and to.role not in STAFF:
        raise ElectorateSettled
    return msgspec.structs.replace(person, role=to.role, electorate=electorate, entity=entity)


def _says_more(person: Person, claim: Claim) -> bool:
    """Whether the claim's standing goes before the person's."""
    if person.role in TEAM_MEMBERS and claim.role in TEAM_MEMBERS and person.entity is not None:
        higher = _RANKS[claim.role] > _RANKS[person.role]
        return higher and claim.entity == person.entity
    if person.role is claim.role:
        return person.role in TEAM_MEMBERS and claim.entity is not None
    return _RANKS[claim.role] > _RANKS[person.role]


def may_join(person: Person, own: tuple[Known, ...], claim: Claim) -> bool:
    """Whether an identity nobody has yet becomes one more of whoever is at the door.

    Nobody has two of one way: a second address on a device is somebody else's. Staff get none this
    way either, or a minute at an organiser's desk would be a key to it.

    Args:
        person: At the door by a visit that stands.
        own: The person's identities.
        claim: What has just been proved.
    """
    if person.role in STAFF or person.role is Role.SCREEN:
        return False
    return all((one.kind, one.issuer) != (claim.kind, claim.issuer) for one in own)
