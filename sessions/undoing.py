"""Taking back the last order: what can be, how long, and what stands again afterwards. Pure.

Only the very last order can be taken back, and only where no ballot can have been touched: a
contest that a start made ready stays ready. Versions never go back: what stands again is news.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from expo.errors import N_, Refusal
from sessions.orders import OF_CLOCK, Kind
from sessions.stage import UNDO_SECONDS, Before, Progress, Stage

_ON_ITS_WAY: Final = timedelta(seconds=2)
"""Given to a press that was made in time and arrives late."""
UNDOABLE: Final = (OF_CLOCK - {Kind.UNDO}) | {
    Kind.START,
    Kind.END,
    Kind.NEXT,
    Kind.POSTPONE,
    Kind.RESCHEDULE,
    Kind.MINUTES,
    Kind.SCENE,
}
"""What touches no ballot. A cancelled session may have given a final other finalists."""


class NothingToUndo(Refusal):
    """The last order cannot be taken back: it concerned ballots, or was an undo itself."""

    code = N_("nothing-to-undo")
    status = 409


class StepTooOld(Refusal):
    """The last order was more than ``seconds`` ago: by now the hall has seen it."""

    code = N_("step-too-old")
    status = 409


def noted(
    kind: Kind,
    at: datetime,
    stage: Stage,
    was: Mapping[str, Progress],
    now: Mapping[str, Progress],
) -> Before | None:
    """What to keep about an order; None where it cannot be taken back.

    Args:
        kind: What was ordered.
        at: When.
        stage: As it was before.
        was: Where every session stood before.
        now: Where every session stands after it.
    """
    if kind not in UNDOABLE:
        return None
    touched = {one: state for one, state in was.items() if now.get(one) != state}
    return Before(kind.value, at, stage, touched)


def restored(
    before: Before | None, now: Mapping[str, Progress], stage: Stage, at: datetime
) -> tuple[Stage, dict[str, Progress]]:
    """The stage and the sessions as they stood, with the versions they have now and one more.

    Args:
        before: What was kept about the last order.
        now: Where every session stands.
        stage: As it is.
        at: The instant.

    Raises:
        NothingToUndo: Nothing was kept.
        StepTooOld: It is too long ago.
    """
    if before is None:
        raise NothingToUndo
    if at > before.until_at + _ON_ITS_WAY:
        raise StepTooOld(seconds=UNDO_SECONDS)
    sessions = {
        one: replace(state, version=now[one].version + 1, code=now[one].code)
        for one, state in before.sessions.items()
        if one in now
    }
    return replace(before.stage, version=stage.version), sessions
