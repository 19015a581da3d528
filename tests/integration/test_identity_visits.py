"""Joining, leaving, cookies good and bad."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from expo.rights import Role
from tests.support.doors import Doors, doors
from tests.support.roles import entered, stranger
from tests.support.serving import socket_url

JSON = {"accept": "application/json"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Doors]:
    async with doors(tmp_path) as opened:
        yield opened


async def test_device_that_joins_is_a_customer_from_then_on(house: Doors) -> None:
    async with stranger(house.url) as client:
        answer = await client.post("/en/join", data={"next": "/en/session/dewa"})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/en/session/dewa"
        who = (await client.get("/en/")).text
        assert who.startswith("customer ")

        again = await client.post("/en/join")

        assert "sawt_visit" not in again.cookies
        assert (await client.get("/en/")).text == who


async def test_program_joins_without_a_body_and_is_told_who_it_is(house: Doors) -> None:
    async with stranger(house.url) as client:
        answer = await client.post("/en/join", headers=JSON)

        assert answer.json() == {"role": "customer", "electorate": "customers", "entity": None}
        assert set(answer.cookies) == {"sawt_visit", "sawt_device"}


async def test_device_that_left_or_lost_its_cookie_is_the_same_customer(house: Doors) -> None:
    async with stranger(house.url) as client:
        await client.post("/en/join")
        who = (await client.get("/en/")).text
        left = await client.post("/en/leave")
        assert left.headers["location"] == "/en/"
        assert (await client.get("/en/")).text == "public -"

        await client.post("/en/join")
        assert (await client.get("/en/")).text == who
        client.cookies.delete("sawt_visit")
        await client.post("/en/join")

        assert (await client.get("/en/")).text == who


async def test_cookie_of_a_visit_that_ended_opens_nothing_more(house: Doors) -> None:
    async with stranger(house.url) as client:
        await client.post("/en/join")
        stolen = client.cookies["sawt_visit"]
        await client.post("/en/leave")

        client.cookies.set("sawt_visit", stolen)
        answer = await client.get("/en/")

        assert answer.text == "public -"
        assert "sawt_visit=;" in answer.headers["set-cookie"]


async def test_leaving_closes_the_sockets_of_the_visit_only(house: Doors) -> None:
    async with stranger(house.url) as client, stranger(house.url) as other:
        url = socket_url(house.url, "/live/day")
        sockets = []
        for one in (client, other):
            await one.post("/en/join")
            cookie = f"sawt_visit={one.cookies['sawt_visit']}"
            sockets.append(await connect(url, additional_headers={"cookie": cookie}, proxy=None))
            await sockets[-1].recv()

        await client.post("/en/leave", headers=JSON)
        with pytest.raises(ConnectionClosed) as closed:
            await sockets[0].recv()

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4501
        assert len(list(house.hub.viewers())) == 1
        await sockets[1].close()


async def test_stranger_may_leave_and_nothing_happens(house: Doors) -> None:
    async with stranger(house.url) as client:
        assert (await client.post("/en/leave", headers=JSON)).status_code == 204


@pytest.mark.parametrize(
    "cookie",
    [
        "sawt_visit=garbage",
        "sawt_visit=",
        f"sawt_visit={'x' * 8000}",
        "sawt_visit=a; sawt_visit=b",
        'sawt_visit="\\042\\073"',
        "sawt_visit=%00%ff; sawt_device=' OR 1=1",
        "sawt_visit=a=b=c",
        "; ; =; sawt_visit",
        "; ".join(f"c{n}=x" for n in range(200)) + "; sawt_visit=x",
    ],
)
async def test_bad_cookie_is_anonymous_and_cleared(house: Doors, cookie: str) -> None:
    async with stranger(house.url) as client:
        answer = await client.get("/en/", headers={"cookie": cookie})

        assert answer.status_code == 200
        assert answer.text == "public -"
        cleared = "sawt_visit=;" in answer.headers.get("set-cookie", "")
        assert cleared


async def test_two_visit_cookies_are_neither_even_if_one_is_good(house: Doors) -> None:
    async with stranger(house.url) as client, stranger(house.url) as other:
        await client.post("/en/join")
        good = client.cookies["sawt_visit"]

        answer = await other.get("/en/", headers={"cookie": f"sawt_visit={good}; sawt_visit=x"})

        assert answer.text == "public -"


async def test_organiser_is_out_after_half_a_day_and_a_voter_is_not(house: Doors) -> None:
    async with (
        entered(house.url, house.passes, house.clock, Role.ORGANISER) as organiser,
        entered(house.url, house.passes, house.clock, Role.EMPLOYEE) as employee,
    ):
        house.clock.move(hours=12)

        assert (await organiser.get("/en/")).text == "public -"
        assert (await employee.get("/en/")).text.startswith("employee ")


async def test_hundred_devices_join_at_once_and_are_hundred_customers(house: Doors) -> None:
    async with stranger(house.url) as client:

        async def join() -> str:
            answer = await client.post("/en/join", headers={**JSON, "cookie": "x=1"})
            return answer.cookies["sawt_visit"]

        tokens = await asyncio.gather(*(join() for _ in range(100)))

    visits = [await house.visits.of(token, None) for token in tokens]
    assert len({visit.person.id for visit in visits if visit.person}) == 100


async def test_one_device_pressing_ten_times_at_once_is_one_customer(house: Doors) -> None:
    device = "d" * 24
    joins = [house.visits.join(await house.visits.of(None, device)) for _ in range(10)]

    joined = await asyncio.gather(*joins)

    assert len({visit.person.id for visit, _ in joined if visit.person}) == 1


async def test_one_device_cannot_join_for_ever(house: Doors) -> None:
    async with stranger(house.url) as client:
        for _ in range(10):
            await client.post("/en/join", headers={**JSON, "cookie": f"sawt_device={'d' * 24}"})

        answer = await client.post(
            "/en/join", headers={**JSON, "cookie": f"sawt_device={'d' * 24}"}
        )

        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "6"
        assert answer.json()["code"] == "too-fast"


@pytest.mark.sqlite_only
async def test_database_holds_no_cookie_token_and_no_device(house: Doors) -> None:
    async with stranger(house.url) as client:
        await client.post("/en/join")
        secrets = [client.cookies["sawt_visit"], client.cookies["sawt_device"]]
    path = await house.passes.first_organiser()
    assert path is not None
    secrets += path.removeprefix("/pass/").split(".")
    assert house.database.url.database is not None
    folder = Path(house.database.url.database).parent
    kept = b"".join(file.read_bytes() for file in folder.iterdir())
    nonce = secrets[2][4:]
    for secret in (*secrets[:2], nonce, secrets[-1]):
        assert secret.encode() not in kept


async def test_cookies_over_https_are_bound_to_host_and_secure(tmp_path: Path) -> None:
    async with (
        doors(tmp_path, public_url="https://expo.example") as house,
        stranger(house.url) as client,
    ):
        answer = await client.post("/en/join", headers=JSON)

    lines = answer.headers.get_list("set-cookie")
    assert [line.partition("=")[0] for line in lines] == [
        "__Host-sawt_visit",
        "__Host-sawt_device",
    ]
    for line in lines:
        parts = line.split("; ")
        assert {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"} <= set(parts)
        assert not any(part.startswith("Domain") for part in parts)


@pytest.mark.sqlite_only
async def test_busy_database_refuses_a_known_visit_without_forgetting_it(tmp_path: Path) -> None:
    async with doors(tmp_path) as house, stranger(house.url) as client:
        await client.post("/en/join")
        async with house.database.write() as tx:
            await tx.execute(text("ALTER TABLE visits RENAME TO away"))

        answer = await client.get("/en/")
        healthy = await client.get("/healthz", headers={"cookie": ""})

        assert answer.status_code == 503
        assert "set-cookie" not in answer.headers
        assert healthy.status_code == 200
