"""Passes through the front door: they open once, for the right role, and close again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from expo.errors import BadRequest, NotFound
from expo.identity.admission import PassOrder, PassState
from expo.identity.people import Person, PersonId, Visit
from expo.identity.usecases import AlreadyIssued, Passes
from expo.passes import PassRevoked, PassUsed
from expo.rights import Role
from tests.support.doors import SECRET, Doors, doors
from tests.support.roles import SCOPES, entered, everybody, pass_path, stranger
from tests.support.serving import socket_url

pytestmark = pytest.mark.each_database

ORGANISER = Person(id=PersonId("organiser-1"), role=Role.ORGANISER, label="Aisha")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Doors]:
    async with doors(tmp_path) as opened:
        yield opened


async def who(client: httpx2.AsyncClient) -> str:
    return (await client.get("/en/")).text.split()[0]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PUBLIC])
async def test_pass_makes_exactly_the_role_it_is_for(house: Doors, role: Role) -> None:
    async with entered(house.url, house.passes, house.clock, role) as client:
        assert await who(client) == role.value

    (line,) = await house.passes.list_()
    assert (line.used, line.state) == (1, PassState.USED)
    assert (line.issued.electorate, line.issued.entity) == SCOPES[role]


async def test_opening_the_link_changes_nothing_and_the_button_does(house: Doors) -> None:
    path = await pass_path(house.passes, house.clock, Role.EMPLOYEE)
    async with stranger(house.url) as client:
        for _ in range(3):
            page = await client.get(f"/en{path}")
            assert page.status_code == 200
            assert f'action="/en{path}"' in page.text

        assert await who(client) == "public"
        answer = await client.post(f"/en{path}")

        assert answer.headers["location"] == "/en/"
        assert await who(client) == "employee"


async def test_page_of_a_pass_leaks_its_token_to_nobody(house: Doors) -> None:
    path = await pass_path(house.passes, house.clock, Role.EMPLOYEE)
    async with stranger(house.url) as client:
        page = await client.get(f"/en{path}")
        short = await client.get(path)

    for answer in (page, short):
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
    assert short.headers["location"] == f"/en{path}"


async def test_used_pass_is_refused_to_another_device_with_a_sentence(house: Doors) -> None:
    path = await pass_path(house.passes, house.clock, Role.EMPLOYEE)
    async with stranger(house.url) as first, stranger(house.url) as second:
        await first.post(f"/en{path}")

        page = await second.post(f"/en{path}")
        json = await second.post(f"/ar{path}", headers={"accept": "application/json"})

        assert page.status_code == json.status_code == 409
        assert 'data-code="pass-used"' in page.text
        assert json.json()["code"] == "pass-used"
        assert json.json()["message"] != "pass-used"
        assert await who(second) == "public"


async def test_same_device_may_press_again_and_stays_the_same_person(house: Doors) -> None:
    path = await pass_path(house.passes, house.clock, Role.EMPLOYEE)
    async with stranger(house.url) as client:
        await client.post(f"/en{path}")
        first = (await client.get("/en/")).text

        door = await client.get(f"/en{path}")
        again = await client.post(f"/en{path}")

        assert (door.status_code, again.status_code) == (200, 303)
        assert (await client.get("/en/")).text == first


async def test_of_ten_devices_at_once_exactly_one_wins(house: Doors) -> None:
    path = await pass_path(house.passes, house.clock, Role.EMPLOYEE)

    async def try_it() -> int:
        async with stranger(house.url) as client:
            return (await client.post(f"/en{path}")).status_code

    answers = await asyncio.gather(*(try_it() for _ in range(10)))

    assert sorted(answers) == [303] + [409] * 9
    assert [line.used for line in await house.passes.list_()] == [1]


async def test_pass_with_several_uses_lets_in_so_many(house: Doors) -> None:
    issued = await house.passes.issue(
        ORGANISER,
        role=Role.EMPLOYEE,
        electorate="employees",
        expires_at=house.clock() + timedelta(hours=1),
        uses=2,
    )
    for n in range(2):
        await house.passes.redeem(issued.token, Visit(device=f"{n}" * 24))

    with pytest.raises(PassUsed):
        await house.passes.redeem(issued.token, Visit(device="c" * 24))


FORGERIES: dict[str, Callable[[str], str]] = {
    "last letter missing": lambda token: token[:-1],
    "only the beginning": lambda token: token[:10],
    "another key": lambda token: "0000" + token[4:],
    "other case": str.swapcase,
    "one letter more": lambda token: token + "x",
    "endless": lambda _: "x" * 8000,
    "nul": lambda _: "%00",
    "path": lambda _: "..%2f..%2fetc%2fpasswd",
    "sql": lambda _: "' OR 1=1 --",
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_forged_or_truncated_token_is_unknown(house: Doors, forgery: str) -> None:
    path = await pass_path(house.passes, house.clock, Role.ORGANISER)
    forged = f"/en/pass/{FORGERIES[forgery](path.removeprefix('/pass/'))}"
    async with stranger(house.url) as client:
        for answer in (await client.get(forged), await client.post(forged)):
            assert answer.status_code == 404
            assert len(answer.text) < 24_000  # the token stands in it once at most

        assert await who(client) == "public"


async def test_expired_pass_is_gone_and_says_until_when_it_was_good(house: Doors) -> None:
    path = await pass_path(house.passes, house.clock, Role.EMPLOYEE)
    house.clock.move(hours=1)
    async with stranger(house.url) as client:
        answer = await client.post(f"/en{path}")

        assert answer.status_code == 410
        assert 'data-code="pass-expired"' in answer.text
        assert "10:20:00" in answer.text
        assert await who(client) == "public"


async def test_revoking_ends_the_visit_and_closes_its_socket_for_good(house: Doors) -> None:
    async with entered(house.url, house.passes, house.clock, Role.ORGANISER) as client:
        (line,) = await house.passes.list_()
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        url = socket_url(house.url, "/live/staff")
        async with connect(url, additional_headers={"cookie": cookie}, proxy=None) as socket:
            assert await socket.recv(decode=False) == b'{"type":"hello"}'

            await house.passes.revoke(ORGANISER, line.issued.id)
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4501
        assert await who(client) == "public"
        assert (await client.get("/en/staff/passes")).status_code == 403
        with pytest.raises(InvalidStatus):
            await connect(url, additional_headers={"cookie": cookie}, proxy=None)


async def test_revoked_pass_opens_for_nobody_and_revoking_again_is_harmless(house: Doors) -> None:
    async with stranger(house.url) as client:
        path = await pass_path(house.passes, house.clock, Role.EMPLOYEE)
        await client.post(f"/en{path}")
        (line,) = await house.passes.list_()
        await house.passes.revoke(ORGANISER, line.issued.id)
        await house.passes.revoke(ORGANISER, line.issued.id)

        again = await client.post(f"/en{path}")

        assert again.status_code == 410
        assert 'data-code="pass-revoked"' in again.text
    with pytest.raises(PassRevoked):
        await house.passes.look(path.removeprefix("/pass/"), Visit())
    with pytest.raises(NotFound):
        await house.passes.revoke(ORGANISER, "no-such-pass")


async def test_redeeming_as_somebody_else_moves_the_device_and_its_socket(house: Doors) -> None:
    async with entered(house.url, house.passes, house.clock, Role.EMPLOYEE) as client:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        path = await pass_path(house.passes, house.clock, Role.TEAM)
        url = socket_url(house.url, "/live/day")
        async with connect(url, additional_headers={"cookie": cookie}, proxy=None) as socket:
            await socket.recv()

            await client.post(f"/en{path}")
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001
        assert await who(client) == "team"
        async with stranger(house.url) as thief:
            old = await thief.get("/en/", headers={"cookie": cookie})
            assert old.text == "public -"


async def test_batch_is_issued_once_however_often_it_is_sent(house: Doors) -> None:
    order = PassOrder(Role.EMPLOYEE, "employees", None, " x\u202e ", house.clock() + timedelta(1))
    issued = await house.passes.issue_batch(ORGANISER, order, count=200, batch="b" * 16)

    with pytest.raises(AlreadyIssued):
        await house.passes.issue_batch(ORGANISER, order, count=200, batch="b" * 16)

    assert len({one.token for one in issued}) == 200
    assert len(await house.passes.list_()) == 200
    assert issued[0].issued.label == "x"


@pytest.mark.parametrize(
    ("order", "count", "what"),
    [
        (PassOrder(Role.PUBLIC, None, None, "", NotImplemented), 1, "role"),
        (PassOrder(Role.EMPLOYEE, None, None, "", NotImplemented), 1, "electorate"),
        (PassOrder(Role.ORGANISER, "employees", None, "", NotImplemented), 1, "electorate"),
        (PassOrder(Role.EMPLOYEE, "employees", "dewa", "", NotImplemented), 1, "entity"),
        (PassOrder(Role.ORGANISER, None, None, "x" * 81, NotImplemented), 1, "label"),
        (PassOrder(Role.ORGANISER, None, None, "", NotImplemented, 0), 1, "uses"),
        (PassOrder(Role.ORGANISER, None, None, "", NotImplemented), 0, "count"),
        (PassOrder(Role.ORGANISER, None, None, "", NotImplemented), 201, "count"),
    ],
)
async def test_order_that_makes_no_sense_is_refused(
    house: Doors, order: PassOrder, count: int, what: str
) -> None:
    at = house.clock() + timedelta(hours=1)
    sound = PassOrder(order.role, order.electorate, order.entity, order.label, at, order.uses)

    with pytest.raises(BadRequest) as caught:
        await house.passes.issue_batch(ORGANISER, sound, count=count, batch="b" * 16)

    assert caught.value.facts == {"what": what}
    assert await house.passes.list_() == ()


@pytest.mark.parametrize("hours", [0, -1, 24 * 61])
async def test_pass_that_is_over_or_lasts_for_ever_is_refused(house: Doors, hours: int) -> None:
    at = house.clock() + timedelta(hours=hours)

    with pytest.raises(BadRequest):
        await house.passes.issue(ORGANISER, role=Role.SCREEN, expires_at=at)


async def test_first_link_is_one_only_and_stops_when_an_organiser_is_in(house: Doors) -> None:
    over = await house.passes.first_organiser()
    house.clock.move(hours=13)
    first = await house.passes.first_organiser()
    assert over is not None
    assert first is not None

    async with stranger(house.url) as client:
        assert (await client.post(f"/en{over}")).status_code == 410
        answer = await client.post(f"/en{first}")
        assert answer.headers["location"] == "/en/staff/control"
        assert await who(client) == "organiser"

        assert await house.passes.first_organiser() is None
        await client.post("/en/leave")
        assert await house.passes.first_organiser() is not None


async def test_first_link_is_the_same_from_every_node_that_knows_the_secret(house: Doors) -> None:
    other = Passes(house.database, house.clock, ("x" * 32, SECRET), lambda _visits, _code: None)
    stranger_to_us = Passes(house.database, house.clock, ("y" * 32,), lambda _visits, _code: None)

    told = await asyncio.gather(*[house.passes.first_organiser() for _ in range(4)])
    again = await other.first_organiser()

    assert told[0] is not None
    assert len(set(told)) == 1
    assert again is not None
    assert again.split(".")[0][-22:] == told[0].split(".")[0][-22:]
    assert await stranger_to_us.first_organiser() not in (None, *told, again)


async def test_screen_goes_to_its_own_stage(house: Doors) -> None:
    async with stranger(house.url) as client:
        for label, stage in (("hall-2", "hall-2"), ("قاعة", "main")):
            issued = await house.passes.issue(
                ORGANISER,
                role=Role.SCREEN,
                label=label,
                expires_at=house.clock() + timedelta(hours=1),
            )
            answer = await client.post(f"/ar{issued.path}")

            assert answer.headers["location"] == f"/stage/{stage}?lang=ar"


async def test_guessing_is_slowed_down_per_device_alone(house: Doors) -> None:
    async with stranger(house.url) as guesser, stranger(house.url) as neighbour:
        path = await pass_path(house.passes, house.clock, Role.EMPLOYEE)
        await guesser.get(f"/en{path}")  # gives the device its token
        answers = [await guesser.post("/en/pass/x") for _ in range(21)]

        assert [answer.status_code for answer in answers] == [404] * 20 + [429]
        assert (await neighbour.post(f"/en{path}")).status_code == 303


async def test_everybody_is_who_they_should_be(house: Doors) -> None:
    async with everybody(house.url, house.passes, house.clock) as clients:
        assert {role: await who(client) for role, client in clients.items()} == {
            role: role.value for role in Role
        }
