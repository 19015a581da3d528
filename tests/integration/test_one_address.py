"""A hall behind one address: everybody gets in and votes; one device that tries everything is stopped."""

import asyncio
import ssl
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from expo.identity.venue.codes import BadgeOrder
from sessions.orders import Kind
from tests.support.roles import stranger
from tests.support.whole import ORGANISER, PROGRAM, Whole, whole

PARTICIPANTS = 1_000
_AT_ONCE = 40  # clients that are at it at the same time, all from 127.0.0.1
_SHEETS = 2
_TLS = ssl.create_default_context()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as opened:
        yield opened


async def badges(house: Whole, count: int) -> list[str]:
    """Codes of new badges."""
    codes = []
    for _ in range(_SHEETS):
        until = house.expo.now() + timedelta(hours=8)
        order = BadgeOrder("customers", "", until, count // _SHEETS)
        sheet = await house.expo.venue.issue(ORGANISER, order, house.expo.venue.new_batch())
        codes += [one.code for one in sheet]
    return codes


def participant(url: str) -> httpx2.AsyncClient:
    """As `stranger`; making what TLS needs a thousand times would take longer than the rest."""
    headers = {"origin": url, "accept": "text/html", "accept-language": "en"}
    return httpx2.AsyncClient(
        base_url=url, headers=headers, timeout=30, trust_env=False, verify=_TLS
    )


async def participate(house: Whole, number: int, code: str, options: list[str]) -> list[int]:
    """The statuses one participant meets: every other one signs in by badge, the rest join by QR code."""
    async with participant(house.url) as client:
        page = await client.get(f"/badge/{code}" if number % 2 else "/en/session/khda")
        seen = [page.status_code]
        form = {"code": code, "next": "/en/session/khda"}
        door, sent = ("/en/venue", form) if number % 2 else ("/en/join", {})
        seen.append((await client.post(door, data=sent)).status_code)
        ranking = options[number % len(options) :][:3]
        cast = {"type": "cast", "id": str(uuid.uuid4()), "contest": "khda", "ranking": ranking}
        answer = await client.post("/en/ballots/khda", json=cast, headers=PROGRAM)
        return [*seen, answer.status_code]


@pytest.mark.timeout(240)
async def test_thousand_participants_behind_one_address_meet_no_refusal(house: Whole) -> None:
    await house.order(Kind.READY)
    await house.open()
    options = [one.id for one in house.contest().options]
    codes = await badges(house, PARTICIPANTS)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> list[int]:
        async with gate:
            return await participate(house, number, codes[number], options)

    seen = await asyncio.gather(*(one(number) for number in range(PARTICIPANTS)))

    assert Counter(map(tuple, seen)) == {(200, 303, 200): PARTICIPANTS}
    assert await house.ballots() == PARTICIPANTS


async def test_one_device_that_tries_a_thousand_identities_is_stopped(house: Whole) -> None:
    codes = await badges(house, PARTICIPANTS)
    async with stranger(house.url) as client:
        await client.get("/en/")
        seen = Counter([await _tried(client, code) for code in codes])

    assert seen["too-fast"] >= PARTICIPANTS - 20
    assert seen["in"] + seen["too-fast"] == PARTICIPANTS
    (first, second) = await house.expo.venue.sheets()
    assert first.used + second.used == seen["in"] <= 12


async def _tried(client: httpx2.AsyncClient, code: str) -> str:
    headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    answer = await client.post("/en/venue", content=f"code={code}", headers=headers)
    return "in" if answer.is_success else str(answer.json()["code"])
