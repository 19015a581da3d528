"""Next, hold, minutes and undo through the real use cases; a delay is everywhere at once."""

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import httpx2
import pytest

from expo.errors import Refusal, StaleVersion
from expo.identity.people import Person, Visit
from expo.rights import Role
from sessions.course.moves import ContestRunning, ShowHeld, ShowNotHeld, TooManyMinutes
from sessions.cues import IllegalCue, Scene, Status
from sessions.orders import OF_SESSION, OF_STAGE, Kind, Order
from sessions.protocol import ControlView, RundownLine
from sessions.undoing import NothingToUndo, StepTooOld
from tests.support.live import each
from tests.support.roles import stranger
from tests.support.stagehouse import ORGANISER, SECOND, SITE, STAGED, House, ear, house, open_house
from voting.contests import Phase

WATER, TALK = "water", "talk"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        yield found


async def minutes(stage: House, n: int, session: str = WATER, who: Person = ORGANISER) -> None:
    version = stage.show.progress(session).version
    await stage.show.act(who, Order(Kind.MINUTES, version, session=session, by=n))


async def ordered(stage: House, kind: Kind, subject: str, more: dict[str, Any]) -> None:
    if kind is Kind.MINUTES:
        await minutes(stage, more["by"], subject)
    else:
        await stage.order(kind, subject, **more)


def standing(stage: House) -> tuple[Any, ...]:
    """Everything an undo brings back."""
    now = stage.show.rundown
    return (
        [(s.status, s.live_at, s.ended_at, s.added_minutes) for s in now.progress.values()],
        (now.stage.session, now.stage.contest, now.stage.picked),
        (now.stage.held_at, now.stage.absorbs),
    )


async def test_next_ends_what_is_live_and_starts_what_follows_in_one_step(stage: House) -> None:
    await stage.order(Kind.START)
    before = standing(stage)

    await stage.order(Kind.NEXT, TALK, ends=WATER)

    assert (stage.show.status(WATER), stage.show.status(TALK)) == (Status.ENDED, Status.LIVE)
    assert stage.show.rundown.stage.session == TALK
    await stage.order(Kind.UNDO, by=SECOND)
    assert standing(stage) == before


async def test_next_is_refused_while_ballots_may_arrive_or_something_else_is_live(
    stage: House,
) -> None:
    with pytest.raises(StaleVersion) as stale:
        await stage.order(Kind.NEXT, TALK, ends=WATER)
    await stage.order(Kind.START)
    await stage.order(Kind.OPEN)
    with pytest.raises(ContestRunning):
        await stage.order(Kind.NEXT, TALK, ends=WATER)

    assert stale.value.facts["live"] == ""
    assert stage.show.status(WATER) is Status.LIVE
    assert stage.show.status(TALK) is Status.SCHEDULED


@pytest.mark.parametrize(
    ("first", "order"),
    [
        ((), (Kind.START, WATER, {})),
        ((), (Kind.POSTPONE, TALK, {})),
        (((Kind.POSTPONE, TALK, {}),), (Kind.RESCHEDULE, TALK, {})),
        (((Kind.START, WATER, {}),), (Kind.END, WATER, {})),
        (((Kind.START, WATER, {}),), (Kind.MINUTES, WATER, {"by": 2})),
        ((), (Kind.HOLD, "", {})),
        (((Kind.HOLD, "", {}),), (Kind.GO_ON, "", {})),
        ((), (Kind.CARRY, "", {})),
        (((Kind.START, WATER, {}),), (Kind.SCENE, "", {"scene": Scene.BLACK})),
    ],
)
async def test_last_step_is_undone_by_anybody_within_ten_seconds(
    stage: House, first: tuple[Any, ...], order: tuple[Kind, str, dict[str, Any]]
) -> None:
    for step in first:
        await ordered(stage, *step)
    await stage.pass_time(seconds=90)
    before = standing(stage)
    await ordered(stage, *order)
    assert standing(stage) != before
    assert (await stage.show.control()).undo is not None

    await stage.pass_time(seconds=9)
    await stage.order(Kind.UNDO, by=SECOND)

    assert standing(stage) == before
    assert (await stage.show.control()).undo is None
    with pytest.raises(NothingToUndo):
        await stage.order(Kind.UNDO)


