"""What becomes of a proposal: one table of moves, who makes them, and why another is refused. Pure.

Source: architecture page 8, "Initiative".
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from expo.errors import N_, Refusal
from expo.rights import Action


class State(StrEnum):
    """Where a proposal stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    """Handed in: the organisers read it and the team waits."""
    RETURNED = "returned"
    """Back at its team, with comments."""
    ACCEPTED = "accepted"
    """Published; from here on every change is a revision that everybody can see."""
    SCHEDULED = "scheduled"
    """Has a place in the programme."""
    PRESENTED = "presented"
    SELECTED = "selected"
    NOT_SELECTED = "not-selected"
    IN_DELIVERY = "in-delivery"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"


class Move(msgspec.Struct, frozen=True):
    """One permitted move: where to, who may make it, and whether a reason must be given."""

    to: State
    by: Action = Action.REVIEW_PROPOSALS
    needs_reason: bool = False


class WrongMove(Refusal):
    """The table has no such move; facts: ``state``, ``to`` and the table's ``reason``."""

    code = N_("proposal-wrong-move")
    status = 409


class ReasonMissing(Refusal):
    """This move is made with a reason that the others can read."""

    code = N_("proposal-reason-missing")
    status = 422


_WITHDRAW: Final = Move(State.WITHDRAWN, Action.PROPOSE)

TABLE: Final[Mapping[State, tuple[Move, ...]]] = MappingProxyType(
    {
        State.DRAFT: (Move(State.SUBMITTED, Action.PROPOSE), _WITHDRAW),
        State.SUBMITTED: (
            Move(State.ACCEPTED),
            Move(State.RETURNED, needs_reason=True),
            _WITHDRAW,
        ),
        State.RETURNED: (Move(State.SUBMITTED, Action.PROPOSE), _WITHDRAW),
        State.ACCEPTED: (Move(State.SCHEDULED), _WITHDRAW),
        State.SCHEDULED: (Move(State.PRESENTED), _WITHDRAW),
        State.PRESENTED: (
            Move(State.SELECTED),
            Move(State.NOT_SELECTED, needs_reason=True),
            _WITHDRAW,
        ),
        State.SELECTED: (Move(State.IN_DELIVERY), _WITHDRAW),
        State.IN_DELIVERY: (Move(State.DELIVERED), _WITHDRAW),
        State.NOT_SELECTED: (),
        State.DELIVERED: (),
        State.WITHDRAWN: (),
    }
)
"""Every move there is."""

WHY_NOT: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.DRAFT: "not-handed-in",
        State.SUBMITTED: "in-review",
        State.RETURNED: "back-at-the-team",
        State.ACCEPTED: "waits-for-a-slot",
        State.SCHEDULED: "not-presented",
        State.PRESENTED: "waits-for-the-choice",
        State.SELECTED: "delivery-not-begun",
        State.IN_DELIVERY: "being-delivered",
        State.NOT_SELECTED: "not-selected",
        State.DELIVERED: "delivered",
        State.WITHDRAWN: "withdrawn",
    }
)
"""Why no other move is possible from a state; the ``reason`` of a refusal."""

EDITABLE: Final = frozenset({State.DRAFT, State.RETURNED, State.ACCEPTED, State.SCHEDULED})
"""The team may write."""
REVISED: Final = frozenset({State.ACCEPTED, State.SCHEDULED})
"""The team may write, and what it changes is a revision everybody can see."""
FINAL: Final = frozenset(state for state, moves in TABLE.items() if not moves)
PUBLIC: Final = frozenset(
    {
        State.ACCEPTED,
        State.SCHEDULED,
        State.PRESENTED,
        State.SELECTED,
        State.NOT_SELECTED,
        State.IN_DELIVERY,
        State.DELIVERED,
    }
)
"""Everybody may read it."""


def moves_from(state: State) -> frozenset[State]:
    """Where a proposal in this state may go."""
    return frozenset(move.to for move in TABLE[state])


def move(state: State, to: State, reason: str = "") -> Move:
    """The move from one state to another.

    Args:
        state: Where the proposal stands.
        to: Where it shall go.
        reason: As given by whoever moves it, cleaned.

    Raises:
        WrongMove: The table has no such move.
        ReasonMissing: This move needs a reason.
    """
    for found in TABLE[state]:
        if found.to is to:
            if found.needs_reason and not reason:
                raise ReasonMissing(to=to.value)
            return found
    raise WrongMove(state=state.value, to=to.value, reason=WHY_NOT[state])
