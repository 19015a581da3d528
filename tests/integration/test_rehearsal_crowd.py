"""The synthetic crowd and its director against the real stage, its clock in the test's hands."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from expo.identity.people import Person, PersonId
from expo.rights import Role
from sessions.cues import Status
from sessions.orders import Kind, Order
from sessions.rehearsal.audience import Audience
from sessions.rehearsal.control_room import ControlRoom
from sessions.rehearsal.desk import Desk
from sessions.rehearsal.director import Director
from sessions.rehearsal.door import Door, TurnedAway
from sessions.rehearsal.entertainment import entertain, organiser, tickets, tickets_over
from tests.support.live import until
from tests.support.stagehouse import ORGANISER, SITE, House, open_house
from voting.contests import Phase
from voting.holds import Origin
from voting.integrity.usecases import FairPlay
from voting.protocol import Cast

STARTS = datetime.fromisoformat("2017-04-17T08:30+04:00")


@contextlib.asynccontextmanager
async def crowd(house: House, size: int) -> AsyncIterator[tuple[Audience, asyncio.Task[None]]]:
    """An audience of both electorates, coming in and taking part."""
    passes = await tickets(house.passes, house.show.programme, house.clock, size)
    audience = Audience(house.url, passes=passes, size=size, pace=200, origin=SITE)
    task = asyncio.create_task(audience.run())
    try:
        yield audience, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def rush(house: House) -> None:
    """Twelve people on one device; the usual rule holds the last two, and nobody decides."""
    house.voting.watch = FairPlay(house.voting, "node")
    options = tuple(one.id for one in house.contest().options)
    for n in range(12):
        person = Person(PersonId(f"hurried-{n}"), Role.CUSTOMER, "customers")
        cast = Cast(str(uuid.uuid4()), "water", options)
        await house.voting.cast(person, cast, house.clock(), Origin(device="d" * 24))
    await house.voting.refresh()
    assert house.voting.turnout(house.contest().id).held == {"device": 2}


@pytest.mark.timeout(120)
async def test_crowd_votes_revises_withdraws_and_comes_too_late(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await house.order(Kind.START)
        await house.order(Kind.OPEN)
        async with crowd(house, 120) as (audience, _):
            await audience.finished.wait()
            await house.order(Kind.CLOSE)
            await until(lambda: house.contest().phase is Phase.CLOSING)
            await house.pass_time(seconds=20)  # whoever waited for the end comes now
            await until(lambda: audience.report.refused["contest-closed"] > 0)
            await house.count()
        report = audience.report
        result = await house.voting.result("water")

    assert result is not None
    assert not result.disputed
    latest = report.latest().values()
    assert sum(1 for one in latest if one.ranking) == result.ballots
    assert any(not one.ranking for one in latest)  # somebody withdrew
    assert any(one.revision > 1 for one in latest)
    assert report.vanished > 0
    assert {"customers", "employees"} == set(audience.electorates)


@pytest.mark.timeout(120)
async def test_director_runs_a_session_from_its_start_to_its_end(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.clock.at = STARTS
        pass_ = await organiser(house.passes, house.clock)
        door = Door(house.url, SITE)
        async with door:
            cookies = await door.redeem(pass_)
            directing = asyncio.create_task(Director(door, cookies, house.clock, pace=100).run())
            await until(lambda: house.contest().phase is Phase.READY)
            await house.pass_time(minutes=3)
            await until(lambda: house.contest().phase is Phase.OPEN)
            await rush(house)
            await house.pass_time(minutes=10)
            await until(lambda: house.contest().phase is Phase.CLOSING)
            await house.pass_time(seconds=11)
            await until(lambda: house.contest().phase is Phase.PUBLISHED)
            await house.pass_time(hours=1)
            await until(lambda: house.show.status("talk") is Status.LIVE)
            await house.order(Kind.END, "talk", by=ORGANISER)
            await directing  # somebody else is at the desk: the director has gone

    assert house.show.status("water") in (Status.PUBLISHED, Status.ENDED)


@pytest.mark.timeout(120)
async def test_company_comes_in_together_and_goes_when_cancelled(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.clock.at = STARTS
        passes = await tickets(house.passes, house.show.programme, house.clock, 4)
        audience = Audience(house.url, passes=passes, size=4, origin=SITE)
        path = await organiser(house.passes, house.clock)
        company = asyncio.create_task(entertain(audience, path, house.clock))
        await until(lambda: house.show.status("water") is Status.LIVE and house.hub.connected >= 5)
        company.cancel()
        await asyncio.gather(company, return_exceptions=True)
        await until(lambda: house.hub.connected == 0)


async def test_organiser_issues_passes_over_http_for_the_electorates_there_are(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house, Door(house.url, SITE) as door:
        cookies = await door.redeem(await organiser(house.passes, house.clock))

        found = await tickets_over(door, cookies, 900)

        assert (len(found["employees"]), found["teams"]) == (300, [])
        customer = await door.join()
        with pytest.raises(TurnedAway) as refused:
            await tickets_over(door, customer, 3)
        assert (refused.value.status, refused.value.code) == (403, "not-allowed")


async def test_door_tells_what_turned_somebody_away(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house, Door(house.url, SITE) as door:
        with pytest.raises(TurnedAway) as used:
            await door.redeem("/pass/nonsense")
        assert used.value.code.startswith("pass-")
        with pytest.raises(TurnedAway):
            await door.get("/results/day/99.json")
        with pytest.raises(TurnedAway) as page:
            await door.post("/static/nothing.js", "", {})
        assert page.value.code in ("", "not-found", "method-not-allowed")


async def test_control_room_presses_until_it_shows_and_waits_for_what_others_do(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house, Door(house.url, SITE) as door:
        cookies = await door.redeem(await organiser(house.passes, house.clock))
        room = ControlRoom(door, cookies)
        watching = asyncio.create_task(room.watch())
        await room.press("water", Kind.START, lambda _view, line: line.status == "live")
        waiting = asyncio.create_task(
            room.until(
                "water", lambda _view, line: bool(line.contest and line.contest.phase == "open")
            )
        )
        await house.order(Kind.OPEN)
        await waiting
        with pytest.raises(TurnedAway):
            await room.order(Order(Kind.START, version=0, session="water"))
        watching.cancel()

    assert house.contest().phase is Phase.OPEN


async def test_control_room_approves_a_count_with_ballots_that_stay_held(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house, Door(house.url, SITE) as door:
        room = ControlRoom(door, await door.redeem(await organiser(house.passes, house.clock)))
        watching = asyncio.create_task(room.watch())
        await house.order(Kind.START)
        await house.order(Kind.OPEN)
        await rush(house)
        await house.order(Kind.CLOSE)
        await house.count()

        async with asyncio.timeout(20):
            await room.press(
                "water",
                Kind.REVIEW,
                lambda _view, line: bool(line.contest and line.contest.phase == "reviewed"),
            )
        watching.cancel()

    assert house.contest().phase is Phase.REVIEWED


async def test_control_room_comes_back_after_a_lost_connection(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house, Door(house.url, SITE) as door:
        room = ControlRoom(door, await door.redeem(await organiser(house.passes, house.clock)))
        watching = asyncio.create_task(room.watch())
        await until(lambda: room.view is not None)
        room.view = None
        for viewer in house.hub.viewers():
            viewer.close(1012)
        await until(lambda: room.view is not None)
        watching.cancel()


async def test_order_nobody_answers_is_pressed_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house, Door(house.url, SITE) as door:
        cookies = await door.redeem(await organiser(house.passes, house.clock))
    async with Door(house.url, SITE) as gone:
        room = ControlRoom(gone, cookies)
        with pytest.raises(httpx2.TransportError):
            await room.order(Order(Kind.START, version=0, session="water"))
        pressing = asyncio.create_task(room.press("water", Kind.START, lambda _view, _line: True))
        await asyncio.sleep(0)
        assert not pressing.done()
        pressing.cancel()


async def test_desk_knows_nothing_to_ask_where_a_session_asks_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        desk = Desk(house.show, house.voting)

        assert await desk.start("talk") is None
        await desk.end("talk")

    assert house.show.status("talk") is Status.ENDED
