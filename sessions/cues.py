"""What may follow what on the stage: a session's states, and the scene the screens show.

The scene follows by itself (`scene_for`) unless an organiser picks one; what may be picked at all
is asked in `may_show`, so that no screen can be told to show what has not been revealed. Pure.

Source: architecture page 8 (session), experience page S1 (scenes).
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from expo.errors import N_, Refusal
from voting.contests import Phase


class Status(StrEnum):
    """Where a session stands."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"
    PUBLISHED = "published"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


class Cue(StrEnum):
    """What can be done to a session; ``PUBLISH`` follows its contest, nobody presses it."""

    START = "start-session"
    END = "end-session"
    PUBLISH = "publish-session"
    POSTPONE = "postpone-session"
    RESCHEDULE = "reschedule-session"
    CANCEL = "cancel-session"


_TABLE: Final = MappingProxyType(
    {
        (Status.SCHEDULED, Cue.START): Status.LIVE,
        (Status.LIVE, Cue.END): Status.ENDED,
        (Status.ENDED, Cue.PUBLISH): Status.PUBLISHED,
        (Status.SCHEDULED, Cue.POSTPONE): Status.POSTPONED,
        (Status.POSTPONED, Cue.RESCHEDULE): Status.SCHEDULED,
        (Status.SCHEDULED, Cue.CANCEL): Status.CANCELLED,
        (Status.POSTPONED, Cue.CANCEL): Status.CANCELLED,
    }
)


class IllegalCue(Refusal):
    """The session is in a state from which this cannot be done; ``status`` and ``cue`` say which."""

    code = N_("illegal-cue")
    status = 409


def after(status: Status, cue: Cue) -> Status:
    """The status a cue leads to.

    Raises:
        IllegalCue: The table has no such cue from this status.
    """
    following = _TABLE.get((status, cue))
    if following is None:
        raise IllegalCue(status=status.value, cue=cue.value)
    return following


def cues_from(status: Status) -> tuple[Cue, ...]:
    """What an organiser can do to a session in this status, in the table's order."""
    return tuple(cue for at, cue in _TABLE if at is status and cue is not Cue.PUBLISH)


class Scene(StrEnum):
    """What every projector shows."""

    JOIN = "join"
    NOW = "now"
    TURNOUT = "turnout"
    LIVE = "live"
    CLOSED = "closed"
    REVEAL = "reveal"
    FINAL = "final"
    BREAK = "break"
    BLACK = "black"


ASKING: Final = frozenset({Phase.OPEN, Phase.PAUSED})
COUNTING: Final = frozenset({Phase.CLOSING, Phase.CLOSED, Phase.REVIEWED})
SHOWN: Final = frozenset({Phase.PUBLISHED, Phase.AMENDED})
RUNNING: Final = frozenset({Phase.OPEN, Phase.PAUSED, Phase.CLOSING})
"""Phases in which ballots may still arrive: a session cannot end meanwhile."""


def scene_for(status: Status | None, phase: Phase | None, visibility: str = "hidden") -> Scene:
    """The scene that follows from the session on the stage and its contest.

    Args:
        status: Of the session on the stage; None before anything was put there.
        phase: Of its contest; None where the session asks nothing.
        visibility: Whether the running order is public (``live``).
    """
    if phase in ASKING:
        return Scene.LIVE if visibility == "live" else Scene.TURNOUT
    if phase in COUNTING:
        return Scene.CLOSED
    if phase is Phase.REVEALING:
        return Scene.REVEAL
    if phase in SHOWN:
        return Scene.FINAL
    if status is None or status is Status.SCHEDULED:
        return Scene.JOIN
    return Scene.NOW if status is Status.LIVE else Scene.BREAK


def may_show(scene: Scene, phase: Phase | None, visibility: str = "hidden") -> bool:
    """Whether a scene can be picked now: none may show what is not public yet."""
    match scene:
        case Scene.TURNOUT:
            return phase in ASKING or phase in COUNTING
        case Scene.LIVE:
            return phase in ASKING and visibility == "live"
        case Scene.CLOSED:
            return phase in COUNTING
        case Scene.REVEAL:
            return phase is Phase.REVEALING or phase in SHOWN
        case Scene.FINAL:
            return phase in SHOWN
        case _:
            return True


def scenes_for(phase: Phase | None, visibility: str = "hidden") -> tuple[Scene, ...]:
    """The scenes that can be picked now, in the order of the show."""
    return tuple(scene for scene in Scene if may_show(scene, phase, visibility))


def scene_now(
    picked: Scene | None, status: Status | None, phase: Phase | None, visibility: str = "hidden"
) -> Scene:
    """The scene on the screens: the picked one while it may be shown, else what follows by itself."""
    if picked is not None and may_show(picked, phase, visibility):
        return picked
    return scene_for(status, phase, visibility)
