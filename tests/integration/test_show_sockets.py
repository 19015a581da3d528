"""The live endpoints on a real server: who hears what, what is refused, and what never leaves."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from expo.identity.people import Visit
from expo.rights import Role
from sessions.orders import Kind
from tests.support.live import until
from tests.support.serving import socket_url
from tests.support.stagehouse import Ear, House, ear, open_house


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as found:
        yield found


async def cookie(stage: House, role: Role) -> str:
    """The cookie of somebody who came in with a pass of this role."""
    is_voter = role in {Role.EMPLOYEE, Role.CUSTOMER}
    issued = await stage.passes.issue(
        None,
        role=role,
        electorate=f"{role.value}s" if is_voter else None,
        label="",
        expires_at=stage.clock() + timedelta(hours=1),
    )
    device = uuid.uuid4().hex[:24]
    _, token = await stage.passes.redeem(issued.token, Visit(device=device))
    return token


def cast(ranking: list[str], contest: str = "water") -> dict[str, Any]:
    return {"type": "cast", "id": str(uuid.uuid4()), "contest": contest, "ranking": ranking}


async def opened(stage: House) -> None:
    await stage.order(Kind.START)
    await stage.order(Kind.OPEN)


def kinds(found: Ear) -> list[str]:
    return [frame["type"] for frame in found.heard]


async def test_newcomer_hears_hello_board_and_contest_at_once(stage: House) -> None:
    await opened(stage)

    async with ear(stage, "/live/water") as visitor:
        hello = await visitor.frame("hello")
        mine = await visitor.frame("mine")
        board = await visitor.told("board", now="water")
        contest = await visitor.told("contest", phase="open")

    assert (hello["role"], hello["joined"]) == ("public", False)
    assert (mine["receipt"], mine["blocked"]) == (None, "join-first")
    assert board["statuses"] == {"water": "live", "talk": "scheduled"}
    assert contest["options"] == ["leak", "meter"]


async def test_day_hears_the_board_alone(stage: House) -> None:
    async with ear(stage, "/live/day") as visitor:
        await visitor.frame("board")
        await opened(stage)
        await visitor.frame("board", now="water")

    assert set(kinds(visitor)) == {"hello", "board"}


async def test_ballot_is_acknowledged_and_found_again_after_a_reconnect(stage: House) -> None:
    await opened(stage)
    token = await cookie(stage, Role.EMPLOYEE)
    ballot = cast(["meter", "leak"])

    async with ear(stage, "/live/water", token) as voter:
        await voter.say(ballot)
        receipt = await voter.frame("receipt")
    async with ear(stage, "/live/water", token) as voter:
        mine = await voter.frame("mine")
        await voter.say(ballot)
        again = await voter.frame("receipt")

    assert receipt["id"] == ballot["id"]
    assert mine["receipt"]["ranking"] == ["meter", "leak"]
    assert (again["tracker"], again["revision"]) == (receipt["tracker"], receipt["revision"])


async def test_stranger_is_told_to_join_first(stage: House) -> None:
    await opened(stage)

    async with ear(stage, "/live/water") as visitor:
        await visitor.say(cast(["leak"]))
        refused = await visitor.frame("refused")

    assert refused["code"] == "join-first"


async def test_unknown_session_is_refused_in_words_for_good(stage: House) -> None:
    async with ear(stage, "/live/nowhere") as visitor:
        code = await visitor.ended()

    assert (code, [frame["code"] for frame in visitor.heard]) == (4504, ["not-found"])


@pytest.mark.parametrize("path", ["/live/staff", "/live/screen/main"])
@pytest.mark.parametrize("role", [Role.PUBLIC, Role.EMPLOYEE, Role.CUSTOMER])
async def test_page_that_is_not_for_somebody_says_so_and_hears_nothing(
    stage: House, path: str, role: Role
) -> None:
    token = None if role is Role.PUBLIC else await cookie(stage, role)

    async with ear(stage, path, token) as visitor:
        code = await visitor.ended()

    assert (code, [frame["code"] for frame in visitor.heard]) == (4503, ["not-allowed"])


async def test_screen_may_not_enter_the_control_room(stage: House) -> None:
    async with ear(stage, "/live/staff", await cookie(stage, Role.SCREEN)) as screen:
        assert await screen.ended() == 4503


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8001"])
async def test_socket_from_another_site_is_refused_before_it_opens(
    stage: House, origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(socket_url(stage.url, "/live/day"), origin=Origin(origin), proxy=None):
            pass

    assert refused.value.response.status_code == 403


async def test_projector_hears_the_stage_and_never_an_unrevealed_name(stage: House) -> None:
    await opened(stage)
    token = await cookie(stage, Role.SCREEN)

    async with ear(stage, "/live/screen/main", token) as screen:
        await screen.frame("stage", scene="turnout")
        async with ear(stage, "/live/water", await cookie(stage, Role.EMPLOYEE)) as voter:
            await voter.say(cast(["meter", "leak"]))
            await voter.frame("receipt")
        found = await screen.frame("stage")
        while found["turnout"]["ballots"] == 0:
            found = await screen.frame("stage")
        await stage.order(Kind.CLOSE)
        await screen.frame("stage", scene="closed")
        await stage.pass_time(seconds=11)
        await until(lambda: stage.voting.frozen("water") is not None)
        await stage.order(Kind.REVEAL)
        revealed = await screen.frame("stage", scene="reveal")

    assert set(kinds(screen)) == {"hello", "stage"}
    assert all(frame["tally"] is None for frame in screen.heard if frame["type"] == "stage")
    assert revealed["final"] is None
    assert [place["ids"] for place in revealed["reveal"]["places"]] == [["leak"]]
    assert [place["ids"] for place in revealed["contest"]["places"]] == [["leak"]]


async def test_beat_of_a_screen_reaches_the_control_room(stage: House) -> None:
    organiser, screen = await cookie(stage, Role.ORGANISER), await cookie(stage, Role.SCREEN)

    async with ear(stage, "/live/staff", organiser) as desk:
        async with ear(stage, "/live/screen/main", screen) as projector:
            found = await projector.frame("stage")
            await projector.say({"type": "beat", "scene": "join", "version": found["version"]})
            view = await desk.frame("control")
            while not view["screens"] or view["screens"][0]["scene"] != "join":
                view = await desk.frame("control")
            assert (view["screens"][0]["id"], view["screens"][0]["connected"]) == ("main", True)
        while view["screens"][0]["connected"]:
            view = await desk.frame("control")

    assert view["counts"]["connected"] >= 1


async def test_control_room_follows_the_contest_on_the_stage(stage: House) -> None:
    async with ear(stage, "/live/staff", await cookie(stage, Role.ORGANISER)) as desk:
        await desk.frame("control", contest=None)
        await opened(stage)
        view = await desk.frame("control")
        while not view["contest"] or view["contest"]["phase"] != "open":
            view = await desk.frame("control")
        async with ear(stage, "/live/water", await cookie(stage, Role.EMPLOYEE)) as voter:
            await voter.say(cast(["meter", "leak"]))
            await voter.frame("receipt")
        tally = await desk.frame("tally", ballots=1)

    assert view["contest"]["moves"][0] == "close"
    assert view["log"][0]["action"] == "open-contest"
    assert tally["contest"] == "water"


async def test_organiser_on_a_public_page_hears_no_running_order(stage: House) -> None:
    await opened(stage)

    async with ear(stage, "/live/water", await cookie(stage, Role.ORGANISER)) as page:
        async with ear(stage, "/live/water", await cookie(stage, Role.EMPLOYEE)) as voter:
            await voter.say(cast(["meter"]))
            await voter.frame("receipt")
        await page.frame("turnout", ballots=1)

    assert "tally" not in kinds(page)


async def test_revoked_visit_is_closed_for_good(stage: House) -> None:
    token = await cookie(stage, Role.EMPLOYEE)

    async with ear(stage, "/live/water", token) as voter:
        await voter.frame("hello")
        visit = await stage.visits.of(token, None)
        await stage.visits.leave(visit)
        assert await voter.ended() == 4501


HOSTILE = [
    "",
    "null",
    "[]",
    "{",
    "1",
    '{"type":"control"}',
    '{"type":"beat","scene":"final","version":1}',
    '{"type":"subscribe","room":"staff"}',
    '{"type":"cast"}',
    '{"type":"cast","id":"x","contest":"water","ranking":[NaN]}',
    "[" * 10_000,
    '{"type":"hello"}',
    '{"type":"ask-mine","contest":"' + "x" * 5_000 + '"}',
    '{"type":"cast","type":"beat"}',
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_refused_and_the_connection_lives(stage: House, text: str) -> None:
    await opened(stage)

    async with ear(stage, "/live/water", await cookie(stage, Role.EMPLOYEE)) as visitor:
        await visitor.frame("hello")
        await visitor.socket.send(text)
        refused = await visitor.frame("refused")
        await visitor.say(cast(["leak"]))
        await visitor.frame("receipt")

    assert refused["code"] == "malformed-frame"
    assert refused["message"]


async def test_binary_is_answered_and_three_in_a_row_close(stage: House) -> None:
    async with ear(stage, "/live/day") as visitor:
        await visitor.frame("hello")
        await visitor.socket.send(b"\x00\xff")
        refused = await visitor.frame("refused")
        await visitor.socket.send(b"\x00")
        await visitor.socket.send(b"\x00")
        code = await visitor.ended()

    assert (refused["code"], code) == ("binary-frame", 4400)


async def test_screen_with_a_strange_name_is_turned_away(stage: House) -> None:
    token = await cookie(stage, Role.SCREEN)

    async with ear(stage, "/live/screen/Main_Hall", token) as screen:
        code = await screen.ended()

    assert code == 4504


async def test_board_frame_is_sent_only_when_something_changed(stage: House) -> None:
    async with ear(stage, "/live/day") as visitor:
        await visitor.frame("board")
        await asyncio.sleep(1.2)  # two ticks of the follower: time in which a repeat would come
        await opened(stage)
        await visitor.frame("board", now="water")

    boards = [frame for frame in visitor.heard if frame["type"] == "board"]
    assert len({msgspec.json.encode(frame) for frame in boards}) == len(boards)


async def test_seats_of_one_visit_are_given_back(stage: House) -> None:
    token = await cookie(stage, Role.EMPLOYEE)
    before = stage.hub.connected

    for _ in range(40):
        async with ear(stage, "/live/day", token) as visitor:
            await visitor.frame("hello")
    await until(lambda: stage.hub.connected == before)

    assert stage.hub.connected == before
