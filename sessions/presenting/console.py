"""A presenter's console put together from what the show, the desk and the audience say. Pure."""

from datetime import datetime

from sessions.board import Board
from sessions.presenting.clock import following, slot_of, turn
from sessions.presenting.protocol import ConsoleCue, ConsoleNext, ConsoleQuestion, ConsoleState
from sessions.presenting.values import Cue, Kind
from sessions.programme import Session
from sessions.questions.values import Queued
from sessions.reactions.values import Felt
from sessions.stage import Rundown


def console(
    rundown: Rundown,
    running: Board,
    planned: Session,
    *,
    at: datetime,
    cue: Cue | None,
    questions: tuple[Queued, ...],
    questions_version: int,
    felt: Felt,
) -> ConsoleState:
    """Everything on the console of a session.

    Its version is the sum of versions of what it is made from: none of them ever falls.

    Args:
        rundown: What organisers did.
        running: The board with the times that are to be expected.
        planned: The session as planned.
        at: The instant.
        cue: The last thing the desk said.
        questions: What is before the presenter, in the desk's order.
        questions_version: Of the session's questions.
        felt: Reactions of the last minute.
    """
    slot, later = slot_of(rundown, running, planned), following(running, planned.id)
    return ConsoleState(
        session=planned.id,
        version=rundown.stage.version + questions_version + (cue.n if cue else 0),
        server_at=at,
        title=planned.title,
        turn=turn(slot, at).value,
        before=slot.before,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        due_at=slot.due_at,
        live_at=slot.live_at,
        planned_minutes=slot.planned_minutes,
        added_minutes=slot.added_minutes,
        held_at=slot.held_at,
        next=ConsoleNext(later.session.title, later.session.starts_at) if later else None,
        cue=_shown(cue),
        questions=tuple(ConsoleQuestion(one.id, one.text, one.supports) for one in questions),
        felt={kind.value: n for kind, n in felt.counts},
        felt_at=felt.at,
    )


def _shown(cue: Cue | None) -> ConsoleCue | None:
    if cue is None or cue.kind is Kind.CLEAR:
        return None
    return ConsoleCue(cue.n, cue.kind.value, cue.text, cue.sent_at, cue.seen_at)
