"""The programme as it is running: what is late pushes what follows, breaks take up what they can.

Only what the board knows is told: a session on the stage that is over its end will end now at the
earliest, one nobody has started begins now at the earliest, and what follows on that day begins
when the stage is free. Sessions that are over or cancelled keep their times. Pure.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from sessions.board import Board, DayRow, Row, RowState
from sessions.programme import Programme, Session

MOST_LATE: Final = timedelta(hours=3)
"""What is later than this was forgotten, not delayed: then the plan stands."""
_LATE: Final = frozenset({RowState.LIVE, RowState.DUE, RowState.UPCOMING})


def as_running(programme: Programme, board: Board) -> Programme:
    """The programme with the times that are to be expected; the same one where nothing is late."""
    moved = {one.id: one for day in board.days for one in _moved(day)}
    if not moved:
        return programme
    days = tuple(
        replace(day, sessions=tuple(moved.get(one.id, one) for one in day.sessions))
        for day in programme.days
    )
    return replace(programme, days=days)


def _moved(day: DayRow) -> list[Session]:
    moved: list[Session] = []
    free_at: datetime | None = None
    for row in day.rows:
        if row.state not in _LATE:
            continue
        expected = _expected(row, free_at)
        free_at = expected.ends_at
        if expected != row.session:
            moved.append(expected)
    return moved


def _expected(row: Row, free_at: datetime | None) -> Session:
    """The session with its expected times; ``free_at`` is when what stands before it ends."""
    session, late = row.session, timedelta(minutes=row.late_minutes)
    late = late if late <= MOST_LATE else timedelta(0)
    if row.state is RowState.LIVE:
        return replace(session, ends_at=session.ends_at + late)
    late = timedelta(0) if row.state is RowState.DUE else late
    starts_at = max(session.starts_at + late, free_at or session.starts_at)
    return replace(
        session, starts_at=starts_at, ends_at=session.ends_at + (starts_at - session.starts_at)
    )
