"""One table of who may do what; every route, socket message and template asks it. Pure.

A row says which roles may do a thing anywhere, and which only where their own entity is concerned
(architecture page 8, participation page 3.4).
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

import msgspec


class Role(StrEnum):
    """What somebody is allowed to be here; ``PUBLIC`` is anybody at the door."""

    PUBLIC = "public"
    CUSTOMER = "customer"
    EMPLOYEE = "employee"
    TEAM = "team"
    """A member of an entity's innovation team."""
    PRESENTER = "presenter"
    """A member of the team who stands on the stage."""
    MODERATOR = "moderator"
    """Runs the show; has no say over people, lists or results under dispute."""
    OFFICER = "officer"
    """Keeps the vote fair: signals, held ballots, appeals."""
    ORGANISER = "organiser"
    AUDITOR = "auditor"
    """Looks at everything that decides a result and changes nothing."""
    SCREEN = "screen"


class Action(StrEnum):
    """What can be asked of the expo."""

    READ_PAGES = "read-pages"
    FOLLOW_LIVE = "follow-live"
    REDEEM_PASS = "redeem-pass"
    SIGN_IN = "sign-in"
    JOIN_AS_CUSTOMER = "join-as-customer"
    LEAVE = "leave"
    CAST_BALLOT = "cast-ballot"
    READ_OWN_BALLOT = "read-own-ballot"
    APPEAL = "appeal"
    KEEP_OWN_DATA = "keep-own-data"
    """Take away, or have erased, what is stored about oneself."""
    PROPOSE = "propose"
    """Write and hand in an initiative, and go on with it after comments."""
    READ_PROPOSALS = "read-proposals"
    REVIEW_PROPOSALS = "review-proposals"
    ASK_QUESTIONS = "ask-questions"
    """Ask the presenters something, in a session that takes questions."""
    SUPPORT_QUESTIONS = "support-questions"
    REACT = "react"
    """Let the presenter feel something, uncounted by name."""
    MODERATE_QUESTIONS = "moderate-questions"
    ANSWER_QUESTIONS = "answer-questions"
    """Write an entity's answers to what was asked in its sessions."""
    PRESENT = "present"
    """See a session's console: time left, cues, questions, what the audience feels."""
    RUN_SHOW = "run-show"
    SEE_PRIVATE_TALLY = "see-private-tally"
    WATCH_FAIRNESS = "watch-fairness"
    REVIEW_HELD = "review-held"
    AUDIT_SEALED = "audit-sealed"
    """Read the ballots of electorates that are opened to an auditor only."""
    MANAGE_PASSES = "manage-passes"
    MANAGE_PEOPLE = "manage-people"
    MANAGE_EXPO = "manage-expo"
    """Entities, electorates, contests, and lists of them in and out."""
    PREPARE_BULLETIN = "prepare-bulletin"
    """Write the day's bulletin, publish what was reviewed, correct it."""
    REVIEW_BULLETIN = "review-bulletin"
    """Be the second person who stands by it."""
    READ_OUTBOX = "read-outbox"
    RELOAD_PROGRAMME = "reload-programme"
    READ_STAFF_LOG = "read-staff-log"
    SHOW_ON_SCREEN = "show-on-screen"
    READ_METRICS = "read-metrics"


class Grant(msgspec.Struct, frozen=True):
    """Who may do one thing: ``anywhere``, or with what belongs to their ``own_entity`` alone."""

    anywhere: frozenset[Role]
    own_entity: frozenset[Role] = frozenset()


class Standing(Protocol):
    """Whoever asks, with the entity they belong to; identity's ``Person`` is one."""

    @property
    def role(self) -> Role:
        """What they are allowed to be."""

    @property
    def entity(self) -> str | None:
        """Id of their entity, if they have one."""


