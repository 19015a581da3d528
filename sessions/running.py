"""The programme as it is running: what is late pushes what follows, breaks take up what they can.

A session on the stage ends as much later as it began, and by the minutes organisers added; over its
end it will end now at the earliest. One nobody has started begins now at the earliest, once the
day's stage is being run. What follows on that day begins when the stage is free. While the show is
on hold its clock stands, and everything to come moves away. Sessions that are over, postponed or
cancelled keep their times, and nothing ever begins before its time. Pure.

Source: experience page P7 (delays), issue 6 item 1.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from sessions.board import Board, DayRow, DayState, Row, RowState, board
from sessions.programme import Programme, Session
from sessions.stage import Progress, Rundown

MOST_LATE: Final = timedelta(hours=3)
"""What is later than this was forgotten, not delayed: then the plan stands."""
SHORTEST_BREAK: Final = timedelta(minutes=5)
"""What is left of a break that takes up a delay: people have to leave and come back."""
MINUTE: Final = timedelta(minutes=1)
_LATE: Final = frozenset({RowState.LIVE, RowState.DUE, RowState.UPCOMING})
_RUN: Final = frozenset({"live", "ended", "published"})


class Run(msgspec.Struct, frozen=True):
    """What organisers did to the times."""

    progress: Mapping[str, Progress] = {}
    held_at: datetime | None = None
    """Since when the show's clock stands; None while it runs."""
    absorbs: bool = True
    """Whether time between sessions takes up a delay."""

    def at(self, session_id: str) -> Progress:
        """Where a session stands."""
        return self.progress.get(session_id, Progress())


UNTOUCHED: Final = Run()


def run_of(rundown: Rundown) -> Run:
    """What organisers did to the times of this rundown."""
    return Run(rundown.progress, rundown.stage.held_at, rundown.stage.absorbs)


def held_minutes(held_at: datetime | None, at: datetime) -> int:
    """Minutes a hold has cost so far, to the nearest one; 0 while nothing is on hold."""
    if held_at is None or at <= held_at:
        return 0
    return (at - held_at + MINUTE / 2) // MINUTE


def as_running(programme: Programme, planned: Board, run: Run = UNTOUCHED) -> Programme:
    """The programme with the times that are to be expected; the same one where nothing is late.

    Args:
        programme: As planned.
        planned: Its board by the plan, at the instant.
        run: What organisers did to the times.
    """
    held_up = in_turn(planned)
    moved = {one.id: one for day in planned.days for one in _moved(day, planned.at, run, held_up)}
    if not moved:
        return programme
    days = tuple(
        replace(day, sessions=tuple(moved.get(one.id, one) for one in day.sessions))
        for day in programme.days
    )
    return replace(programme, days=days)


def running_board(
    programme: Programme, at: datetime, statuses: Mapping[str, str], run: Run = UNTOUCHED
) -> tuple[Programme, Board]:
    """The programme as it is running, and its board; ``late_minutes`` of a row are against the plan."""
    planned = board(programme, at, statuses)
    running = as_running(programme, planned, run)
    held = run.held_at is not None
    if running is programme:
        return programme, replace(planned, held=held)
    moved, plan = board(running, at, statuses), {one.id: one for one in programme.sessions}
    days = {one.day.n: _against(one, plan) for one in moved.days}
    rows = {row.session.id: row for day in days.values() for row in day.rows}
    return running, replace(
        moved,
        held=held,
        day=days[moved.day.day.n],
        days=tuple(days.values()),
        now=tuple(rows[one.session.id] for one in moved.now),
        next=tuple(rows[one.session.id] for one in moved.next),
    )


def in_turn(planned: Board) -> str | None:
    """The session a hold holds up: the one on the stage, else the day's first that still takes time."""
    live = (row for day in planned.days for row in day.rows if row.state is RowState.LIVE)
    on_stage = next(live, None)
    if on_stage is not None:
        return on_stage.session.id
    if planned.day.state is DayState.COMING:
        return None
    return next((row.session.id for row in planned.rows if row.state in _LATE), None)


