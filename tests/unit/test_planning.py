"""The rules of the schedule board, one by one."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from expo.errors import NotFound, Refusal
from expo.words import Text
from sessions.planning import plan, reading
from sessions.planning.conflicts import INTO_BREAK, OVERLAP, TWICE, Conflict, conflicts
from sessions.planning.differing import Clash, changes, rebased
from sessions.planning.plan import DayFull, New, NoSuchTime, TooShort
from sessions.planning.values import Document, entries
from sessions.programme import Day, Programme, Session, Slot
from sessions.releases.values import Kind
from sessions.schedule_days import MOST_SESSIONS
from tests.support.schedules import SCHEDULE, parsed

PROGRAMME = parsed(SCHEDULE.encode())
ZONE = PROGRAMME.zone
NEW = Text(ar="جديد", en="New")


def two_days() -> Programme:
    """The small programme with a second day, whose sessions are still to be announced."""
    first = PROGRAMME.days[0]
    at = (datetime(2017, 4, 18, 4, 30, tzinfo=UTC), datetime(2017, 4, 18, 10, 30, tzinfo=UTC))
    second = Day(2, date(2017, 4, 18), NEW, *at, announced_only=True)
    return replace(PROGRAMME, days=(first, second))


DAYS = two_days().days


def clocks(days: tuple[Day, ...]) -> dict[str, tuple[int, str, int]]:
    """Session id → day, begin on the hall's clock, length."""
    return {
        name: (
            one.day, one.session.starts_at.astimezone(ZONE).strftime("%H:%M"), one.session.minutes,
        )
        for name, one in entries(days).items()
    }  # fmt: skip


def move(days: tuple[Day, ...], session: str, day: int, at: str, minutes: int) -> tuple[Day, ...]:
    return plan.placed(days, ZONE, session, day, time.fromisoformat(at), minutes)


def test_session_that_runs_into_a_break_is_told_as_that() -> None:
    pause = New(NEW, "break", 1, time(9, 50), 20)
    days, name = plan.added(DAYS, ZONE, pause)

    found = conflicts(replace(PROGRAMME, days=days[:1]))

    assert found == (Conflict(INTO_BREAK, ("talk", name), 1),)


# --- moves ---


@pytest.mark.parametrize("pair", [("water", "talk"), ("talk", "water")])
def test_neighbours_swap_and_keep_the_pause_between_them(pair: tuple[str, str]) -> None:
    start = move(DAYS, "talk", 1, "09:20", 20)

    swapped = plan.swapped(start, ZONE, *pair)

    assert clocks(swapped) == {"talk": (1, "08:30", 20), "water": (1, "08:55", 45)}


def test_sessions_of_two_days_swap_their_beginnings() -> None:
    swapped = plan.swapped(move(DAYS, "talk", 2, "10:00", 30), ZONE, "water", "talk")

    assert clocks(swapped) == {"talk": (1, "08:30", 30), "water": (2, "10:00", 45)}


def test_full_days_swap_too() -> None:
    many = tuple(replace(DAYS[0].sessions[0], id=f"s-{n}") for n in range(MOST_SESSIONS))
    days = (replace(DAYS[0], sessions=many), move(DAYS, "talk", 2, "10:00", 30)[1])

    swapped = plan.swapped(days, ZONE, "s-0", "talk")

    assert [len(day.sessions) for day in swapped] == [MOST_SESSIONS, 1]


@pytest.mark.parametrize("pair", [("water", "water"), ("water", "nobody"), ("nobody", "water")])
def test_nothing_swaps_with_itself_or_nobody(pair: tuple[str, str]) -> None:
    with pytest.raises(NotFound):
        plan.swapped(DAYS, ZONE, *pair)


def test_long_session_does_not_swap_past_midnight() -> None:
    late = move(move(DAYS, "talk", 2, "23:30", 20), "water", 1, "08:30", 60)

    with pytest.raises(NoSuchTime):
        plan.swapped(late, ZONE, "water", "talk")


def test_session_is_given_to_another_entity_or_to_none() -> None:
    given = plan.led(DAYS, "talk", "roads")

    assert entries(given)["talk"].session.entity == "roads"
    assert plan.led(given, "talk", None) == DAYS
    with pytest.raises(NotFound):
        plan.led(DAYS, "nobody", None)


def test_session_moves_to_another_day_and_the_day_is_announced_no_more() -> None:
    moved = move(DAYS, "talk", 2, "09:05", 45)

    assert clocks(moved) == {"water": (1, "08:30", 45), "talk": (2, "09:05", 45)}
    assert not moved[1].announced_only