VOTERS: Final = frozenset({Role.CUSTOMER, Role.EMPLOYEE, Role.TEAM, Role.PRESENTER})
"""Whoever has a ballot; staff and screens have none."""
TEAM_MEMBERS: Final = frozenset({Role.TEAM, Role.PRESENTER})
"""Whoever belongs to an entity."""
STAFF: Final = frozenset({Role.MODERATOR, Role.OFFICER, Role.ORGANISER, Role.AUDITOR})
"""Whoever works for the expo."""
_ALL: Final = frozenset(Role)
_EVERYBODY: Final = Grant(_ALL)
_VOTERS: Final = Grant(VOTERS)
_ORGANISERS: Final = Grant(frozenset({Role.ORGANISER}))
_SHOW: Final = Grant(frozenset({Role.ORGANISER, Role.MODERATOR}))

TABLE: Final = MappingProxyType(
    {
        Action.READ_PAGES: _EVERYBODY,
        Action.FOLLOW_LIVE: _EVERYBODY,
        Action.REDEEM_PASS: _EVERYBODY,
        Action.SIGN_IN: _EVERYBODY,
        Action.JOIN_AS_CUSTOMER: _EVERYBODY,
        Action.LEAVE: _EVERYBODY,
        Action.CAST_BALLOT: _VOTERS,
        Action.READ_OWN_BALLOT: _VOTERS,
        Action.APPEAL: _EVERYBODY,
        Action.KEEP_OWN_DATA: Grant(VOTERS | STAFF),
        Action.PROPOSE: Grant(frozenset(), TEAM_MEMBERS),
        Action.READ_PROPOSALS: Grant(frozenset({Role.ORGANISER, Role.AUDITOR}), TEAM_MEMBERS),
        Action.REVIEW_PROPOSALS: _ORGANISERS,
        Action.ASK_QUESTIONS: _VOTERS,
        Action.SUPPORT_QUESTIONS: _VOTERS,
        Action.REACT: _VOTERS,
        Action.MODERATE_QUESTIONS: _SHOW,
        Action.ANSWER_QUESTIONS: Grant(frozenset({Role.ORGANISER}), TEAM_MEMBERS),
        Action.PRESENT: Grant(frozenset({Role.ORGANISER, Role.MODERATOR}), TEAM_MEMBERS),
        Action.RUN_SHOW: _SHOW,
        Action.SEE_PRIVATE_TALLY: _SHOW,
        Action.WATCH_FAIRNESS: Grant(frozenset({Role.OFFICER, Role.ORGANISER, Role.AUDITOR})),
        Action.REVIEW_HELD: Grant(frozenset({Role.OFFICER, Role.ORGANISER})),
        Action.AUDIT_SEALED: Grant(frozenset({Role.AUDITOR})),
        Action.MANAGE_PASSES: _ORGANISERS,
        Action.MANAGE_PEOPLE: _ORGANISERS,
        Action.MANAGE_EXPO: _ORGANISERS,
        Action.PREPARE_BULLETIN: _ORGANISERS,
        Action.REVIEW_BULLETIN: Grant(frozenset({Role.ORGANISER, Role.OFFICER})),
        Action.READ_OUTBOX: _ORGANISERS,
        Action.RELOAD_PROGRAMME: _ORGANISERS,
        Action.READ_STAFF_LOG: Grant(frozenset({Role.ORGANISER, Role.OFFICER, Role.AUDITOR})),
        Action.SHOW_ON_SCREEN: Grant(frozenset({Role.SCREEN, Role.ORGANISER})),
        Action.READ_METRICS: _ORGANISERS,
    }
)


def may(role: Role, action: Action) -> bool:
    """Whether somebody with this role may do this, be it with their own entity's things alone.

    Where it concerns an entity, `may_with` has the last word.
    """
    grant = TABLE[action]
    return role in grant.anywhere or role in grant.own_entity


def may_with(somebody: Standing | None, action: Action, entity: str | None) -> bool:
    """Whether this person may do this with something of that entity.

    Args:
        somebody: Who asks; None for the public.
        action: What is asked.
        entity: Id of the entity the thing belongs to; None for what belongs to none.
    """
    grant = TABLE[action]
    if somebody is None:
        return Role.PUBLIC in grant.anywhere
    if somebody.role in grant.anywhere:
        return True
    return somebody.role in grant.own_entity and entity is not None and somebody.entity == entity
