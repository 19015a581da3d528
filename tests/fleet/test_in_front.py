"""nginx in front of two nodes: what it serves itself, what it passes on, what it never keeps."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin

from expo.rights import Role
from tests.support.fleet import Fleet
from tests.support.proposals import picture
from tests.support.rawsocket import RawSocket
from tests.support.roles import entered, stranger
from tests.support.serving import socket_url

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMON = ("/en/", "/ar/", "/en/schedule", "/en/day/1", "/en/about", "/en/results/day/1")
"""Pages that are the same for everybody who is not known."""
SECURITY = (
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
)


def without_times(page: str) -> str:
    """A page but for what depends on the instant at which it was made."""
    return re.sub(r"\d+(\.\d+)?", "0", page)


@asynccontextmanager
async def somebody(there: Fleet, role: Role) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody of this role at nginx."""
    async with (
        there.passes() as passes,
        entered(there.address, passes, there.now, role) as client,
    ):
        yield client


def cache_of(there: Fleet, path: str) -> list[str]:
    """What the cache did with each request of this path, as the log has it."""
    lines = (json.loads(line) for line in there.nginx.log.read_text().splitlines())
    return [line["cache"] for line in lines if line["place"] == path]


async def asset(client: httpx2.AsyncClient) -> str:
    """The address of a script, taken from a page."""
    page = (await client.get("/en/")).text
    found = re.search(r"/static/[0-9a-f]+/css/tokens\.css", page)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("path", COMMON)
async def test_page_is_the_nodes_own(standing: Fleet, path: str) -> None:
    node = standing.nodes[0]
    async with stranger(standing.address) as front, stranger(node.url) as behind:
        here, there = await front.get(path), await behind.get(path)

    assert here.status_code == there.status_code == 200
    assert without_times(here.text) == without_times(there.text)
    assert {name: here.headers[name] for name in SECURITY} == {
        name: there.headers[name] for name in SECURITY
    }
    assert here.headers["cache-control"] == "private, no-cache"  # for browsers and other caches


async def test_strangers_share_pages_and_get_no_cookie_of_each_other(standing: Fleet) -> None:
    await asyncio.sleep(2.1)  # what tests before have left in the cache is over
    for path in COMMON:
        before = len(cache_of(standing, path))
        async with stranger(standing.address) as one, stranger(standing.address) as two:
            first, second = await one.get(path), await two.get(path)
        assert first.text == second.text
        assert "set-cookie" not in first.headers
        assert "set-cookie" not in second.headers
        assert cache_of(standing, path)[before:] in (["MISS", "HIT"], ["EXPIRED", "HIT"])


async def test_page_of_somebody_known_is_made_for_them_and_kept_for_nobody(
    standing: Fleet,
) -> None:
    async with (
        somebody(standing, Role.ORGANISER) as organiser,
        somebody(standing, Role.CUSTOMER) as customer,
        stranger(standing.address) as unknown,
    ):
        for client in (organiser, unknown, customer, unknown, organiser):
            page = await client.get("/en/")
            assert ("/staff/control" in page.text) == (client is organiser)
            assert ("/en/leave" in page.text) == (client is not unknown)
    assert set(cache_of(standing, "/en/")) <= {"MISS", "HIT", "EXPIRED", ""}


@pytest.mark.parametrize(
    "cookie",
    ["sawt_visit=never-given", "a=b; sawt_visit=x", "__Host-sawt_visit=x", 'sawt_visit=""'],
)
async def test_any_visit_cookie_goes_past_the_cache(standing: Fleet, cookie: str) -> None:
    async with stranger(standing.address) as client:
        await client.get("/en/schedule")
        before = len(cache_of(standing, "/en/schedule"))
        page = await client.get("/en/schedule", headers={"cookie": cookie})

    assert page.status_code == 200
    assert cache_of(standing, "/en/schedule")[before:] == [""]


async def test_reload_is_answered_by_a_node_and_renews_what_is_kept(standing: Fleet) -> None:
    async with stranger(standing.address) as client:
        await client.get("/en/about")
        before = len(cache_of(standing, "/en/about"))
        await client.get("/en/about", headers={"cache-control": "max-age=0"})
        await client.get("/en/about")

    assert cache_of(standing, "/en/about")[before:] == ["BYPASS", "HIT"]


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None), ("gzip;q=0", None)]
)
async def test_page_comes_as_the_browser_can_read_it(
    standing: Fleet, accepted: str, encoding: str | None
) -> None:
    async with stranger(standing.address) as client:
        for _ in range(2):
            page = await client.get("/ar/", headers={"accept-encoding": accepted})
            assert page.headers.get("content-encoding") == encoding
            assert page.text.startswith("<!doctype html>")


