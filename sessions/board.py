"""The session board at one instant: today, now, next, and what one counts down to.

What the organisers did (``statuses``) wins over the clock; where they did nothing the clock
decides, so a board without a control room is right too. Statuses are the words of the session's
state machine: scheduled, live, ended, published, postponed, cancelled; a session that is not
named counts as scheduled. Pure.

Source: experience page P2 (states before, live, break, after, over) and P7.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from expo.catalogue.values import Entity
from sessions.programme import Day, Programme, Session

NEXT_SHOWN: Final = 3  # sessions after the current one that fit above the fold (P2)


class Mood(StrEnum):
    """What the day is like at this instant."""

    BEFORE = "before"
    """Nothing has begun today; ``counts_to`` is the next beginning."""
    LIVE = "live"
    """At least one session is on the stage."""
    BREAK = "break"
    """Between two sessions of one day."""
    DAY_OVER = "day-over"
    """Today's sessions are done; another day follows."""
    OVER = "over"
    """Nothing follows any more."""


class RowState(StrEnum):
    """How one session stands at this instant."""

    UPCOMING = "upcoming"
    DUE = "due"
    """Its time has come and nobody has started it; shown as on stage."""
    LIVE = "live"
    ENDED = "ended"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


_RUN: Final = frozenset({"live", "ended", "published"})
_DECIDED: Final[dict[str, RowState]] = {
    "live": RowState.LIVE,
    "ended": RowState.ENDED,
    "published": RowState.ENDED,
    "postponed": RowState.POSTPONED,
    "cancelled": RowState.CANCELLED,
}


class DayState(StrEnum):
    """Where a day lies from here."""

    PAST = "past"
    TODAY = "today"
    COMING = "coming"


class Row(msgspec.Struct, frozen=True):
    """One session on the board.

    ``permille`` is how much of its time has passed, 0 to 1000. ``late_minutes`` counts whole
    minutes a live session is over its end, or a waiting one is past its start.
    """

    session: Session
    entity: Entity | None
    day_n: int
    state: RowState
    starts_in: timedelta
    permille: int
    late_minutes: int

    @property
    def is_on(self) -> bool:
        """Whether the session belongs on the stage now."""
        return self.state in {RowState.LIVE, RowState.DUE}


class DayRow(msgspec.Struct, frozen=True):
    """One day on the board with its sessions in rising order."""

    day: Day
    state: DayState
    rows: tuple[Row, ...]


class Board(msgspec.Struct, frozen=True):
    """Everything the board shows at ``at``.

    ``day`` is today, or the next day to come, or the last one. ``now`` are the sessions on the
    stage, ``next`` those still to come on any day, at most ``NEXT_SHOWN``. ``counts_to`` is the
    beginning of the next session or of the next day whose sessions are still to be announced;
    None while a session is on and after the end.
    """

    at: datetime
    mood: Mood
    day: DayRow
    days: tuple[DayRow, ...]
    now: tuple[Row, ...]
    next: tuple[Row, ...]
    counts_to: datetime | None
    held: bool = False
    """Whether the show is on hold."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """The sessions of ``day``."""
        return self.day.rows

    @property
    def late_minutes(self) -> int:
        """How late the show is: its live session's end, else the start of what follows on this day."""
        on = (row for row in self.rows if row.state is RowState.LIVE)
        waiting = (row for row in self.rows if row.state in {RowState.DUE, RowState.UPCOMING})
        found = next(on, None) or next(waiting, None)
        return found.late_minutes if found else 0

    @property
    def counts_down(self) -> timedelta | None:
        """Time left until ``counts_to``; never negative."""
        if self.counts_to is None:
            return None
        return max(timedelta(0), self.counts_to - self.at)

    def row(self, session_id: str) -> Row | None:
        """The row of this session, on whatever day."""
        rows = (row for day in self.days for row in day.rows)
        return next((row for row in rows if row.session.id == session_id), None)


def board(programme: Programme, at: datetime, statuses: Mapping[str, str] | None = None) -> Board:
    """The board at an aware instant.

    Args:
        programme: With at least one day.
        at: The instant.
        statuses: Session id → status, as far as the organisers have acted.
    """
    known = statuses or {}
    today = at.astimezone(programme.zone).date()
    has_live = any(known.get(session.id) == "live" for session in programme.sessions)
    moment = _Moment(at, today, has_live, known)
    days = tuple(_day(programme, day, moment) for day in programme.days)
    shown = _shown(days)
    now = tuple(row for day in days for row in day.rows if row.is_on)
    upcoming = tuple(row for day in days for row in day.rows if row.state is RowState.UPCOMING)
    counts_to = None if now else _counts_to(days, at)
    mood = _mood(shown, days, at) if not now else Mood.LIVE
    return Board(at, mood, shown, days, now, upcoming[:NEXT_SHOWN], counts_to)


