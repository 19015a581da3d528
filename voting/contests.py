"""What is asked: a contest, its options and electorates, and the states it goes through. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, NewType

import msgspec

from expo.errors import N_, Refusal
from expo.identity.people import Assurance
from expo.words import Text
from voting.holds import HoldRule

ContestId = NewType("ContestId", str)
Method = Literal["ranked_pairs", "schulze", "borda", "irv"]
Visibility = Literal["hidden", "after_vote", "live"]
Audit = Literal["open", "sealed"]

MOST_OPTIONS: Final = 12
"""More options than this cannot be ranked with care (experience page O3)."""

MOST_GRACE: Final = 60
"""Seconds: a longer grace than this can be ruled, but nothing that is measured makes it longer."""


class Phase(StrEnum):
    """Where a contest stands (architecture page 8)."""

    DRAFT = "draft"
    READY = "ready"
    OPEN = "open"
    PAUSED = "paused"
    CLOSING = "closing"
    CLOSED = "closed"
    REVIEWED = "reviewed"
    REVEALING = "revealing"
    PUBLISHED = "published"
    AMENDED = "amended"


class Move(StrEnum):
    """What can be done to a contest; ``HARD_CLOSE`` is the clock's, never a person's."""

    READY = "ready"
    OPEN = "open"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    CLOSE = "close"
    HARD_CLOSE = "hard-close"
    REVIEW = "review"
    REVEAL = "reveal"
    PUBLISH = "publish"


_TABLE: Final = MappingProxyType(
    {
        (Phase.DRAFT, Move.READY): Phase.READY,
        (Phase.READY, Move.OPEN): Phase.OPEN,
        (Phase.OPEN, Move.PAUSE): Phase.PAUSED,
        (Phase.PAUSED, Move.RESUME): Phase.OPEN,
        (Phase.OPEN, Move.EXTEND): Phase.OPEN,
        (Phase.OPEN, Move.CLOSE): Phase.CLOSING,
        (Phase.PAUSED, Move.CLOSE): Phase.CLOSING,
        (Phase.CLOSING, Move.HARD_CLOSE): Phase.CLOSED,
        (Phase.CLOSED, Move.REVIEW): Phase.REVIEWED,
        (Phase.REVIEWED, Move.REVEAL): Phase.REVEALING,
        (Phase.REVEALING, Move.REVEAL): Phase.REVEALING,
        (Phase.REVEALING, Move.PUBLISH): Phase.PUBLISHED,
    }
)


class IllegalMove(Refusal):
    """The contest is in a phase from which this cannot be done; ``phase`` and ``move`` say which."""

    code = N_("illegal-move")
    status = 409


def after(phase: Phase, move: Move) -> Phase:
    """The phase a move leads to.

    Raises:
        IllegalMove: The table has no such move from this phase.
    """
    following = _TABLE.get((phase, move))
    if following is None:
        raise IllegalMove(phase=phase.value, move=move.value)
    return following


def moves_from(phase: Phase) -> tuple[Move, ...]:
    """What can be done in this phase, in the table's order."""
    return tuple(move for at, move in _TABLE if at is phase)


class Option(msgspec.Struct, frozen=True):
    """One thing that can be ranked; ``entity`` decides whose own it is."""

    id: str
    title: Text
    short: Text
    summary: Text
    entity: str
    entity_name: Text
    href: str
    """Page about it, without the language prefix, e.g. ``/initiative/dewa-solar``."""
    sample: bool = False


class Electorate(msgspec.Struct, frozen=True):
    """One group whose ballots are weighed together (counting page 1.6)."""

    id: str
    name: Text
    weight: int
    full_weight_at: int
    min: int
    assurance: Assurance
    audit: Audit = "open"
    """``sealed``: its ballots are opened to an auditor alone, never to the public."""


class Rules(msgspec.Struct, frozen=True):
    """How the contest is run and counted; fixed once it is ready."""

    method: Method = "ranked_pairs"
    max_ranked: int = 5
    """Longest ranking accepted (K)."""
    visibility: Visibility = "hidden"
    own: Literal["abstain", "count"] = "abstain"
    open_minutes: int = 10
    """Minutes from opening to the announced close."""
    grace_seconds: int = 10
    """Fewest seconds after the announced close in which ballots still arrive; G is at least that."""
    holds: tuple[HoldRule, ...] = ()
    """What holds a ballot for review; the first that applies is its reason."""


class Contest(msgspec.Struct, frozen=True):
    """One thing put to the audience.

    ``closes_at`` is the announced close; ballots that arrive by ``closes_at + grace`` count.
    ``grace`` is fixed once, when the contest closes (G of streaming page 4, seconds). ``revealed``
    counts the places shown so far, from the last upwards, and ``revealed_at`` is when the latest of
    them was. ``version`` grows by one
    with every move; whoever acts says which version was seen.
    """

    id: ContestId
    subject: str
    """Opaque id of what it is about (a session)."""
    href: str
    """Page that carries the ballot, without the language prefix."""
    title: Text
    day: int
    options: tuple[Option, ...]
    electorates: tuple[Electorate, ...]
    rules: Rules
    phase: Phase = Phase.DRAFT
    version: int = 0
    opened_at: datetime | None = None
    closes_at: datetime | None = None
    closed_at: datetime | None = None
    paused_at: datetime | None = None
    revealed_at: datetime | None = None
    grace: int | None = None
    revealed: int = 0
    sample: bool = False
    stations: int = 1
    """Logs its ballots are spread over (`voting.stations`); fixed with the definition."""

    def option(self, option_id: str) -> Option | None:
        """The option with this id, if the contest has it."""
        return next((option for option in self.options if option.id == option_id), None)

    def electorate(self, electorate_id: str | None) -> Electorate | None:
        """The electorate with this id, if it takes part."""
        return next((group for group in self.electorates if group.id == electorate_id), None)

    @property
    def hard_close_at(self) -> datetime | None:
        """Last instant at which a ballot may arrive: the announced close and the grace after it."""
        if self.closes_at is None:
            return None
        return self.closes_at + timedelta(seconds=self.grace_seconds)

    @property
    def grace_seconds(self) -> int:
        """G: as fixed at the close, before it the fewest seconds it can be."""
        return self.rules.grace_seconds if self.grace is None else self.grace

    @property
    def cue_at(self) -> datetime | None:
        """When the hall saw what the phase says: the opening, the close or the latest reveal.

        Whoever watches a stream is shown it when the picture has reached this instant.
        """
        if self.phase in _REVEALED:
            return self.revealed_at
        return self.opened_at if self.phase in _ASKING else self.closes_at


_ASKING: Final = frozenset({Phase.OPEN, Phase.PAUSED})
_REVEALED: Final = frozenset({Phase.REVEALING, Phase.PUBLISHED, Phase.AMENDED})