async def test_session_page_is_kept_for_nobody(standing: Fleet) -> None:
    async with stranger(standing.address) as one, stranger(standing.address) as two:
        first, second = await one.get("/en/session/khda"), await two.get("/en/session/khda")

    assert first.cookies["sawt_device"] != second.cookies["sawt_device"]
    assert set(cache_of(standing, "/en/session/khda")) == {""}


async def test_static_file_comes_from_disk_with_the_nodes_headers(standing: Fleet) -> None:
    async with stranger(standing.address) as front, stranger(standing.nodes[0].url) as behind:
        path = await asset(front)
        here, there = await front.get(path), await behind.get(path)

    assert here.content == there.content
    for name in (*SECURITY, "cache-control", "content-security-policy", "content-encoding"):
        assert here.headers[name] == there.headers[name], name
    assert here.headers["vary"].lower() == there.headers["vary"].lower()
    assert here.headers["content-type"].split(";")[0] == there.headers["content-type"].split(";")[0]


async def test_static_file_of_another_version_comes_from_a_node(standing: Fleet) -> None:
    async with stranger(standing.address) as client:
        path = await asset(client)
        digest = path.split("/")[2]
        answer = await client.get(path.replace(digest, "0123456789ab"))

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/../nginx.conf", "/static/%2e%2e/%2e%2e/nginx.conf", "/static//etc/passwd"]
)
async def test_nothing_but_static_files_comes_from_disk(standing: Fleet, path: str) -> None:
    raw = RawSocket(standing.address)
    async with raw:
        asked = f"GET {path} HTTP/1.1\r\nHost: {raw.host}\r\nConnection: close\r\n\r\n"
        await raw.send(asked.encode())
        assert await raw.status() in (400, 404)


async def test_sockets_of_both_nodes_are_behind_one_address(standing: Fleet) -> None:
    async with asyncio.TaskGroup() as tasks:
        heard = [tasks.create_task(greeting(standing)) for _ in range(10)]

    assert {one.result()["type"] for one in heard} == {"hello"}
    async with stranger(standing.address) as client:
        assert (await client.get("/healthz")).text == "ok\n"


async def greeting(there: Fleet) -> dict[str, object]:
    """The first frame of a socket at nginx."""
    url = socket_url(there.address, "/live/day")
    async with connect(url, origin=Origin(there.address), proxy=None) as socket:
        frame: dict[str, object] = json.loads(await socket.recv())
        return frame


async def test_socket_from_another_site_is_refused(standing: Fleet) -> None:
    url = socket_url(standing.address, "/live/day")
    with pytest.raises(Exception, match="403"):
        async with connect(url, origin=Origin("https://evil.example"), proxy=None):
            pass


async def test_too_long_headers_and_bodies_are_refused_in_front(standing: Fleet) -> None:
    async with stranger(standing.address) as client:
        long_header = await client.get("/en/", headers={"x-long": "a" * 20_000})
        many = await client.get("/en/", headers={f"x-{n}": "a" * 500 for n in range(60)})
        long_address = await client.get("/en/" + "a" * 20_000)
        body = await client.post("/en/join", content=b"a" * 70_000)

    assert long_header.status_code == many.status_code == 400
    assert long_address.status_code == 414
    assert body.status_code == 413


async def test_headers_that_pass_in_front_pass_behind(standing: Fleet) -> None:
    headers = {f"x-{n}": "a" * 3_900 for n in range(3)}
    async with stranger(standing.address) as client:
        answer = await client.get("/en/join", headers=headers)

    assert answer.status_code == 200
    assert len(str(headers)) < 16_384  # what a node takes, with what nginx adds


