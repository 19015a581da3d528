"""What an organiser can order from the control room, and what needs a second press. Pure."""

from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from expo.errors import N_, Refusal
from sessions.cues import Cue, Scene
from voting.contests import Move

MOST_MINUTES: Final = 60  # one extension; longer is a mistyped number
LARGEST_VERSION: Final = 2**53 - 1  # what a browser can hold exactly

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Kind(StrEnum):
    """What is ordered."""

    START = Cue.START.value
    END = Cue.END.value
    POSTPONE = Cue.POSTPONE.value
    RESCHEDULE = Cue.RESCHEDULE.value
    CANCEL = Cue.CANCEL.value
    READY = Move.READY.value
    OPEN = Move.OPEN.value
    PAUSE = Move.PAUSE.value
    RESUME = Move.RESUME.value
    EXTEND = Move.EXTEND.value
    CLOSE = Move.CLOSE.value
    REVIEW = Move.REVIEW.value
    REVEAL = Move.REVEAL.value
    PUBLISH = Move.PUBLISH.value
    SCENE = "scene"
    """Pick a scene, or let it follow by itself again (``scene`` absent)."""
    NEXT = "next-session"
    """End the session that is live (``ends``) and start this one, in one step."""
    MINUTES = "add-minutes"
    """Move the end of a live session, or the start of one that waits, by ``by`` minutes."""
    HOLD = "hold-show"
    """Let the show's clock stand."""
    GO_ON = "go-on"
    ABSORB = "absorb-delay"
    """From now on the time between sessions takes up a delay."""
    CARRY = "carry-delay"
    """From now on a delay moves everything after it."""
    UNDO = "undo"
    """Bring back how everything stood before the last order."""


OF_SESSION: Final = frozenset(
    {
        Kind.START,
        Kind.END,
        Kind.POSTPONE,
        Kind.RESCHEDULE,
        Kind.CANCEL,
        Kind.NEXT,
        Kind.MINUTES,
    }
)
OF_CLOCK: Final = frozenset({Kind.HOLD, Kind.GO_ON, Kind.ABSORB, Kind.CARRY, Kind.UNDO})
"""Orders about the show as a whole and its clock."""
OF_STAGE: Final = OF_CLOCK | {Kind.SCENE}
"""Orders whose ``version`` is the stage's."""
ON_STAGE: Final = frozenset({Kind.OPEN, Kind.REVEAL})
"""Orders that bring their contest onto the stage when another one is there."""
NEEDS_CONFIRMATION: Final = frozenset({Kind.CLOSE, Kind.PUBLISH, Kind.END, Kind.CANCEL})
"""What cannot be undone."""


ACTIONS: Final = MappingProxyType(
    {
        Kind.START: N_("start-session"),
        Kind.END: N_("end-session"),
        Kind.POSTPONE: N_("postpone-session"),
        Kind.RESCHEDULE: N_("reschedule-session"),
        Kind.CANCEL: N_("cancel-session"),
        Kind.READY: N_("ready-contest"),
        Kind.OPEN: N_("open-contest"),
        Kind.PAUSE: N_("pause-contest"),
        Kind.RESUME: N_("resume-contest"),
        Kind.EXTEND: N_("extend-contest"),
        Kind.CLOSE: N_("close-contest"),
        Kind.REVIEW: N_("review-result"),
        Kind.REVEAL: N_("reveal-place"),
        Kind.PUBLISH: N_("publish-result"),
        Kind.SCENE: N_("pick-scene"),
        Kind.NEXT: N_("next-session"),
        Kind.MINUTES: N_("add-minutes"),
        Kind.HOLD: N_("hold-show"),
        Kind.GO_ON: N_("go-on"),
        Kind.ABSORB: N_("absorb-delay"),
        Kind.CARRY: N_("carry-delay"),
        Kind.UNDO: N_("undo"),
    }
)
"""What the staff log calls each order; the catalogues have the words."""
LEFT_HELD: Final = N_("leave-held")
"""What the staff log calls the word that ``n`` undecided ballots of an approved count stay held."""
RELOAD: Final = N_("reload-programme")
"""What the staff log calls putting an edited schedule in force."""


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One press of a button.

    ``version`` is the version of what is acted on as the organiser saw it: the session's for
    orders about a session, the contest's for orders about a contest, the stage's for the others.
    ``ends`` is the session that "next" ends, none where none is live; ``by`` may be negative.
    ``may_stay_held`` approves a count although ballots are held and undecided: they stay held.
    """

    kind: Kind
    version: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_VERSION)]
    session: Id | None = None
    contest: Id | None = None
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)] | None = None
    by: Annotated[int, msgspec.Meta(ge=-MOST_MINUTES, le=MOST_MINUTES)] | None = None
    ends: Id | None = None
    scene: Scene | None = None
    confirmed: bool = False
    may_stay_held: bool = False

    @property
    def subject(self) -> str:
        """What is acted on, for the staff log."""
        if self.kind in OF_STAGE:
            return "stage"
        return (self.session if self.kind in OF_SESSION else self.contest) or ""


class ConfirmFirst(Refusal):
    """This cannot be undone; order it again with ``confirmed``."""

    code = N_("confirm-first")
    status = 409


class IncompleteOrder(Refusal):
    """The order does not say what it is about; ``missing`` names the field."""

    code = N_("incomplete-order")
    status = 422


def check(order: Order) -> None:
    """Look whether an order is whole and, where it must be, confirmed.

    Raises:
        IncompleteOrder: A field this kind needs is missing.
        ConfirmFirst: It cannot be undone and was not confirmed.
    """
    if not order.subject:
        raise IncompleteOrder(missing="session" if order.kind in OF_SESSION else "contest")
    if order.kind is Kind.EXTEND and order.minutes is None:
        raise IncompleteOrder(missing="minutes")
    if order.kind is Kind.MINUTES and not order.by:
        raise IncompleteOrder(missing="by")
    if order.kind in NEEDS_CONFIRMATION and not order.confirmed:
        raise ConfirmFirst(kind=order.kind.value)