def test_day_that_loses_its_last_session_is_to_be_announced() -> None:
    emptied = plan.removed(plan.removed(DAYS, "talk"), "water")

    assert (emptied[0].sessions, emptied[0].announced_only) == ((), True)


def test_longer_session_gives_the_minutes_to_its_longest_part() -> None:
    parts = (Slot("presentation", 20), Slot("discussion", 10), Slot("ranking", 15))

    assert [one.minutes for one in plan.fitted(parts, 60)] == [35, 10, 15]
    assert [one.minutes for one in plan.fitted(parts, 26)] == [1, 10, 15]
    with pytest.raises(TooShort) as refused:
        plan.fitted(parts, 25)
    assert refused.value.facts == {"least": 26}


@pytest.mark.parametrize("minutes", [0, -5, plan.MOST_MINUTES + 1])
def test_session_has_a_length(minutes: int) -> None:
    with pytest.raises(TooShort):
        move(DAYS, "talk", 1, "09:00", minutes)


def test_session_ends_on_its_own_date() -> None:
    assert clocks(move(DAYS, "talk", 1, "23:00", 59))["talk"] == (1, "23:00", 59)
    with pytest.raises(NoSuchTime):
        move(DAYS, "talk", 1, "23:00", 60)


def test_time_that_clocks_skip_or_show_twice_is_no_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for on in (date(2017, 3, 26), date(2017, 10, 29)):
        days = (replace(DAYS[0], date=on),)
        with pytest.raises(NoSuchTime):
            plan.placed(days, berlin, "talk", 1, time(2, 30), 45)


def test_added_session_gets_an_id_nobody_has() -> None:
    new = New(NEW, "talk", 2, time(9), 15)

    once, first = plan.added(DAYS, ZONE, new)
    twice, second = plan.added(once, ZONE, new, taken={"talk-2"})

    assert (first, second) == ("talk-1", "talk-3")
    assert [one.id for one in twice[1].sessions] == ["talk-1", "talk-3"]


def test_day_holds_so_many_sessions_and_not_one_more() -> None:
    new, days = New(NEW, "talk", 2, time(9), 5), DAYS
    for _ in range(MOST_SESSIONS):
        days, _name = plan.added(days, ZONE, new)

    with pytest.raises(DayFull):
        plan.added(days, ZONE, new)


def test_what_is_not_there_is_not_moved() -> None:
    with pytest.raises(NotFound):
        move(DAYS, "nobody", 1, "09:00", 5)
    with pytest.raises(NotFound):
        move(DAYS, "talk", 3, "09:00", 5)
    with pytest.raises(NotFound):
        plan.titled(DAYS, "nobody", NEW)
    with pytest.raises(NotFound):
        plan.removed(DAYS, "nobody")


# --- conflicts ---


def test_programme_that_fits_has_none() -> None:
    assert conflicts(two_days()) == ()


def test_overlap_names_both_sides() -> None:
    days = move(DAYS, "talk", 1, "09:10", 45)

    assert conflicts(replace(PROGRAMME, days=days)) == (Conflict(OVERLAP, ("water", "talk"), 1),)


def test_team_in_two_places_at_once_is_named() -> None:
    days = move(DAYS, "talk", 1, "09:10", 45)
    sessions = tuple(replace(one, entity="water") for one in days[0].sessions)
    programme = replace(PROGRAMME, days=(replace(days[0], sessions=sessions), days[1]))

    assert [one.code for one in conflicts(programme)] == [OVERLAP, TWICE]
    assert conflicts(programme)[1].facts == {"entity": "water"}


def test_session_outside_its_day_is_named_with_the_day() -> None:
    early, late = move(DAYS, "talk", 1, "07:45", 45), move(DAYS, "talk", 1, "14:00", 45)

    assert conflicts(replace(PROGRAMME, days=early)) == (Conflict("before-day", ("talk",), 1),)
    assert conflicts(replace(PROGRAMME, days=late)) == (Conflict("after-day", ("talk",), 1),)


def test_missing_stage_names_initiative_and_session() -> None:
    leak = replace(PROGRAMME.initiatives[0], model_stages=PROGRAMME.initiatives[0].model_stages[:1])
    programme = replace(PROGRAMME, initiatives=(leak, PROGRAMME.initiatives[1]))

    assert conflicts(programme) == (
        Conflict("stage-missing", ("water",), initiative="leak", facts={"stage": 2}),
    )


