"""What is late pushes what follows; breaks take it up, or do not, as organisers say."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from expo.words import Text
from sessions.board import board
from sessions.cues import Status
from sessions.programme import Day, Session, Slot
from sessions.running import (
    MOST_LATE,
    Run,
    as_running,
    held_minutes,
    in_turn,
    running_board,
)
from sessions.stage import Progress
from tests.support.schedules import programme

START = datetime(2017, 4, 17, 4, 30, tzinfo=UTC)
ORDER = ("one", "two", "pause", "four")
"""08:30–09:15, 09:20–10:05, a break 10:05–10:25, 10:30–11:15 in the hall."""
STARTS = {"one": 0, "two": 50, "pause": 95, "four": 120}


def minutes(n: float) -> datetime:
    return START + timedelta(minutes=n)


def session(name: str) -> Session:
    length, slots = (20, (Slot("break", 20),)) if name == "pause" else (45, ())
    begins = STARTS[name]
    return Session(
        name, Text(ar=name, en=name), minutes(begins), minutes(begins + length), slots=slots
    )


WHOLE = programme()
DAY: Day = replace(WHOLE.days[0], sessions=tuple(session(one) for one in ORDER))
EXPO = replace(WHOLE, days=(DAY,))


def expected(n: float, run: Run) -> dict[str, tuple[int, int]]:
    """Beginning and end of every session in minutes, at minute ``n``."""
    statuses = {one: state.status.value for one, state in run.progress.items()}
    running, _ = running_board(EXPO, minutes(n), statuses, run)
    return {
        one.id: (
            int((one.starts_at - START).total_seconds() // 60),
            int((one.ends_at - START).total_seconds() // 60),
        )
        for one in running.sessions
    }


def live(
    at: float = 0, added: int = 0, name: str = "one", **others: Progress
) -> dict[str, Progress]:
    return {**others, name: Progress(Status.LIVE, live_at=minutes(at), added_minutes=added)}


PLAN = {"one": (0, 45), "two": (50, 95), "pause": (95, 115), "four": (120, 165)}


def test_show_that_keeps_its_times_is_the_plan_itself() -> None:
    plan = board(EXPO, minutes(10), {"one": "live"})

    assert as_running(EXPO, plan, Run(live())) is EXPO
    assert expected(10, Run(live(-9))) == PLAN


def test_late_start_moves_the_end_and_breaks_take_up_what_they_can() -> None:
    assert expected(13, Run(live(12))) == {
        "one": (12, 57),
        "two": (57, 102),
        "pause": (102, 115),
        "four": (120, 165),
    }


def test_delay_moves_everything_where_breaks_do_not_take_it_up() -> None:
    assert expected(13, Run(live(12), absorbs=False)) == {
        one: (start + 12, end + 12) for one, (start, end) in PLAN.items()
    }


def test_delay_of_an_ended_session_is_carried_only_where_breaks_do_not_take_it_up() -> None:
    over = {"one": Progress(Status.ENDED, live_at=minutes(0), ended_at=minutes(53))}

    assert expected(53, Run(over))["two"] == (50 + 3, 95 + 3)
    assert expected(53, Run(over, absorbs=False))["two"] == (58, 103)
    skipped = {**over, "two": Progress(Status.POSTPONED)}
    assert expected(53, Run(skipped, absorbs=False))["pause"] == PLAN["pause"]


def test_long_delay_leaves_five_minutes_of_a_break() -> None:
    found = expected(1, Run(live(0, added=40)))

    assert found["two"] == (85, 130)
    assert found["pause"] == (130, 135)
    assert found["four"] == (135, 180)


def test_added_minutes_move_the_end_and_may_be_taken_away() -> None:
    assert expected(10, Run(live(0, added=2)))["one"] == (0, 47)
    assert expected(10, Run(live(0, added=-5)))["one"] == (0, 40)
    assert expected(42, Run(live(0, added=-5)))["one"] == (0, 42)
    assert expected(0, Run(live(0, added=-60)))["one"] == (0, 1)


def test_start_that_was_put_off_pushes_what_follows() -> None:
    off = {"two": Progress(added_minutes=15)}

    found = expected(47, Run({**off, "one": Progress(Status.ENDED, ended_at=minutes(45))}))

    assert (found["two"], found["pause"]) == ((65, 110), (110, 115))


def test_clock_of_a_held_show_stands() -> None:
    held = Run(live(0), held_at=minutes(20))

    assert expected(20, held) == PLAN
    assert expected(32, held)["one"] == (0, 57)
    assert [held_minutes(minutes(0), minutes(n)) for n in (-1, 0.4, 0.5, 12.2)] == [0, 0, 1, 12]
    between = Run({"one": Progress(Status.ENDED, ended_at=minutes(45))}, held_at=minutes(46))
    assert expected(49, between)["two"] == (53, 98)


def test_hold_costs_the_session_on_the_stage_though_an_earlier_one_still_waits() -> None:
    swapped = live(0, name="two")
    runs, held = Run(swapped), Run(swapped, held_at=minutes(20))

    assert expected(32, runs)["two"] == (50, 95)
    assert expected(32, held)["two"] == (50, 95 + 12)
    assert expected(32, held)["one"] == expected(32, runs)["one"]
    assert expected(32, held)["pause"] == (107, 115)
    statuses = {one: state.status.value for one, state in swapped.items()}
    assert in_turn(board(EXPO, minutes(32), statuses)) == "two"


def test_session_nobody_starts_begins_now_at_the_earliest() -> None:
    over = {"one": Progress(Status.ENDED, ended_at=minutes(45))}

    assert expected(62, Run(over))["two"] == (62, 107)
    assert expected(62, Run()) == PLAN


def test_session_over_its_end_will_end_now() -> None:
    found = expected(57.7, Run(live(0)))

    assert (found["one"], found["two"]) == ((0, 57), (57, 102))


def test_what_was_forgotten_moves_nothing() -> None:
    late = MOST_LATE // timedelta(minutes=1) + 1

    assert expected(45 + late, Run(live(0)))["one"] == (0, 45)
    assert expected(late, Run(live(late)))["one"] == (0, late)


@pytest.mark.parametrize(
    ("n", "run", "late"),
    [
        (10, Run(live(0)), 0),
        (13, Run(live(12)), 12),
        (60, Run({"one": Progress(Status.ENDED, ended_at=minutes(45))}), 10),
        (170, Run({one: Progress(Status.ENDED) for one in ORDER}), 0),
    ],
)
def test_board_tells_how_late_the_show_is(n: float, run: Run, late: int) -> None:
    statuses = {one: state.status.value for one, state in run.progress.items()}

    _, shown = running_board(EXPO, minutes(n), statuses, run)

    assert shown.late_minutes == late