async def test_step_is_not_undone_later_nor_by_who_saw_another_one(stage: House) -> None:
    await stage.order(Kind.START)
    seen = stage.show.rundown.stage.version
    await minutes(stage, 2, who=SECOND)

    with pytest.raises(StaleVersion) as stale:
        await stage.show.act(ORGANISER, Order(Kind.UNDO, seen))
    await stage.pass_time(seconds=13)
    with pytest.raises(StepTooOld):
        await stage.order(Kind.UNDO)

    assert (stale.value.facts["actor"], stale.value.facts["action"]) == ("Omar", "add-minutes")
    assert stage.show.progress(WATER).added_minutes == 2


@pytest.mark.parametrize("kind", [Kind.OPEN, Kind.CANCEL])
async def test_what_touched_ballots_is_not_undone(stage: House, kind: Kind) -> None:
    await stage.order(Kind.START)
    await stage.order(kind, TALK if kind is Kind.CANCEL else WATER)

    with pytest.raises(NothingToUndo):
        await stage.order(Kind.UNDO)

    assert stage.contest().phase is (Phase.OPEN if kind is Kind.OPEN else Phase.READY)


async def test_held_show_starts_nothing_and_its_time_is_added_when_it_goes_on(
    stage: House,
) -> None:
    with pytest.raises(ShowNotHeld):
        await stage.order(Kind.GO_ON)
    await stage.order(Kind.START)
    planned = stage.show.running().session(WATER)
    await stage.order(Kind.HOLD)
    with pytest.raises(ShowHeld):
        await stage.order(Kind.NEXT, TALK, ends=WATER)
    with pytest.raises(ShowHeld):
        await stage.order(Kind.HOLD)
    await stage.pass_time(minutes=7)
    waiting = stage.show.running().session(WATER)

    await stage.order(Kind.GO_ON)

    found = stage.show.running().session(WATER)
    assert planned is not None
    assert found is not None
    assert waiting is not None
    assert found.ends_at == waiting.ends_at == planned.ends_at + timedelta(minutes=7)
    assert stage.show.progress(WATER).added_minutes == 7


async def test_minutes_have_bounds_and_go_to_what_is_live_or_waits(stage: House) -> None:
    with pytest.raises(TooManyMinutes):
        await minutes(stage, -1, TALK)
    await minutes(stage, 5, TALK)
    await minutes(stage, -5, TALK)
    await stage.order(Kind.START)
    for _ in range(4):
        await minutes(stage, 60)
    with pytest.raises(TooManyMinutes):
        await minutes(stage, 1)
    await stage.order(Kind.END)
    with pytest.raises(IllegalCue):
        await minutes(stage, 1)


# --- a delay is everywhere at once ---


async def test_slip_of_twelve_minutes_is_everywhere_within_two_seconds(tmp_path: Path) -> None:
    async with open_house(tmp_path) as stage, stranger(stage.url, origin=SITE) as visitor:
        await stage.order(Kind.START)
        on_time = stage.show.running().session(TALK)
        assert on_time is not None
        screen = await _cookie(stage, Role.SCREEN)
        desk = await _cookie(stage, Role.ORGANISER)
        async with (
            ear(stage, "/live/day") as board,
            ear(stage, "/live/water") as page,
            ear(stage, "/live/screen/main", screen) as wall,
            ear(stage, "/live/staff", desk) as room,
        ):
            await each(board.frame("board"), page.frame("board"), wall.frame("stage"))
            late = stage.show.board().late_minutes + 12
            await minutes(stage, 12)
            async with asyncio.timeout(2):
                frames = await each(
                    board.frame("board", late_minutes=late),
                    page.frame("board", late_minutes=late),
                    wall.frame("stage", late_minutes=late),
                    room.frame("control", late_minutes=late),
                )
                moved = on_time.starts_at + timedelta(minutes=12)
                assert _when(frames[0]["times"][TALK][0]) == moved
                assert _when(frames[2]["next"]["starts_at"]) == moved
                await _is_in_every_file(visitor, moved, late)