# --- differences ---


def test_difference_says_what_was_added_moved_removed_and_renamed() -> None:
    new, _name = plan.added(DAYS, ZONE, New(NEW, "break", 2, time(9), 15))
    new = plan.titled(plan.removed(new, "talk"), "water", NEW)

    told = {one.session: one for one in changes(DAYS, new)}

    assert {name: one.kind for name, one in told.items()} == {
        "water": Kind.CHANGED, "break-1": Kind.ADDED, "talk": Kind.REMOVED,
    }  # fmt: skip
    assert told["water"].was == entries(DAYS)["water"].session.title
    moved = changes(DAYS, move(DAYS, "talk", 2, "09:00", 45))
    assert [(one.kind, one.before and one.before.day, one.after and one.after.day) for one in moved] == [
        (Kind.MOVED, 1, 2)
    ]  # fmt: skip


def test_what_each_side_changed_alone_is_in_the_draft_afterwards() -> None:
    draft = Document(move(DAYS, "talk", 2, "09:00", 45), DAYS)
    now = plan.titled(plan.titled(DAYS, "water", NEW), "talk", NEW)

    found = rebased(draft, now)

    assert found.clashes == ()
    assert clocks(found.document.days)["talk"] == (2, "09:00", 45)
    assert {one.session.title for one in entries(found.document.days).values()} == {NEW}
    assert found.document.base == now


def test_where_both_say_something_else_the_draft_stands_and_it_is_told() -> None:
    draft = Document(move(DAYS, "talk", 2, "09:00", 45), DAYS)

    found = rebased(draft, move(DAYS, "talk", 1, "10:00", 45))

    assert found.clashes == (Clash("talk", "when"),)
    assert clocks(found.document.days)["talk"] == (2, "09:00", 45)


def test_session_gone_on_one_side_and_changed_on_the_other_is_told() -> None:
    gone, renamed = plan.removed(DAYS, "talk"), plan.titled(DAYS, "talk", NEW)

    mine, theirs = rebased(Document(renamed, DAYS), gone), rebased(Document(gone, DAYS), renamed)

    assert (mine.clashes, "talk" in clocks(mine.document.days)) == (
        (Clash("talk", "removed"),),
        True,
    )
    assert (theirs.clashes, "talk" in clocks(theirs.document.days)) == (
        (Clash("talk", "kept"),),
        False,
    )


def test_session_on_a_day_that_is_gone_stands_on_the_last_and_is_told() -> None:
    draft = Document(move(DAYS, "talk", 2, "09:00", 45), DAYS)

    found = rebased(draft, DAYS[:1])

    assert found.clashes == (Clash("talk", "when"),)
    assert clocks(found.document.days)["talk"][0] == 1


# --- forms ---


def test_digits_of_ours_are_read() -> None:
    assert reading.place({"day": "٢", "starts": "٩:٠٥", "minutes": "۴۵"}) == (2, time(9, 5), 45)


@pytest.mark.parametrize(
    "fields",
    [
        {"day": "", "starts": "09:00", "minutes": "5"},
        {"day": "1", "starts": "9", "minutes": "5"},
        {"day": "1", "starts": "24:00", "minutes": "5"},
        {"day": "1", "starts": "09:00", "minutes": "1441"},
        {"day": "1", "starts": "09:00", "minutes": "²"},
        {},
    ],
)
def test_place_that_is_none_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(reading.PlanField):
        reading.place(fields)


def test_words_stand_in_both_languages_or_in_none() -> None:
    assert reading.words({"x_ar": " أ\u202e ", "x_en": "a  b"}, "x", 9) == Text(ar="أ", en="a b")
    assert reading.words({}, "x", 9, needed=False) == Text(ar="", en="")
    for fields in ({"x_ar": "أ"}, {"x_en": "a"}, {"x_ar": "أ", "x_en": "a" * 10}):
        with pytest.raises(reading.WordsMissing):
            reading.words(fields, "x", 9, needed=False)
    with pytest.raises(Refusal):
        reading.words({}, "x", 9)


def test_session_keeps_everything_else_when_it_moves() -> None:
    before = entries(DAYS)["water"].session
    after = entries(move(DAYS, "water", 2, "10:00", 45))["water"].session

    kept = {name: getattr(after, name) for name in Session.__struct_fields__} | {
        "starts_at": before.starts_at, "ends_at": before.ends_at,
    }  # fmt: skip
    assert Session(**kept) == before
