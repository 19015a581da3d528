"""What becomes of a bulletin: one table of steps, and why another is refused. Pure.

Draft → in review → reviewed → (scheduled, until its embargo ends) → published → amended. Each version
of a day is a bulletin of its own: what follows a published one is a new draft, and when that is
published the old one is amended and stays. Source: architecture page 8, "Bulletin".
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from expo.errors import N_, Refusal


class State(StrEnum):
    """Where one version of a day's bulletin stands."""

    DRAFT = "draft"
    """Its words can be written."""
    IN_REVIEW = "in-review"
    """Frozen as it is; waits for a second person."""
    REVIEWED = "reviewed"
    """Two people stand by it; nobody else has seen it."""
    SCHEDULED = "scheduled"
    """Appears by itself when its embargo ends."""
    PUBLISHED = "published"
    AMENDED = "amended"
    """Published, and replaced by a newer version; stays where it is."""


class Step(StrEnum):
    """What can be done with a bulletin; ``SUPERSEDE`` comes with the publication of its successor."""

    SEND = "send"
    BACK = "back"
    REVIEW = "review"
    SCHEDULE = "schedule"
    PUBLISH = "publish"
    SUPERSEDE = "supersede"


class WrongStep(Refusal):
    """The table has no such step; facts: ``state``, ``step`` and the table's ``reason``."""

    code = N_("bulletin-wrong-step")
    status = 409


TABLE: Final[Mapping[tuple[State, Step], State]] = MappingProxyType(
    {
        (State.DRAFT, Step.SEND): State.IN_REVIEW,
        (State.IN_REVIEW, Step.BACK): State.DRAFT,
        (State.IN_REVIEW, Step.REVIEW): State.REVIEWED,
        (State.REVIEWED, Step.BACK): State.DRAFT,
        (State.REVIEWED, Step.SCHEDULE): State.SCHEDULED,
        (State.REVIEWED, Step.PUBLISH): State.PUBLISHED,
        (State.SCHEDULED, Step.BACK): State.DRAFT,
        (State.SCHEDULED, Step.PUBLISH): State.PUBLISHED,
        (State.PUBLISHED, Step.SUPERSEDE): State.AMENDED,
    }
)
"""Every step there is. Nothing leads out of what the public has seen but a newer version."""

WHY_NOT: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.DRAFT: N_("it is still a draft and has not been reviewed"),
        State.IN_REVIEW: N_("it waits for a second person's review"),
        State.REVIEWED: N_("it has been reviewed as it is"),
        State.SCHEDULED: N_("it is reviewed and waits for the end of its embargo"),
        State.PUBLISHED: N_("it is published; what is wrong in it is corrected by a new version"),
        State.AMENDED: N_("it is published and a newer version has replaced it"),
    }
)
"""Why no other step is possible from a state; the ``reason`` of a refusal."""

PUBLIC: Final = frozenset({State.PUBLISHED, State.AMENDED})
"""Everybody may read it."""
FROZEN: Final = frozenset({State.IN_REVIEW, State.REVIEWED, State.SCHEDULED})
"""Its edition is fixed, and nobody outside has seen it."""


def after(state: State, step: Step) -> State:
    """The state a step leads to.

    Raises:
        WrongStep: The table has no such step from this state.
    """
    found = TABLE.get((state, step))
    if found is None:
        raise WrongStep(state=state.value, step=step.value, reason=WHY_NOT[state])
    return found


def steps_from(state: State) -> tuple[Step, ...]:
    """What can be done in this state, in the table's order."""
    return tuple(step for at, step in TABLE if at is state)


def check_editable(state: State) -> None:
    """Nothing, if words may be written in this state.

    Raises:
        WrongStep: They may not.
    """
    if state is not State.DRAFT:
        raise WrongStep(state=state.value, step="edit", reason=WHY_NOT[state])