async def test_slow_request_does_not_reach_a_node(standing: Fleet) -> None:
    async with RawSocket(standing.address) as slow:
        head = f"POST /en/leave HTTP/1.1\r\nHost: {slow.host}\r\nContent-Length: 100\r\n\r\nabc"
        await slow.send(head.encode())
        async with stranger(standing.address) as client:
            answers = [await client.get("/readyz") for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    lines = [json.loads(line) for line in standing.nginx.log.read_text().splitlines()]
    assert {line["node"] for line in lines if line["place"] == "/en/leave"} <= {""}


async def test_what_a_client_says_of_itself_is_not_believed(standing: Fleet) -> None:
    claims = {
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "evil.example",
        "forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    }
    async with stranger(standing.address) as client:
        page = await client.get("/", headers=claims)
        wrong = await client.get("/en/", headers={"host": "evil.example"})

    assert page.headers["location"] in ("/ar/", "/en/")
    assert wrong.status_code == 400


async def test_hall_behind_one_address_meets_no_limit(standing: Fleet) -> None:
    async with stranger(standing.address) as client:
        client.headers["accept-encoding"] = "gzip"
        for _ in range(4):
            pages = await asyncio.gather(*(client.get("/en/") for _ in range(100)))
            assert {page.status_code for page in pages} == {200}


async def test_one_visit_that_never_stops_is_slowed(standing: Fleet) -> None:
    path = "/en/ballots/khda/mine"
    async with stranger(standing.address) as client:
        never = {"cookie": "sawt_visit=one-that-never-stops"}
        asked = (client.get(path, headers=never) for _ in range(150))
        answers = await asyncio.gather(*asked)
        other = await client.get(path, headers={"cookie": "sawt_visit=another"})

    assert 429 in {answer.status_code for answer in answers}
    assert other.status_code != 429


async def test_log_holds_no_secret(standing: Fleet) -> None:
    async with stranger(standing.address) as client:
        await client.get("/en/pass/a-secret-token.x.y?then=another-secret")
        await client.get("/v/SECRET")
        await client.get("/en/receipt/a-secret-tracker")

    log = standing.nginx.log.read_text() + standing.nginx.said.read_text()
    assert "/en/pass/-" in log
    assert "secret" not in log.lower()
    assert "127.0.0.1" not in log.replace('"node":"127.0.0.1', "").replace(", 127.0.0.1", "")


async def test_viewer_who_stops_reading_holds_up_nobody(standing: Fleet) -> None:
    async with RawSocket(standing.address, receive_buffer=4096) as stalled:
        await stalled.upgrade("/live/day", {"Origin": standing.address})
        assert (await greeting(standing))["type"] == "hello"


async def test_too_long_message_is_refused_by_the_node(standing: Fleet) -> None:
    url = socket_url(standing.address, "/live/day")
    async with connect(url, origin=Origin(standing.address), proxy=None) as socket:
        await socket.send("x" * 20_000)
        await socket.wait_closed()

    assert socket.close_code == 1009


@pytest.mark.nightly
async def test_quiet_viewer_is_kept_by_the_nodes_pings(standing: Fleet) -> None:
    url = socket_url(standing.address, "/live/day")
    async with connect(url, origin=Origin(standing.address), proxy=None) as socket:
        await asyncio.sleep(65)  # longer than nginx waits for a word
        await (await socket.ping())


async def test_picture_comes_through_nginx_and_every_node_has_it(standing: Fleet) -> None:
    large = picture(size=(1600, 900)) + bytes(
        9 * 1024 * 1024
    )  # what stands behind the end is let go
    async with somebody(standing, Role.TEAM) as team:
        path = (
            (await team.post("/en/team/proposals")).headers["location"].replace("/idea", "/people")
        )
        fields = {"version": "1", "image-new-en": "A green wall", "then": "image", "end": "1"}
        saved = await team.post(path, data=fields, files={"image": ("a.png", large, "image/png")})
        found = re.search(r"/picture/[0-9a-f]{32}", (await team.get(path)).text)
        too_long = await team.post(path.replace("/people", "/idea"), content=bytes(70_000))
        cookies = "; ".join(f"{name}={value}" for name, value in team.cookies.items())

    assert saved.status_code == 303
    assert found is not None
    assert too_long.status_code == 413
    for node in standing.nodes:
        host = standing.address.removeprefix("http://")
        headers = {"host": host, "cookie": cookies}
        async with httpx2.AsyncClient(base_url=node.url, headers=headers, trust_env=False) as http:
            answer = await http.get(found[0])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
