"""What a presenter is told: whose turn it is, how much time is left, and what the desk may write."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from sessions.cues import Status
from sessions.presenting.clock import Turn, due_at, following, left_seconds, slot_of, turn
from sessions.presenting.values import LONGEST, CueEmpty, Kind, wording
from sessions.programme import Programme
from sessions.running import run_of, running_board
from sessions.stage import Progress, Rundown, Stage
from tests.support.schedules import parsed
from tests.support.show import ROOT

PROGRAMME: Programme = parsed((ROOT / "schedule.yaml").read_bytes())
FIRST, SECOND, THIRD = PROGRAMME.days[0].sessions[:3]
START = FIRST.starts_at
MINUTE = timedelta(minutes=1)


def rundown(stage: Stage | None = None, **progress: Progress) -> Rundown:
    """The shipped programme with sessions where they are said to stand."""
    ids = {"first": FIRST.id, "second": SECOND.id, "third": THIRD.id}
    states = {ids[name]: state for name, state in progress.items()}
    return Rundown(PROGRAMME, states, stage or Stage(), datetime(2026, 1, 1, tzinfo=UTC))


def standing(found: Rundown, session: str, at: datetime) -> tuple[Turn, int, int]:
    """Turn, sessions before, seconds left."""
    _, running = running_board(found.programme, at, found.statuses, run_of(found))
    planned = found.programme.session(session)
    assert planned is not None
    slot = slot_of(found, running, planned)
    return turn(slot, at), slot.before, left_seconds(slot, at)


def test_who_comes_first_stands_by_an_hour_before_and_the_others_wait() -> None:
    nothing = rundown()

    assert standing(nothing, FIRST.id, START - 61 * MINUTE)[:2] == (Turn.WAITING, 0)
    assert standing(nothing, FIRST.id, START - 60 * MINUTE)[:2] == (Turn.NEXT, 0)
    assert standing(nothing, SECOND.id, START - MINUTE)[:2] == (Turn.WAITING, 1)
    assert standing(nothing, THIRD.id, START - MINUTE)[:2] == (Turn.WAITING, 2)


def test_whoever_follows_the_live_session_stands_by() -> None:
    live = rundown(first=Progress(Status.LIVE, live_at=START))

    assert standing(live, SECOND.id, START + MINUTE)[:2] == (Turn.NEXT, 1)
    assert standing(live, THIRD.id, START + MINUTE)[:2] == (Turn.WAITING, 2)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.ENDED, Turn.FINISHED),
        (Status.PUBLISHED, Turn.FINISHED),
        (Status.POSTPONED, Turn.OFF),
        (Status.CANCELLED, Turn.OFF),
    ],
)
def test_session_that_is_over_or_off_says_so(status: Status, expected: Turn) -> None:
    found = rundown(first=Progress(status, live_at=START))

    assert standing(found, FIRST.id, START + MINUTE)[0] is expected
    assert standing(found, SECOND.id, START + MINUTE)[:2] == (Turn.NEXT, 0)


def test_time_left_counts_from_the_real_start_and_goes_on_below_zero() -> None:
    late = START + timedelta(minutes=12, seconds=40)
    live = rundown(first=Progress(Status.LIVE, live_at=late))
    end = FIRST.ends_at + 12 * MINUTE  # as the board tells it: in whole minutes

    assert standing(live, FIRST.id, end - 90 * timedelta(seconds=1)) == (Turn.STAGE, 0, 90)
    assert standing(live, FIRST.id, end)[::2] == (Turn.STAGE, 0)
    assert standing(live, FIRST.id, end + 73 * timedelta(seconds=1))[::2] == (Turn.OVERTIME, -73)


def test_added_minutes_move_the_end_and_a_start_before_its_time_gives_none() -> None:
    assert due_at(FIRST, START - 5 * MINUTE, 0) == FIRST.ends_at
    assert due_at(FIRST, START, 2) == FIRST.ends_at + 2 * MINUTE
    assert due_at(FIRST, START + timedelta(days=1), 0) == FIRST.ends_at  # forgotten, not late
    assert due_at(FIRST, None, -3) == FIRST.ends_at - 3 * MINUTE


def test_hold_stops_the_presenters_clock() -> None:
    held = Stage(session=FIRST.id, held_at=FIRST.ends_at - 4 * MINUTE)
    found = rundown(held, first=Progress(Status.LIVE, live_at=START))

    assert standing(found, FIRST.id, FIRST.ends_at + 9 * MINUTE) == (Turn.STAGE, 0, 240)
    assert standing(found, FIRST.id, FIRST.ends_at - 5 * MINUTE) == (Turn.STAGE, 0, 300)


def test_what_follows_is_the_next_that_still_comes_on_the_same_day() -> None:
    found = rundown(second=Progress(Status.CANCELLED))
    _, running = running_board(PROGRAMME, START, found.statuses, run_of(found))
    last = PROGRAMME.days[0].sessions[-1]

    after = following(running, FIRST.id)
    assert after is not None
    assert after.session.id == THIRD.id
    assert following(running, last.id) is None
    assert following(replace(running, days=()), FIRST.id) is None


def test_message_is_cleaned_put_on_one_line_and_bounded() -> None:
    assert wording(Kind.WORDS, "  Speak\nup,\u202e please \x00 ") == "Speak up, please"
    assert wording(Kind.WORDS, "ارفع صوتك 👨\u200d👩") == "ارفع صوتك 👨\u200d👩"
    assert wording(Kind.WORDS, "x" * LONGEST) == "x" * LONGEST
    assert wording(Kind.FINISH, "what else") == ""
    for typed in ("", " \u200b\n", "!!!", "x" * (LONGEST + 1)):
        with pytest.raises(CueEmpty):
            wording(Kind.WORDS, typed)