class _Moment(msgspec.Struct, frozen=True):
    """What the states of all sessions depend on."""

    at: datetime
    today: date
    has_live: bool
    statuses: Mapping[str, str]

    def status(self, session: Session) -> str:
        return self.statuses.get(session.id, "scheduled")


def _day(programme: Programme, day: Day, moment: _Moment) -> DayRow:
    states = _states(day, moment)
    rows = tuple(
        _row(session, programme.entity(session.entity), day.n, moment.at, state)
        for session, state in zip(day.sessions, states, strict=True)
    )
    if day.date == moment.today:
        return DayRow(day, DayState.TODAY, rows)
    return DayRow(day, DayState.COMING if day.date > moment.today else DayState.PAST, rows)


def _states(day: Day, moment: _Moment) -> tuple[RowState, ...]:
    """The state of each session of a day.

    Once organisers have run a session today, the clock no longer ends those after it: a session
    nobody has started is still to come, however late. One that was passed over is over.
    """
    acted = [n for n, one in enumerate(day.sessions) if moment.status(one) in _RUN]
    is_run = bool(acted) and day.date == moment.today
    last = acted[-1] if is_run else -1
    states: list[RowState] = []
    is_taken = moment.has_live
    for n, session in enumerate(day.sessions):
        decided = _DECIDED.get(moment.status(session))
        state = decided or _by_clock(session, moment.at, ends=not is_run or n < last)
        if state is RowState.DUE and is_taken:
            state = RowState.UPCOMING
        is_taken = is_taken or (is_run and state is RowState.DUE)
        states.append(state)
    return tuple(states)


def _by_clock(session: Session, at: datetime, *, ends: bool) -> RowState:
    """Where the clock alone puts a session; with ``ends`` false it never takes it off again."""
    if at < session.starts_at:
        return RowState.UPCOMING
    return RowState.ENDED if ends and at >= session.ends_at else RowState.DUE


def _row(session: Session, entity: Entity | None, day_n: int, at: datetime, state: RowState) -> Row:
    length = session.ends_at - session.starts_at
    passed = max(timedelta(0), min(length, at - session.starts_at))
    permille = 1000 if state is RowState.ENDED else 1000 * passed // length
    if state is RowState.UPCOMING:
        permille = 0
    late = _late_minutes(session, at, state)
    return Row(session, entity, day_n, state, session.starts_at - at, permille, late)


def _late_minutes(session: Session, at: datetime, state: RowState) -> int:
    due = {RowState.LIVE: session.ends_at}
    if state in {RowState.DUE, RowState.UPCOMING}:
        due[state] = session.starts_at
    return max(0, (at - due.get(state, at)) // timedelta(minutes=1))


def _shown(days: tuple[DayRow, ...]) -> DayRow:
    """The day with a session on stage, else today, else the next day, else the last."""
    on = next((day for day in days if any(row.state is RowState.LIVE for row in day.rows)), None)
    today = next((day for day in days if day.state is DayState.TODAY), None)
    coming = next((day for day in days if day.state is DayState.COMING), None)
    return on or today or coming or days[-1]


def _mood(shown: DayRow, days: tuple[DayRow, ...], at: datetime) -> Mood:
    """What the day is like while nothing is on the stage."""
    if any(row.state is RowState.UPCOMING for row in shown.rows):
        done = any(row.state is RowState.ENDED for row in shown.rows)
        return Mood.BREAK if done else Mood.BEFORE
    is_awaited = shown.day.announced_only and at < shown.day.closes_at
    if shown.state is DayState.COMING or is_awaited:
        return Mood.BEFORE
    return Mood.DAY_OVER if any(day.state is DayState.COMING for day in days) else Mood.OVER


def _counts_to(days: tuple[DayRow, ...], at: datetime) -> datetime | None:
    sessions = [
        row.session.starts_at for day in days for row in day.rows if row.state is RowState.UPCOMING
    ]
    announced = [day.day.opens_at for day in days if day.day.announced_only]
    return min((start for start in (*sessions, *announced) if start > at), default=None)
