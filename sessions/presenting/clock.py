"""How much time a presenter has, and whose turn it is. Pure.

The end of a session is its planned end, later by the whole minutes it began late and by those
organisers added: the end the board tells too (`sessions.running`). Unlike the board's it does not move
on when the time is up: from there on the presenter is told how much they are over.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from sessions.board import Board, DayRow, Row, RowState
from sessions.cues import Status
from sessions.programme import Session
from sessions.running import MINUTE, MOST_LATE
from sessions.stage import Rundown

SOON: Final = timedelta(hours=1)
"""How long before its start whoever comes first on a day is told to stand by."""
_AHEAD: Final = frozenset({RowState.LIVE, RowState.DUE, RowState.UPCOMING})
_WAITING: Final = frozenset({RowState.DUE, RowState.UPCOMING})


class Turn(StrEnum):
    """Where a presenter stands."""

    WAITING = "waiting"
    """Others come first, or it is long to go."""
    NEXT = "next"
    """Stand by: nobody who waits comes first."""
    STAGE = "stage"
    OVERTIME = "overtime"
    FINISHED = "finished"
    OFF = "off"
    """Postponed or cancelled."""


class Slot(msgspec.Struct, frozen=True):
    """One session's time.

    ``starts_at`` and ``ends_at`` are expected, ``due_at`` is when its time is up. ``held_at`` is since
    when the show's clock stands. ``before`` counts the sessions of its day that come first, the one on
    the stage included.
    """

    state: RowState
    starts_at: datetime
    ends_at: datetime
    due_at: datetime
    planned_minutes: int
    added_minutes: int = 0
    live_at: datetime | None = None
    held_at: datetime | None = None
    before: int = 0
    waits_for_one: bool = False
    """Whether what comes first is on the stage already."""


def slot_of(rundown: Rundown, running: Board, planned: Session) -> Slot:
    """The time of a session of the programme.

    Args:
        rundown: What organisers did.
        running: The board with the times that are to be expected.
        planned: The session as planned.
    """
    day, row = next(
        (day, row) for day in running.days for row in day.rows if row.session.id == planned.id
    )
    ahead = _ahead(day, row)
    progress, stage = rundown.at(planned.id), rundown.stage
    return Slot(
        state=row.state,
        starts_at=row.session.starts_at,
        ends_at=row.session.ends_at,
        due_at=due_at(planned, progress.live_at, progress.added_minutes),
        planned_minutes=planned.minutes,
        added_minutes=progress.added_minutes,
        live_at=progress.live_at if progress.status is Status.LIVE else None,
        held_at=stage.held_at,
        before=len(ahead),
        waits_for_one=any(one.state is RowState.LIVE for one in ahead),
    )


def due_at(planned: Session, live_at: datetime | None, added_minutes: int) -> datetime:
    """When a session's time is up: as planned, later by what it began late and by what was added."""
    late = (live_at or planned.starts_at) - planned.starts_at
    if not timedelta(0) < late <= MOST_LATE:
        late = timedelta(0)
    return planned.ends_at + late // MINUTE * MINUTE + added_minutes * MINUTE


def left_seconds(slot: Slot, at: datetime) -> int:
    """Whole seconds left of a session's time, negative once it is over; a hold stops the clock."""
    return int((slot.due_at - _now(slot, at)).total_seconds())


def turn(slot: Slot, at: datetime) -> Turn:
    """Where the presenter of this session stands at an instant."""
    if slot.state is RowState.LIVE:
        return Turn.OVERTIME if _now(slot, at) > slot.due_at else Turn.STAGE
    if slot.state is RowState.ENDED:
        return Turn.FINISHED
    if slot.state not in _WAITING:
        return Turn.OFF
    if slot.before > int(slot.waits_for_one):
        return Turn.WAITING
    is_soon = slot.waits_for_one or slot.starts_at - at <= SOON
    return Turn.NEXT if is_soon else Turn.WAITING


def following(running: Board, session_id: str) -> Row | None:
    """What comes after a session on its day; None after the last."""
    for day in running.days:
        ids = [row.session.id for row in day.rows]
        if session_id in ids:
            later = day.rows[ids.index(session_id) + 1 :]
            return next((row for row in later if row.state in _WAITING), None)
    return None


def _now(slot: Slot, at: datetime) -> datetime:
    return min(at, slot.held_at) if slot.held_at is not None else at


def _ahead(day: DayRow, row: Row) -> list[Row]:
    earlier = day.rows[: day.rows.index(row)]
    return [one for one in earlier if one.state in _AHEAD]
