"""What holds for every row of moves on the schedule board."""

from datetime import time
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from expo.errors import Refusal
from expo.words import Text
from sessions.planning import plan
from sessions.planning.conflicts import OVERLAP, conflicts
from sessions.planning.differing import changes, rebased
from sessions.planning.plan import New
from sessions.planning.values import Document, entries
from sessions.programme import Day
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
places = st.tuples(
    st.just("place"), st.sampled_from(IDS), st.integers(1, 3), clock, st.integers(1, 120)
)
titles = st.tuples(st.just("title"), st.sampled_from(IDS))
gone = st.tuples(st.just("remove"), st.sampled_from(IDS))
new = st.tuples(st.just("add"), st.integers(1, 3), clock, st.integers(1, 60))
moves = st.lists(st.one_of(places, titles, gone, new), max_size=8)


def moved(days: tuple[Day, ...], steps: list[tuple[object, ...]]) -> tuple[Day, ...]:
    """The days after these moves; refused ones change nothing."""
    for do, *given_ in steps:
        try:
            if do == "place":
                session, day, at, minutes = given_
                days = plan.placed(days, PROGRAMME.zone, session, day, at, minutes)  # type: ignore[arg-type]
            elif do == "title":
                days = plan.titled(days, given_[0], TITLE)  # type: ignore[arg-type]
            elif do == "remove":
                days = plan.removed(days, given_[0])  # type: ignore[arg-type]
            else:
                day, at, minutes = given_
                days, _ = plan.added(days, PROGRAMME.zone, New(TITLE, "talk", day, at, minutes))  # type: ignore[arg-type]
        except Refusal:
            continue
    return days


@settings(max_examples=60, deadline=None)
@given(moves)
def test_whatever_is_moved_stays_in_order_whole_and_once(steps: list[tuple[object, ...]]) -> None:
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
    steps: list[tuple[object, ...]],
) -> None:
    programme = replace(PROGRAMME, days=moved(PROGRAMME.days, steps))

    found = conflicts(programme)

    pairs = {
        frozenset((a.id, b.id))
        for day in programme.days
        for a, b in combinations(day.sessions, 2)
        if overlap(a, b)
    }
    assert {frozenset(one.sessions) for one in found if one.code == OVERLAP} == pairs
    if not found:
        assert parse(dump(programme).encode()) == programme


@settings(max_examples=60, deadline=None)
@given(moves, moves)
def test_draft_brought_up_to_date_loses_nothing_of_either_side(
    mine: list[tuple[object, ...]], theirs: list[tuple[object, ...]]
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
    steps: list[tuple[object, ...]],
) -> None:
    days = moved(PROGRAMME.days, steps)

    before, after = entries(PROGRAMME.days), entries(days)
    differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert {one.session for one in changes(PROGRAMME.days, days)} == differing
    assert changes(days, days) == ()
