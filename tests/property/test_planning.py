"""What holds for every row of moves on the schedule board."""

import contextlib
from collections.abc import Callable
from datetime import time
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from expo.errors import Refusal
from expo.words import Text
from sessions.planning import plan
from sessions.planning.conflicts import INTO_BREAK, OVERLAP, conflicts
from sessions.planning.differing import changes, rebased
from sessions.planning.plan import New
from sessions.planning.values import Document, entries
from sessions.programme import Day, SlotKind
from sessions.programme_rules import overlap
from sessions.schedule_dump import dump
from sessions.schedule_file import parse
from tests.support.show import real_schedule

PROGRAMME = parse(real_schedule().encode())
IDS = tuple(one.id for one in PROGRAMME.sessions)
TITLE = Text(ar="عنوان", en="Title")
clock = st.times(min_value=time(7), max_value=time(15)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
Days = tuple[Day, ...]
Move = Callable[[Days], Days]


def _place(session: str, day: int, at: time, minutes: int) -> Move:
    return lambda days: plan.placed(days, PROGRAMME.zone, session, day, at, minutes)


def _add(day: int, at: time, minutes: int, kind: SlotKind) -> Move:
    new = New(TITLE, kind, day, at, minutes)
    return lambda days: plan.added(days, PROGRAMME.zone, new)[0]


def _title(session: str) -> Move:
    return lambda days: plan.titled(days, session, TITLE)


def _remove(session: str) -> Move:
    return lambda days: plan.removed(days, session)


def _swap(first: str, second: str) -> Move:
    return lambda days: plan.swapped(days, PROGRAMME.zone, first, second)


def _lead(session: str) -> Move:
    return lambda days: plan.led(days, session, None)


numbers, lengths, ids = st.integers(1, 3), st.integers(1, 120), st.sampled_from(IDS)
moves = st.lists(
    st.one_of(
        st.builds(_place, ids, numbers, clock, lengths),
        st.builds(_add, numbers, clock, lengths, st.sampled_from(["talk", "break"])),
        st.builds(_title, ids),
        st.builds(_remove, ids),
        st.builds(_swap, ids, ids),
        st.builds(_lead, ids),
    ),
    max_size=8,
)


def moved(days: Days, steps: list[Move]) -> Days:
    """The days after these moves; refused ones change nothing."""
    for step in steps:
        with contextlib.suppress(Refusal):
            days = step(days)
    return days


@settings(max_examples=60, deadline=None)
@given(moves)
def test_whatever_is_moved_stays_in_order_whole_and_once(steps: list[Move]) -> None:
    days = moved(PROGRAMME.days, steps)

    every = [one for day in days for one in day.sessions]
    assert len({one.id for one in every}) == len(every)
    for day in days:
        starts = [one.starts_at for one in day.sessions]
        assert starts == sorted(starts)
        assert day.announced_only is not bool(day.sessions)
        assert {one.starts_at.astimezone(PROGRAMME.zone).date() for one in day.sessions} <= {
            day.date
        }
    for one in every:
        assert not one.slots or sum(slot.minutes for slot in one.slots) == one.minutes


@settings(max_examples=40, deadline=None)
@given(moves)
def test_overlaps_are_told_pair_by_pair_and_no_conflict_means_it_can_be_published(
    steps: list[Move],
) -> None:
    programme = replace(PROGRAMME, days=moved(PROGRAMME.days, steps))

    found = conflicts(programme)

    pairs = {
        frozenset((a.id, b.id))
        for day in programme.days
        for a, b in combinations(day.sessions, 2)
        if overlap(a, b)
    }
    assert {frozenset(one.sessions) for one in found if one.code in {OVERLAP, INTO_BREAK}} == pairs
    if not found:
        assert parse(dump(programme).encode()) == programme


@settings(max_examples=60, deadline=None)
@given(moves, moves)
def test_draft_brought_up_to_date_loses_nothing_of_either_side(
    mine: list[Move], theirs: list[Move]
) -> None:
    base = PROGRAMME.days
    draft, now = moved(base, mine), moved(base, theirs)

    found = rebased(Document(draft, base), now)

    clashing = {one.session for one in found.clashes}
    own, others = ({one.session for one in changes(base, days)} for days in (draft, now))
    result = entries(found.document.days)
    for name in own - others:
        assert result.get(name) == entries(draft).get(name)
    for name in others - own:
        assert result.get(name) == entries(now).get(name)
    assert clashing <= own & others
    assert rebased(found.document, now).document == found.document


@settings(max_examples=60, deadline=None)
@given(moves)
def test_difference_is_empty_for_the_same_and_names_whatever_is_not(
    steps: list[Move],
) -> None:
    days = moved(PROGRAMME.days, steps)

    before, after = entries(PROGRAMME.days), entries(days)
    differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert {one.session for one in changes(PROGRAMME.days, days)} == differing
    assert changes(days, days) == ()
