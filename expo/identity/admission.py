"""Passes as values, and the rules by which one lets somebody in. Pure."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from expo.errors import BadRequest
from expo.identity.people import Assurance
from expo.passes import PassExpired, PassRevoked, PassUsed
from expo.rights import STAFF, TEAM_MEMBERS, VOTERS, Role
from expo.words import Text, clean

MOST_AT_ONCE: Final = 200  # passes in one go: a full printed sheet run, and one short transaction
MOST_USES: Final = 500
LONGEST_LABEL: Final = 80
LONGEST_VALIDITY: Final = timedelta(days=60)
MOST_HOURS: Final = LONGEST_VALIDITY // timedelta(hours=1)
CUSTOMERS: Final = "customers"  # the electorate anybody may join with a device

_STAFF_STAY: Final = timedelta(hours=12)  # one expo day from building up to clearing away
_STAY: Final = timedelta(days=14)  # the expo and a look at its results
_DEVICE: Final = re.compile("[A-Za-z0-9_-]{24}")


class PassState(StrEnum):
    """What can still be done with a pass."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Pass(msgspec.Struct, frozen=True):
    """One pass as issued; ``uses`` people can be made with it, until ``expires_at``."""

    id: str
    role: Role
    electorate: str | None
    entity: str | None
    label: str
    uses: int
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class PassLine(msgspec.Struct, frozen=True):
    """A pass in the organisers' list: how many people it has made, and its state now."""

    issued: Pass
    used: int
    state: PassState


class IssuedPass(msgspec.Struct, frozen=True):
    """A new pass with its token, which is shown once and kept nowhere."""

    issued: Pass
    token: str

    @property
    def path(self) -> str:
        """Address of the page that redeems it, without origin and language."""
        return f"/pass/{self.token}"


class Named(msgspec.Struct, frozen=True):
    """Something a pass can be for: its id and its name in both languages."""

    id: str
    name: Text


class PassTargets(msgspec.Struct, frozen=True):
    """What the programme in force offers passes for."""

    electorates: tuple[Named, ...] = ()
    entities: tuple[Named, ...] = ()


class PassOrder(msgspec.Struct, frozen=True):
    """What somebody asks to be issued, once it has been `checked`."""

    role: Role
    electorate: str | None
    entity: str | None
    label: str
    expires_at: datetime
    uses: int = 1


def checked(order: PassOrder, count: int, now: datetime) -> PassOrder:
    """The order for this many passes with a clean label.

    Raises:
        BadRequest: It makes no sense; ``what`` names the field.
    """
    label = clean(order.label)
    is_voter = order.role in VOTERS
    for what, is_right in (
        ("role", order.role is not Role.PUBLIC),
        ("electorate", is_voter == (order.electorate is not None)),
        ("entity", order.entity is None or order.role in TEAM_MEMBERS),
        ("label", len(label) <= LONGEST_LABEL),
        ("expires_at", now < order.expires_at <= now + LONGEST_VALIDITY),
        ("uses", 1 <= order.uses <= MOST_USES),
        ("count", 1 <= count <= MOST_AT_ONCE),
    ):
        if not is_right:
            raise BadRequest(what=what)
    return msgspec.structs.replace(order, label=label)


def made(order: PassOrder, pass_id: str, now: datetime) -> Pass:
    """A new pass as ordered."""
    return Pass(
        id=pass_id,
        role=order.role,
        electorate=order.electorate,
        entity=order.entity,
        label=order.label,
        uses=order.uses,
        issued_at=now,
        expires_at=order.expires_at,
    )


def admit(one: Pass, used: int, now: datetime) -> None:
    """Nothing, if the pass lets one more person in.

    Raises:
        PassRevoked: An organiser took it back.
        PassExpired: Too late.
        PassUsed: Nobody more.
    """
    match state_of(one, used, now):
        case PassState.REVOKED:
            raise PassRevoked
        case PassState.EXPIRED:
            raise PassExpired(expired_at=one.expires_at.isoformat())
        case PassState.USED:
            raise PassUsed
        case PassState.OPEN:
            return


def state_of(one: Pass, used: int, now: datetime) -> PassState:
    """What can still be done with the pass; taking back outweighs the rest."""
    if one.revoked_at is not None:
        return PassState.REVOKED
    if used >= one.uses:
        return PassState.USED
    return PassState.EXPIRED if now >= one.expires_at else PassState.OPEN


def stay(role: Role) -> timedelta:
    """How long a visit lasts before the person must come in again (ASVS 7.3.1)."""
    return _STAFF_STAY if role in STAFF else _STAY


def assurance_of(role: Role) -> Assurance:
    """How sure a pass makes us: it was handed to somebody (rulings 6); staff do not vote."""
    return Assurance.DEVICE if role is Role.PUBLIC else Assurance.CONTACT


def is_device(token: str | None) -> bool:
    """Whether this is a device token as we make them."""
    return token is not None and _DEVICE.fullmatch(token) is not None
