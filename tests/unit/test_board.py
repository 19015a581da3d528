"""The board by the clock alone, and with what the organisers did."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sessions.board import Board, DayState, Mood, RowState, board
from sessions.schedule_file import parse
from tests.support.schedules import programme

SHIPPED = parse((Path(__file__).resolve().parents[2] / "schedule.yaml").read_bytes())
SHORT_DAY = programme(
    ('starts: "09:15"\n        ends: "10:00"', 'starts: "09:30"\n        ends: "10:15"')
)


def at(hour: int, minute: int = 0, *, day: int = 17, second: int = 0) -> datetime:
    """An instant by Dubai's clock in April 2017."""
    return datetime(2017, 4, day, hour, minute, second, tzinfo=UTC) - timedelta(hours=4)


def states(found: Board) -> list[RowState]:
    return [row.state for row in found.rows]


def on(found: Board) -> list[str]:
    return [row.session.id for row in found.now]


def test_second_session_is_on_at_twenty_past_nine() -> None:
    found = board(SHIPPED, at(9, 20))

    assert (found.mood, found.day.day.n, on(found)) == (Mood.LIVE, 1, ["trakhees"])
    assert [row.session.id for row in found.next] == ["dewa", "courts", "municipality"]
    assert found.now[0].entity is not None
    assert found.now[0].entity.short.en == "Trakhees"
    assert found.now[0].permille == 111
    assert [day.state for day in found.days] == [DayState.TODAY, DayState.COMING, DayState.COMING]
    assert found.counts_to is None
    assert found.counts_down is None


def test_before_the_expo_it_counts_to_the_first_session() -> None:
    found = board(SHIPPED, at(8, 0, day=15))

    assert (found.mood, found.day.day.n, on(found)) == (Mood.BEFORE, 1, [])
    assert found.counts_down == timedelta(days=2, minutes=30)
    assert set(states(found)) == {RowState.UPCOMING}


def test_one_session_ends_where_the_next_begins() -> None:
    assert on(board(SHIPPED, at(9, 14, second=59))) == ["khda"]
    assert on(board(SHIPPED, at(9, 15))) == ["trakhees"]


def test_break_counts_to_the_next_session() -> None:
    found = board(SHORT_DAY, at(9, 20))

    assert (found.mood, on(found)) == (Mood.BREAK, [])
    assert found.counts_to == at(9, 30)
    assert found.next[0].starts_in == timedelta(minutes=10)


def test_evening_counts_to_the_announced_day() -> None:
    found = board(SHIPPED, at(20, 0))

    assert (found.mood, found.day.day.n) == (Mood.DAY_OVER, 1)
    assert found.counts_to == at(8, 30, day=18)
    assert set(states(found)) == {RowState.ENDED}


def test_announced_day_waits_and_then_is_over() -> None:
    assert board(SHIPPED, at(9, 0, day=18)).mood is Mood.BEFORE
    assert board(SHIPPED, at(15, 0, day=18)).mood is Mood.DAY_OVER
    assert board(SHIPPED, at(9, 0, day=19)).mood is Mood.BEFORE
    assert board(SHIPPED, at(15, 0, day=19)).mood is Mood.OVER


def test_after_the_last_day_nothing_is_counted() -> None:
    found = board(SHIPPED, at(9, 0, day=30))

    assert (found.mood, found.counts_to, found.next) == (Mood.OVER, None, ())
    assert found.day.day.n == 3


def test_day_changes_at_midnight_of_the_hall() -> None:
    assert board(SHIPPED, at(23, 59, day=17)).days[0].state is DayState.TODAY
    assert board(SHIPPED, at(0, 0, day=18)).days[0].state is DayState.PAST
    assert board(SHIPPED, at(0, 0, day=18)).days[1].state is DayState.TODAY


def test_started_session_stays_on_until_it_is_ended() -> None:
    late = board(SHIPPED, at(9, 25), {"khda": "live"})

    assert on(late) == ["khda"]
    assert late.now[0].late_minutes == 10
    assert late.next[0].session.id == "trakhees"
    assert (late.next[0].state, late.next[0].late_minutes) == (RowState.UPCOMING, 10)


def test_session_nobody_started_is_due_however_late() -> None:
    found = board(SHIPPED, at(10, 5), {"khda": "ended"})

    assert states(found)[:3] == [RowState.ENDED, RowState.DUE, RowState.UPCOMING]
    assert on(found) == ["trakhees"]
    assert found.now[0].late_minutes == 50


def test_session_that_was_passed_over_is_over() -> None:
    found = board(SHIPPED, at(10, 5), {"khda": "ended", "dewa": "live"})

    assert states(found)[:3] == [RowState.ENDED, RowState.ENDED, RowState.LIVE]


def test_session_ended_early_makes_a_break() -> None:
    found = board(SHIPPED, at(9, 10), {"khda": "ended"})

    assert (found.mood, found.counts_to) == (Mood.BREAK, at(9, 15))


def test_session_started_early_is_on() -> None:
    found = board(SHIPPED, at(8, 20), {"khda": "live"})

    assert (found.mood, on(found), found.now[0].permille) == (Mood.LIVE, ["khda"], 0)


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_cancelled_and_postponed_sessions_never_come_on(status: str) -> None:
    found = board(SHIPPED, at(8, 40), {"khda": status})

    assert states(found)[0].value == status
    assert (found.mood, on(found)) == (Mood.BEFORE, [])
    assert found.next[0].session.id == "trakhees"


def test_published_session_counts_as_ended() -> None:
    assert states(board(SHIPPED, at(8, 40), {"khda": "published"}))[0] is RowState.ENDED


def test_day_whose_session_still_runs_is_the_day_shown() -> None:
    found = board(SHIPPED, at(0, 10, day=18), {"culture": "live"})

    assert (found.day.day.n, on(found)) == (1, ["culture"])


def test_row_is_found_on_any_day() -> None:
    found = board(SHIPPED, at(9, 0, day=30))

    row = found.row("rta")

    assert row is not None
    assert (row.day_n, row.state, row.permille) == (1, RowState.ENDED, 1000)
    assert found.row("nowhere") is None
