"""Who is let in by the desk hears what the application would have told; who must be asked for is asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from expo.identity.usecases import visit_of
from expo.rights import Role
from expo.wire.viewer import Viewer
from tests.support.rawsocket import RawSocket, upgrade_request
from tests.support.whole import Whole, cookie_of, whole

SESSION = "/live/khda"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


def let_in(house: Whole) -> int:
    """How many the desk has let in."""
    return house.expo.desk.counters.live


async def told(house: Whole, path: str, *, pieces: int, **headers: str) -> tuple[Any, ...]:
    """The rooms somebody is put into, as whom, and the frames they hear first; asked in so many pieces."""
    async with house.raw() as client:
        more = {"Origin": house.url} | {name.replace("_", "-"): v for name, v in headers.items()}
        request = upgrade_request(client.host, path, more)
        half = len(request) // 2 if pieces > 1 else 0
        if half:
            await client.send(request[:half])
            await asyncio.sleep(0.02)  # or both would come as one
        await client.send(request[half:])
        assert await client.status() == 101
        frames = [json.loads(await client.text())]
        viewer: Viewer = list(house.expo.hub.viewers())[-1]
        rooms = tuple(room.name for room in viewer.rooms)
        expected = (path == SESSION) + sum(room.frame is not None for room in viewer.rooms)
        frames += [json.loads(await client.text()) for _ in range(expected)]
        for frame in frames:
            frame.pop("server_at", None)
        visit = visit_of(viewer.who)
        assert visit is not None
        return rooms, viewer.who, visit.id, frames


@pytest.mark.parametrize("path", ["/live/day", SESSION, "/live/khda?lang=en", "/live/khda?lang=xx"])
@pytest.mark.parametrize("language", ["ar", "en-GB,en;q=0.9", ""])
async def test_desk_and_application_let_in_alike(house: Whole, path: str, language: str) -> None:
    await house.open()
    before = let_in(house)
    at_once = await told(house, path, pieces=1, Accept_Language=language)
    assert let_in(house) == before + 1
    asked = await told(house, path, pieces=2, Accept_Language=language)

    assert let_in(house) == before + 1
    assert at_once == asked


async def test_both_say_alike_whatever_state_the_contest_is_in(house: Whole) -> None:
    assert await told(house, SESSION, pieces=1) == await told(house, SESSION, pieces=2)
    await house.open()
    assert await told(house, SESSION, pieces=1) == await told(house, SESSION, pieces=2)
    house.pass_time(hours=6)
    at_once, asked = await told(house, SESSION, pieces=1), await told(house, SESSION, pieces=2)
    assert at_once == asked
    assert let_in(house) == 3


async def test_device_without_a_visit_is_let_in_and_a_visit_is_looked_up(house: Whole) -> None:
    await house.open()
    device = await told(house, SESSION, pieces=1, Cookie="sawt_device=" + "A" * 24)
    assert let_in(house) == 1
    assert device[2] is None
    person = await house.person(Role.CUSTOMER)
    known = await told(house, SESSION, pieces=1, Cookie=cookie_of(person))
    made_up = await told(house, SESSION, pieces=1, Cookie="sawt_visit=nobody")

    assert known[2] is not None
    assert made_up == device
    assert let_in(house) == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (SESSION, {"Origin": "https://evil.example"}),
        (SESSION, {"Origin": "null"}),
        (SESSION, {"Origin": "", "Cookie": "sawt_device=" + "A" * 24}),
        (SESSION, {"Host": "evil.example"}),
        ("/live/nowhere/else", {}),
        ("/live", {}),
        ("/live//khda", {}),
        ("/en/", {}),
    ],
)
async def test_who_may_not_is_refused_as_ever(
    house: Whole, path: str, headers: dict[str, str]
) -> None:
    async with house.raw() as client:
        status = await client.upgrade(path, {"Origin": house.url} | headers)

    assert status in {403, 404}
    assert let_in(house) == 0


@pytest.mark.parametrize("path", ["/live/staff", "/live/screen/hall", "/live/nothing-here"])
async def test_rooms_of_others_and_of_nobody_are_the_applications_to_refuse(
    house: Whole, path: str
) -> None:
    async with house.raw() as client:
        assert await client.upgrade(path, {"Origin": house.url}) == 101
        said = json.loads(await client.text())

    assert said["type"] == "refused"
    assert let_in(house) == 0


async def test_program_without_a_cookie_needs_no_origin(house: Whole) -> None:
    async with house.raw() as client:
        assert await client.upgrade("/live/day") == 101

    assert let_in(house) == 1


async def test_what_is_said_behind_the_handshake_is_heard(house: Whole) -> None:
    await house.open()
    async with RawSocket(house.url) as client:
        from_us = {"Origin": house.url, "Accept-Language": "en"}
        behind = b"\x81\x82\0\0\0\0{}"
        assert await client.upgrade("/live/day", from_us, behind=behind) == 101
        said = [json.loads(await client.text()) for _ in range(3)]

    assert [one["type"] for one in said] == ["hello", "board", "refused"]
    assert let_in(house) == 1
