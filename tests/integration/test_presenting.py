"""Consoles on a whole expo: the desk's cue reaches the team's console, and nobody else's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from expo.rights import Role
from expo.wire.codes import Close
from sessions.orders import Kind, Order
from sessions.programme import Programme
from tests.support.whole import ORGANISER, PROGRAM, Whole, whole

DESK, CONSOLE, LIVE = "/en/staff/presenter", "/en/present/dewa", "/live/present/dewa"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    """An expo with the session of a team on the stage."""
    async with whole(tmp_path) as found:
        await found.order(Kind.START, "dewa")
        yield found


async def tell(client: httpx2.AsyncClient, cue: str, text: str = "") -> httpx2.Response:
    """Press a button of the desk."""
    fields = {"session": "dewa", "cue": cue, "text": text}
    return await client.post(DESK, data=fields, headers=PROGRAM)


async def test_cue_reaches_the_console_and_the_desk_reads_that_it_was_seen(house: Whole) -> None:
    moderator, team = await house.person(Role.MODERATOR), await house.person(Role.PRESENTER)
    async with house.ear(LIVE, team) as ear:
        first = await ear.frame("console")
        assert first["turn"] == "stage"
        assert first["cue"] is None

        assert (await tell(moderator, "one-minute")).status_code == 200
        while (frame := await ear.frame("console"))["cue"] is None:
            pass
        assert frame["version"] > first["version"]
        assert frame["cue"] == frame["cue"] | {
            "n": 1,
            "kind": "one-minute",
            "text": "",
            "seen_at": None,
        }
        assert "Not seen yet" in (await moderator.get(f"{DESK}?session=dewa")).text

        assert (await team.post(CONSOLE, data={"cue": "1"}, headers=PROGRAM)).status_code == 200
        while (frame := await ear.frame("console"))["cue"]["seen_at"] is None:
            pass
        assert "Seen at" in (await moderator.get(f"{DESK}?session=dewa")).text

        await tell(moderator, "words", "Five\u202e <b>minutes</b>")
        while (frame := await ear.frame("console"))["cue"]["n"] == 1:
            pass
        assert frame["cue"]["text"] == "Five <b>minutes</b>"
        assert frame["cue"]["seen_at"] is None
        await team.post(CONSOLE, data={"cue": "1"}, headers=PROGRAM)  # of the cue before
        await tell(moderator, "clear")
        while (frame := await ear.frame("console"))["cue"] is not None:
            pass

    lines = await house.expo.show.control()
    assert [one.facts for one in lines.log if one.action == "cue-presenter"] == [
        {"cue": "clear"},
        {"cue": "words"},
        {"cue": "one-minute"},
    ]


async def test_last_cue_is_on_the_page_and_hostile_words_stay_words(house: Whole) -> None:
    moderator, team = await house.person(Role.MODERATOR), await house.person(Role.TEAM)
    await tell(moderator, "words", "</script><img src=x onerror=alert(1)>\u2067")

    page = (await team.get(CONSOLE)).text
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    form = {"session": "dewa", "cue": "words", "text": "x" * 200}
    refused = await moderator.post(DESK, data=form)
    assert refused.status_code == 422
    assert "at most 120 characters" in refused.text

    wrong = [("words", " "), ("words", "!"), ("nonsense", "x"), ("", "")]
    assert [(await tell(moderator, *one)).status_code for one in wrong] == [422, 422, 400, 400]
    gone = {"session": "nowhere", "cue": "finish"}
    assert (await moderator.post(DESK, data=gone, headers=PROGRAM)).status_code == 404
    for cue in ("", "x", "-1", "9" * 40, "١"):
        answer = await team.post(CONSOLE, data={"cue": cue}, headers=PROGRAM)
        assert answer.status_code in {200, 400}


async def test_open_console_of_a_session_that_is_another_teams_now_is_closed(house: Whole) -> None:
    show = house.expo.show
    team = await house.person(Role.PRESENTER, "rta", entity="rta")
    moderator = await house.person(Role.MODERATOR)

    def swapped(now: Programme) -> Programme:
        rta, other = now.session("rta"), now.session("trakhees")
        assert rta is not None
        assert other is not None
        given = {
            one.id: replace(one, entity=two.entity, initiatives=two.initiatives)
            for one, two in ((rta, other), (other, rta))
        }
        days = (
            replace(day, sessions=tuple(given.get(one.id, one) for one in day.sessions))
            for day in now.days
        )
        return replace(now, days=tuple(days))

    async with (
        house.ear("/live/present/rta", team) as ear,
        house.ear("/live/present/rta", moderator) as desk,
    ):
        await ear.frame("console")
        await desk.frame("console")
        await show.amend(ORGANISER, swapped, action="change-contest", subject="rta")
        async with asyncio.timeout(5):
            assert await ear.ended() == Close.NOT_ALLOWED
        fields = {"session": "rta", "cue": "words", "text": "For the new team"}
        assert (await moderator.post(DESK, data=fields, headers=PROGRAM)).status_code == 200
        while (frame := await desk.frame("console"))["cue"] is None:
            pass
        assert frame["cue"]["text"] == "For the new team"


async def test_console_is_for_its_own_team_and_whoever_runs_the_show(house: Whole) -> None:
    stranger = await house.person(Role.TEAM, "of another entity", entity="rta")
    staff = [await house.person(role) for role in (Role.MODERATOR, Role.ORGANISER)]

    own = (await (await house.person(Role.TEAM)).get("/en/present")).text
    assert "/en/present/dewa" in own
    assert "/en/present/rta" not in own
    for one in staff:
        assert (await one.get("/en/present/dewa")).status_code == 200
        assert (await one.get("/en/present/nowhere")).status_code == 404
    for answer in (
        await stranger.get(CONSOLE, headers=PROGRAM),
        await stranger.post(CONSOLE, data={"cue": "1"}, headers=PROGRAM),
        await tell(stranger, "finish"),
    ):
        assert answer.status_code == 403
    async with house.ear(LIVE, stranger) as ear:
        assert (await ear.frame("refused"))["code"] == "not-allowed"
    async with house.ear("/live/present/nowhere", staff[0]) as ear:
        assert (await ear.frame("refused"))["code"] == "not-found"
        await ear.socket.wait_closed()
        assert ear.socket.close_code == Close.NOTHING_HERE


async def test_console_tells_that_the_time_is_up_and_that_it_is_over(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    presenting = house.expo.production.presenting
    before = presenting.console(presenting.session_for(ORGANISER, "dewa"))
    assert before.live_at is not None
    assert before.next is not None

    async with house.ear(LIVE, moderator) as ear:
        await ear.frame("console")
        house.pass_time(seconds=(before.due_at - before.server_at).total_seconds() + 1)
        while (await ear.frame("console"))["turn"] != "overtime":
            pass
        await house.order(Kind.END, "dewa")
        while (frame := await ear.frame("console"))["turn"] != "finished":
            pass
    assert frame["felt"] == {"clear": 0, "slower": 0, "louder": 0, "applause": 0}
    assert frame["questions"] == []


async def test_added_minutes_and_a_hold_reach_the_console(house: Whole) -> None:
    show, moderator = house.expo.show, await house.person(Role.MODERATOR)

    async def act(kind: Kind, version: int, **more: Any) -> None:
        await show.act(ORGANISER, Order(kind, version, **more))

    await house.order(Kind.END, "dewa")
    await house.order(Kind.START, "khda")
    async with house.ear("/live/present/khda", moderator) as ear:
        first = await ear.frame("console")
        await act(Kind.MINUTES, show.progress("khda").version, session="khda", by=2)
        while (frame := await ear.frame("console"))["added_minutes"] != 2:
            pass
        due = datetime.fromisoformat(frame["due_at"])
        assert due - datetime.fromisoformat(first["due_at"]) == timedelta(minutes=2)

        await act(Kind.HOLD, show.rundown.stage.version)
        while (frame := await ear.frame("console"))["held_at"] is None:
            pass
        house.pass_time(minutes=3)
        await act(Kind.GO_ON, show.rundown.stage.version)
        while (frame := await ear.frame("console"))["held_at"] is not None:
            pass
    assert datetime.fromisoformat(frame["due_at"]) - due == timedelta(minutes=3)


async def test_desk_reads_of_the_presenter_and_not_of_itself(house: Whole) -> None:
    moderator = await house.person(Role.MODERATOR)
    page = (await moderator.get(DESK, params={"session": "dewa"})).text

    assert "You are on stage" not in page
    assert "data-part>On stage</span>" in page


async def test_console_is_among_the_screens_by_its_session_and_shows_no_scene(house: Whole) -> None:
    organiser, team = await house.person(Role.ORGANISER), await house.person(Role.PRESENTER)
    async with house.ear(LIVE, team) as ear:
        await ear.frame("console")
        page = (await organiser.get("/en/staff/control")).text

    assert "Presenter’s console" in page
    assert "present/dewa</bdi>" not in page