async def _is_in_every_file(visitor: httpx2.AsyncClient, moved: datetime, late: int) -> None:
    calendar = (await visitor.get("/schedule.ics?lang=en")).text
    schedule = json.loads((await visitor.get("/schedule.json?lang=en")).text)
    days = schedule["schedule"]["conference"]["days"]
    events = chain.from_iterable(room for day in days for room in day["rooms"].values())
    assert moved in [datetime.fromisoformat(one["date"]) for one in events]
    assert moved.strftime("DTSTART:%Y%m%dT%H%M%SZ") in calendar
    assert f"Running {late} minutes late" in (await visitor.get("/en/day/1")).text


async def _cookie(stage: House, role: Role) -> str:
    until = stage.clock() + timedelta(hours=1)
    issued = await stage.passes.issue(None, role=role, electorate=None, label="", expires_at=until)
    return (await stage.passes.redeem(issued.token, Visit(device=uuid.uuid4().hex[:24])))[1]


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- two operators ---


_TALK = """
      - id: {id}
        title: {{ar: حوار, en: Talk}}
        starts: "{start:%H:%M}"
        ends: "{end:%H:%M}"
        slots: [{{kind: talk, minutes: 10}}]"""


def _long_day() -> str:
    """The small schedule with twenty-four short talks more, so that there is much to press."""
    first, talks = datetime(2017, 4, 17, 10), ""  # noqa: DTZ001 - read off a clock of the hall
    for n in range(24):
        start = first + timedelta(minutes=10 * n)
        talks += _TALK.format(id=f"talk-{n}", start=start, end=start + timedelta(minutes=10))
    last = "        slots: [{kind: talk, minutes: 45}]"
    return STAGED.replace(last, last + talks)


def _press(chance: random.Random, seen: ControlView) -> Order:
    """A button of a control room as it was seen, often one that conflicts with the other desk's."""
    kind = chance.choice(
        [*(OF_STAGE - {Kind.SCENE}), *(OF_SESSION - {Kind.CANCEL, Kind.END}), Kind.UNDO, Kind.NEXT]
    )
    if kind in OF_STAGE:
        return Order(kind, seen.version)
    line: RundownLine = chance.choice([one for one in seen.sessions if one.cues][:4])
    live = next((one.id for one in seen.sessions if one.status == "live"), None)
    by = chance.choice([-1, 1, 2, 5])
    return Order(
        kind, line.version, session=line.id, ends=live if kind is Kind.NEXT else None, by=by
    )


def _check_is_legal(before: ControlView, after: ControlView, *, steps: int) -> None:
    assert sum(one.status == "live" for one in after.sessions) <= 1
    assert after.version == before.version + steps
    live = next((one.id for one in after.sessions if one.status == "live"), None)
    assert live is None or after.stage.session == live


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "presses", [60, pytest.param(1_000, marks=pytest.mark.nightly)], ids=["day", "night"]
)
async def test_two_operators_in_conflict_leave_legal_states_and_get_their_answers(
    tmp_path: Path, presses: int
) -> None:
    chance = random.Random(20170417)
    refused: list[Refusal] = []
    done = 0
    async with house(tmp_path, _long_day()) as stage:
        for _ in range(presses // 2):
            seen = await stage.show.control()
            desks = ((ORGANISER, _press(chance, seen)), (SECOND, _press(chance, seen)))
            answers = await asyncio.gather(
                *(stage.show.act(who, order) for who, order in desks), return_exceptions=True
            )
            now = await stage.show.control()
            no = [one for one in answers if isinstance(one, Refusal)]
            assert all(one is None or isinstance(one, Refusal) for one in answers)
            _check_is_legal(seen, now, steps=2 - len(no))
            refused += no
            done += 2 - len(no)
            await stage.pass_time(seconds=chance.choice([1, 5, 40]))

    stale = [one for one in refused if isinstance(one, StaleVersion)]
    assert done > presses / 10
    assert stale
    for one in stale:
        assert one.facts["actor"] in {"Mariam", "Omar"}
        assert one.facts["action"]
