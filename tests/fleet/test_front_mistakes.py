"""A configuration of nginx with one mistake is found out by what looks at the right one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx2
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.typing import Origin

from expo.rights import Role
from tests.support.fleet import Fleet, fleet
from tests.support.roles import entered, stranger
from tests.support.serving import socket_url
from tests.support.show import MORNING

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.nightly]

RIGHT: dict[str, str] = {}
KNOWS_NOBODY = {'"$request_method $visitor $args': '"$request_method  $args'}
KEEPS_WHAT_IS_ONES_OWN = {**KNOWS_NOBODY, 'proxy_set_header Cookie "";': ""}
KEEPS_COOKIES = {"proxy_hide_header Set-Cookie;": ""}
ASKS_ONE_NODE = {
    "proxy_next_upstream error timeout;": "proxy_next_upstream off;",
    "proxy_cache_use_stale error timeout http_502 http_504;": "",
}

BELIEVES_NOBODY_LIVES = {"error_page 502 = @anyway;": "error_page 502 =503 /away.html;"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(postgres_url_of_module: str) -> AsyncIterator[Fleet]:
    """Two nodes; nginx is started again with each mistake."""
    async with fleet(at=MORNING, database_url=postgres_url_of_module, has_nats=False) as found:
        yield found


def wrong(there: Fleet, mistakes: dict[str, str]) -> None:
    """Start nginx again, with these mistakes."""
    there.nginx.stop()
    there.nginx.mistakes = mistakes
    there.nginx.start()


async def leaks(there: Fleet) -> set[str]:
    """What visitors are shown that is not theirs, or is withheld from them."""
    found: set[str] = set()
    async with (
        there.passes() as passes,
        entered(there.address, passes, there.now, Role.CUSTOMER) as known,
        stranger(there.address) as one,
        stranger(there.address) as other,
    ):
        for client in (known, one, known, other):
            page = await client.get("/en/")
            if ("/en/leave" in page.text) != (client is known):
                found.add("a page of somebody else")
        cookies = [client.cookies.get("sawt_device") for client in (one, other)]
        if cookies[0] and cookies[0] == cookies[1]:
            found.add("a cookie of somebody else")
    return found


@pytest.mark.parametrize(
    ("mistakes", "found"),
    [
        (RIGHT, set()),
        (KNOWS_NOBODY, {"a page of somebody else"}),
        (KEEPS_WHAT_IS_ONES_OWN, {"a page of somebody else"}),
        (KEEPS_COOKIES, {"a cookie of somebody else"}),
    ],
    ids=["right", "knows nobody", "keeps what is one's own", "keeps cookies"],
)
async def test_leak_through_the_cache_is_seen(
    pair: Fleet, mistakes: dict[str, str], found: set[str]
) -> None:
    wrong(pair, mistakes)

    assert await leaks(pair) == found


@pytest.mark.parametrize("mistakes", [RIGHT, ASKS_ONE_NODE], ids=["right", "asks one node"])
async def test_error_for_a_dead_node_is_seen(pair: Fleet, mistakes: dict[str, str]) -> None:
    wrong(pair, mistakes)
    async with stranger(pair.address) as client:
        await client.get("/en/join")
        await pair.nodes[0].kill()
        answers = [await client.get("/en/join") for _ in range(6)]
        await pair.nodes[0].start()

    errors = [one for one in answers if one.status_code != httpx2.codes.OK]
    assert bool(errors) == bool(mistakes)


@pytest.mark.parametrize(
    "mistakes", [RIGHT, BELIEVES_NOBODY_LIVES], ids=["right", "believes nobody lives"]
)
async def test_node_that_came_back_is_asked_when_the_other_dies(
    pair: Fleet, mistakes: dict[str, str]
) -> None:
    wrong(pair, mistakes)
    url = socket_url(pair.address, "/live/day")
    one, other = pair.nodes
    async with stranger(pair.address) as client, AsyncExitStack() as sockets:
        await one.kill()
        for _ in range(6):
            await client.get("/en/join")
        await one.start()
        await asyncio.sleep(2.1)  # it has been out of use for longer than nginx leaves it out
        for _ in range(4):  # one of them is what nginx tries it with, and does not end
            await sockets.enter_async_context(connect(url, origin=Origin(pair.address), proxy=None))
        await other.kill()
        answer = await client.get("/en/join")
        await other.start()

    assert answer.status_code == (503 if mistakes else 200)
