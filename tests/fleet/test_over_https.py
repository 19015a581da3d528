"""As in production: TLS ends at nginx, nodes insist on https, cookies are bound to it."""

import json
import ssl
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.typing import Origin

from deploy import ready
from tests.support.fleet import Fleet, fleet
from tests.support.show import MORNING

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Fleet]:
    """One node on a file behind nginx with TLS."""
    async with fleet(at=MORNING, size=1, is_https=True) as found:
        yield found


@pytest.fixture
def trust(house: Fleet) -> ssl.SSLContext:
    """Trusts this nginx alone."""
    return ssl.create_default_context(cafile=str(house.nginx.certificate))


def visitor(there: Fleet, trust: ssl.SSLContext) -> httpx2.AsyncClient:
    """A browser's likeness that has never been here."""
    return httpx2.AsyncClient(
        base_url=there.address, verify=trust, trust_env=False, headers={"origin": there.address}
    )


async def test_cookies_are_bound_to_this_host_and_to_https(
    house: Fleet, trust: ssl.SSLContext
) -> None:
    async with visitor(house, trust) as client:
        answer = await client.post("/en/join")
        lines = answer.headers.get_list("set-cookie")
        page = await client.get("/en/")

    assert answer.status_code == 303
    assert {line.split("=")[0] for line in lines} == {"__Host-sawt_visit", "__Host-sawt_device"}
    assert all("; Secure" in line for line in lines)
    assert "/en/leave" in page.text  # known by the cookie, and not answered from the cache


async def test_every_answer_says_that_only_https_will_do(
    house: Fleet, trust: ssl.SSLContext
) -> None:
    async with visitor(house, trust) as client:
        page = await client.get("/en/")
        script = "/static/" + page.text.split("/static/")[1].split('"')[0]
        answers = [page, await client.get(script), await client.get("/en/nothing-here")]
        await house.nodes[0].kill()
        answers.append(await client.get("/en/session/khda"))
        await house.nodes[0].start()

    assert [answer.status_code for answer in answers] == [200, 200, 404, 503]
    assert answers[-1].headers["retry-after"] == "3"
    for answer in answers:
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_page_that_was_seen_is_shown_while_no_node_is_there(
    house: Fleet, trust: ssl.SSLContext
) -> None:
    async with visitor(house, trust) as client:
        before = await client.get("/en/schedule")
        await house.nodes[0].kill()
        during = await client.get("/en/schedule")
        await house.nodes[0].start()
        after = await client.get("/en/schedule")

    assert [answer.status_code for answer in (before, during, after)] == [200, 200, 200]
    assert during.text == before.text


async def test_sockets_come_over_tls(house: Fleet, trust: ssl.SSLContext) -> None:
    url = house.address.replace("https", "wss", 1) + "/live/day"
    async with connect(url, ssl=trust, origin=Origin(house.address), proxy=None) as socket:
        assert json.loads(await socket.recv())["type"] == "hello"


async def test_units_learn_when_a_node_is_ready(
    house: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAWT_PUBLIC_URL", house.address)
    port = house.nodes[0].port

    assert ready.main(port, 5) == 0
    assert ready.main(port, 0) == 0
    assert ready.main(1, 0.3) == 1


async def test_node_is_watched_by_its_own_address_and_visited_by_its_public_one(
    house: Fleet,
) -> None:
    async with httpx2.AsyncClient(base_url=house.nodes[0].url, trust_env=False) as scraper:
        scraper.headers["host"] = "10.0.0.11:8001"
        paths = ("/healthz", "/readyz", "/metrics", "/en/")
        found = [(await scraper.get(path)).status_code for path in paths]

    assert found == [200, 200, 403, 400]  # figures need a token
