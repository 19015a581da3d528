"""What the facts of a rehearsal mean for the real day."""

from typing import Any

import pytest
from msgspec.structs import replace

from expo.words import Text
from sessions.readiness import ground
from sessions.readiness.checks import (
    CLOCK_LOOK_MS,
    CLOCK_STOP_MS,
    LEAST_FREE,
    ROOMY,
    Finding,
    Level,
    findings,
    is_ready,
)
from sessions.readiness.facts import Ground, Outcome, Played, Rehearsed, Votes
from tests.support.schedules import programme

VOTES = Votes(
    contest="water",
    room=480,
    grace=45,
    near=30,
    far=1,
    short=0,
    late=8,
    late_accepted=0,
    dropped=6,
    returned=6,
    doubled=3,
    absent=3,
    told=31,
    counted=31,
    held=0,
    disputed=False,
)
WATER = Text(ar="جلسة المياه", en="Water session")
HELD = Played("water", WATER, Outcome.HELD, votes=VOTES, published=True, recounted=True)
RAN = Played("talk", Text(ar="حوار", en="Talk"), Outcome.RAN)
GROUND = Ground(copied=True, free=10 * ROOMY, size=1_000_000)
DAY = Rehearsed(1, Text(ar="الأول", en="First"), 40, 120.0, (HELD, RAN), GROUND)


def with_votes(**changes: Any) -> Rehearsed:
    return replace(DAY, sessions=(replace(HELD, votes=replace(VOTES, **changes)), RAN))


def with_session(**changes: Any) -> Rehearsed:
    return replace(DAY, sessions=(replace(HELD, **changes), RAN))


def with_ground(**changes: Any) -> Rehearsed:
    return replace(DAY, ground=replace(GROUND, **changes))


def found(day: Rehearsed, check: str) -> Finding:
    return next(one for one in findings(day) if one.check == check)


def test_day_without_a_flaw_is_fine_throughout() -> None:
    assert {one.level for one in findings(DAY)} == {Level.OK}
    assert is_ready(findings(DAY))


@pytest.mark.parametrize(
    ("day", "check"),
    [
        (with_session(outcome=Outcome.BROKEN, why="stage-taken"), "sessions"),
        (replace(DAY, sessions=(replace(HELD, outcome=Outcome.PASSED, votes=None),)), "sessions"),
        (replace(DAY, sessions=()), "sessions"),
        (with_votes(short=1), "time"),
        (with_votes(late_accepted=1), "after"),
        (with_votes(counted=30), "counted"),
        (with_votes(counted=32), "counted"),
        (with_votes(returned=5), "dropouts"),
        (with_session(published=False), "published"),
        (with_session(recounted=False), "recounted"),
        (with_votes(disputed=True), "recounted"),
        (with_ground(free=LEAST_FREE - 1), "disk"),
        (with_ground(size=ROOMY, free=10 * ROOMY - 1), "disk"),
        (with_ground(clock_ms=-CLOCK_STOP_MS), "clock"),
        (with_ground(clock_behind=True), "clock"),
    ],
)
def test_harm_stops_the_day_and_says_what_to_do(day: Rehearsed, check: str) -> None:
    one = found(day, check)

    assert one.level is Level.STOP
    assert one.todo
    assert not is_ready(findings(day))


@pytest.mark.parametrize(
    ("day", "check"),
    [
        (replace(DAY, sessions=(HELD, replace(RAN, outcome=Outcome.PASSED))), "sessions"),
        (replace(DAY, sessions=(RAN,)), "contests"),
        (with_votes(near=29, far=2), "time"),
        (with_votes(counted=28, held=3), "counted"),
        (with_session(recounted=None), "recounted"),
        (with_ground(copied=False), "source"),
        (with_ground(streamless=(WATER,)), "streams"),
        (with_ground(teamless=(WATER,)), "teams"),
        (with_ground(presenterless=(WATER,)), "presenters"),
        (with_ground(unfinished=("days.1.title",)), "translations"),
        (with_ground(samples=2), "translations"),
        (with_ground(free=ROOMY - 1), "disk"),
        (with_ground(clock_ms=CLOCK_LOOK_MS), "clock"),
    ],
)
def test_what_may_be_wanted_is_only_to_be_looked_at(day: Rehearsed, check: str) -> None:
    one = found(day, check)

    assert one.level is Level.LOOK
    assert one.todo
    assert is_ready(findings(day))


def test_stop_names_the_session() -> None:
    assert found(with_votes(short=2), "time").names == (WATER,)
    assert found(with_votes(short=2), "time").facts["n"] == 2


def test_every_check_is_made_once() -> None:
    checks = [one.check for one in findings(DAY)]

    assert len(set(checks)) == len(checks) == 15


def test_ground_names_what_the_programme_lacks() -> None:
    small = programme()
    day = small.days[0]

    assert [one.en for one in ground.streamless(day)] == ["Water session", "Talk"]
    assert [one.en for one in ground.without(small, day, {"roads"})] == ["Water"]
    assert ground.without(small, day, {"water"}) == ()
    assert ground.unfinished(small, day) == ()
    assert ground.samples(small, day) == 0


@pytest.mark.parametrize(
    "text", [Text(ar="", en="Leak"), Text(ar="تسرب", en=" "), Text(ar="Leak", en="Leak")]
)
def test_missing_wording_is_found_by_its_path(text: Text) -> None:
    small = programme()
    leak, *others = small.initiatives
    worded = replace(small, initiatives=(replace(leak, benefit=text, sample=True), *others))

    assert ground.unfinished(worded, small.days[0]) == ("initiatives.leak.benefit",)
    assert ground.samples(worded, small.days[0]) == 1


def test_numbers_need_no_arabic_letters() -> None:
    small = programme()
    day = replace(small.days[0], title=Text(ar="2017", en="2017"))

    assert ground.unfinished(replace(small, days=(day,)), day) == ()