def _against(day: DayRow, plan: Mapping[str, Session]) -> DayRow:
    """The day with how much later than planned each row is."""
    return replace(day, rows=tuple(_late(row, plan[row.session.id]) for row in day.rows))


def _late(row: Row, planned: Session) -> Row:
    """A live row is as late as its end, one that waits as its start."""
    late = row.session.starts_at - planned.starts_at
    if row.state is RowState.LIVE:
        late = row.session.ends_at - planned.ends_at
    return replace(row, late_minutes=max(row.late_minutes, late // MINUTE))


class _Course(msgspec.Struct):
    """What one day's sessions pass on to those after them."""

    at: datetime
    run: Run
    is_run: bool
    """Whether organisers run this day's stage: then nothing begins by the clock alone."""
    held_up: str | None
    """The session whose time stands while the show is on hold; it pushes those after it."""
    free_at: datetime | None = None
    """When what stands before is over."""
    carried: timedelta = timedelta(0)
    """The delay that nothing has taken up, where breaks do not."""


def _moved(day: DayRow, at: datetime, run: Run, held_up: str | None) -> list[Session]:
    is_run = day.state is DayState.TODAY and any(
        run.at(row.session.id).status.value in _RUN for row in day.rows
    )
    course = _Course(at, run, is_run, held_up)
    moved: list[Session] = []
    for row in day.rows:
        expected = _passed(row, course) if row.state not in _LATE else _expected(row, course)
        if expected != row.session:
            moved.append(expected)
    return moved


def _passed(row: Row, course: _Course) -> Session:
    """A session that takes no time any more: it may leave a delay behind, or take one up."""
    session, progress = row.session, course.run.at(row.session.id)
    if progress.ended_at is not None and progress.status.value in _RUN:
        course.carried = _bounded(progress.ended_at - session.ends_at)
    elif row.state in {RowState.POSTPONED, RowState.CANCELLED}:
        course.carried = max(timedelta(0), course.carried - (session.ends_at - session.starts_at))
    return session


def _expected(row: Row, course: _Course) -> Session:
    """The session with its expected times; what it leaves to those after it goes into the course."""
    found = _live(row, course) if row.state is RowState.LIVE else _waiting(row, course)
    course.free_at = found.ends_at
    course.carried = _bounded(found.ends_at - row.session.ends_at)
    return found


def _live(row: Row, course: _Course) -> Session:
    session, progress = row.session, course.run.at(row.session.id)
    slip = _bounded((progress.live_at or session.starts_at) - session.starts_at)
    starts_at = session.starts_at + slip
    more = timedelta(minutes=progress.added_minutes) + _held(session, course)
    ends_at = max(session.ends_at + slip + more, starts_at + MINUTE)
    return replace(session, starts_at=starts_at, ends_at=ends_at + _bounded(course.at - ends_at))


def _waiting(row: Row, course: _Course) -> Session:
    session, progress = row.session, course.run.at(row.session.id)
    late = timedelta(minutes=max(0, progress.added_minutes)) + _held(session, course)
    if row.state is RowState.UPCOMING or course.is_run:
        late = max(late, _bounded(course.at - session.starts_at))
    starts_at = max(session.starts_at + late, course.free_at or session.starts_at)
    if not course.run.absorbs:
        starts_at = max(starts_at, session.starts_at + course.carried)
    ends_at = session.ends_at + (starts_at - session.starts_at)
    if course.run.absorbs and session.is_break:
        ends_at = max(session.ends_at, min(ends_at, starts_at + SHORTEST_BREAK))
    return replace(session, starts_at=starts_at, ends_at=ends_at)


def _held(session: Session, course: _Course) -> timedelta:
    """What the hold has cost this session so far."""
    minutes = held_minutes(course.run.held_at, course.at)
    return timedelta(minutes=minutes if session.id == course.held_up else 0)


def _bounded(late: timedelta) -> timedelta:
    """Whole minutes of a delay; none where it is early, or so late that it was forgotten."""
    return late // MINUTE * MINUTE if timedelta(0) < late <= MOST_LATE else timedelta(0)
