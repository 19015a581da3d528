"""One table of who may do what; every route, socket message and template asks it. Pure."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What somebody is allowed to be here; ``PUBLIC`` is anybody at the door."""

    PUBLIC = "public"
    CUSTOMER = "customer"
    EMPLOYEE = "employee"
    TEAM = "team"
    ORGANISER = "organiser"
    SCREEN = "screen"


class Action(StrEnum):
    """What can be asked of the expo."""

    READ_PAGES = "read-pages"
    FOLLOW_LIVE = "follow-live"
    REDEEM_PASS = "redeem-pass"
    JOIN_AS_CUSTOMER = "join-as-customer"
    LEAVE = "leave"
    CAST_BALLOT = "cast-ballot"
    READ_OWN_BALLOT = "read-own-ballot"
    RUN_SHOW = "run-show"
    SEE_PRIVATE_TALLY = "see-private-tally"
    MANAGE_PASSES = "manage-passes"
    RELOAD_PROGRAMME = "reload-programme"
    READ_STAFF_LOG = "read-staff-log"
    SHOW_ON_SCREEN = "show-on-screen"
    READ_METRICS = "read-metrics"


_EVERYBODY: Final = frozenset(Role)
_VOTERS: Final = frozenset({Role.CUSTOMER, Role.EMPLOYEE, Role.TEAM})
_ORGANISERS: Final = frozenset({Role.ORGANISER})

TABLE: Final = MappingProxyType(
    {
        Action.READ_PAGES: _EVERYBODY,
        Action.FOLLOW_LIVE: _EVERYBODY,
        Action.REDEEM_PASS: _EVERYBODY,
        Action.JOIN_AS_CUSTOMER: _EVERYBODY,
        Action.LEAVE: _EVERYBODY,
        Action.CAST_BALLOT: _VOTERS,
        Action.READ_OWN_BALLOT: _VOTERS,
        Action.RUN_SHOW: _ORGANISERS,
        Action.SEE_PRIVATE_TALLY: _ORGANISERS,
        Action.MANAGE_PASSES: _ORGANISERS,
        Action.RELOAD_PROGRAMME: _ORGANISERS,
        Action.READ_STAFF_LOG: _ORGANISERS,
        Action.SHOW_ON_SCREEN: frozenset({Role.SCREEN, Role.ORGANISER}),
        Action.READ_METRICS: _ORGANISERS,
    }
)


def may(role: Role, action: Action) -> bool:
    """Whether somebody with this role may do this."""
    return role in TABLE[action]
