"""A crowd over real sockets, each from a network of its own, and officers who review what is held."""

import asyncio
import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import httpx2
import msgspec
from websockets.asyncio.client import connect
from websockets.typing import Origin

from expo.identity.people import Visit
from expo.rights import Role
from tests.support.serving import socket_url
from tests.support.whole import Whole, ballot
from voting import moves
from voting.holds import HoldRule

_AT_ONCE = 50


async def with_rules(house: Whole, rules: Sequence[HoldRule], session: str = "khda") -> None:
    """Give a draft these rules, as its definition would."""
    contest = house.contest(session)
    changed = msgspec.structs.replace(contest.rules, holds=tuple(rules))
    async with house.expo.database.write() as tx:
        await moves.redefine(tx, msgspec.structs.replace(contest, rules=changed))
    await house.expo.voting.refresh([session])


async def voter(
    house: Whole, address: str, ranking: Sequence[str], *, device: str = "", session: str = "khda"
) -> dict[str, Any]:
    """Somebody who joins, opens the session's page and casts over a socket; the receipt or refusal.

    Args:
        house: The running expo.
        address: Where the proxy says they come from.
        ranking: What they rank.
        device: Their device; a new one where empty.
        session: Whose contest.
    """
    device = device or secrets.token_urlsafe(18)
    visit, token = await house.expo.visits.join(Visit(device=device))
    assert visit.person is not None
    headers = {
        "cookie": f"sawt_visit={token}; sawt_device={device}",
        "x-forwarded-for": address,
        "accept-language": "en",
    }
    async with connect(
        socket_url(house.url, f"/live/{session}"),
        origin=Origin(house.url),
        additional_headers=headers,
        proxy=None,
    ) as socket:
        await socket.send(json.dumps({"type": "cast", **ballot(*ranking, contest=session)}))
        async with asyncio.timeout(20):
            while True:
                frame: dict[str, Any] = json.loads(await socket.recv())
                if frame["type"] in {"receipt", "refused"}:
                    return frame


async def crowd(
    house: Whole, addresses: Iterable[str], rankings: Sequence[Sequence[str]], **more: Any
) -> list[dict[str, Any]]:
    """Many of them, some at a time; rankings in turn."""
    some = asyncio.Semaphore(_AT_ONCE)

    async def one(n: int, address: str) -> dict[str, Any]:
        async with some:
            return await voter(house, address, rankings[n % len(rankings)], **more)

    return list(await asyncio.gather(*(one(n, a) for n, a in enumerate(addresses))))


async def officer(house: Whole, name: str) -> httpx2.AsyncClient:
    """An officer with a pass and a device of their own."""
    client = await house.person(Role.OFFICER, name)
    await client.get("/en/")  # the first page gives the device its token
    return client


async def act(client: httpx2.AsyncClient, what: str, **fields: str) -> httpx2.Response:
    """A form of the officers' page."""
    return await client.post(f"/en/staff/fairness/khda/{what}", data=fields)
