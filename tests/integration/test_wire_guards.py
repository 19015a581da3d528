"""Hosts, origins and headers around the whole application; who may open a socket."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from expo.web.guards import (
    FRAME_HEADER,
    WORKER_HEADER,
    AllowedHosts,
    SameOrigin,
    SecurityHeaders,
)
from expo.wire.handshake import Handshake
from expo.wire.hub import Hub
from expo.wire.live import serve
from tests.support.live import until
from tests.support.rawsocket import RawSocket
from tests.support.serving import running, socket_url

OURS = "https://expo.example"
COOKIE = ("Cookie", "__Host-sawt_visit=a")
Headers = list[tuple[str, str]]


class Door:
    """A guarded application with one live endpoint."""

    def __init__(self, *, https: bool = True) -> None:
        self.hub = Hub()
        self.handshake = Handshake(
            {OURS},
            may_enter=lambda websocket: websocket.query_params.get("pass") != "none",
            visit_of=lambda websocket: websocket.cookies.get("__Host-sawt_visit"),
            sockets_per_visit=3,
        )
        inner = Starlette(
            routes=[
                Route("/ok", _ok, methods=["GET", "POST"]),
                Route("/boom", _boom),
                Route("/player", _player),
                WebSocketRoute("/live", self._live),
            ],
            max_body_size=65_536,
        )
        hosts = AllowedHosts(SameOrigin(inner, {OURS}), {"127.0.0.1", "expo.example", "[::1]"})
        self.app = SecurityHeaders(hosts, https=https, origins={OURS})

    async def _live(self, websocket: WebSocket[Any]) -> None:
        seat = await self.handshake.admit(websocket)
        if seat is None:
            return
        await websocket.accept()
        await serve(
            websocket,
            self.hub,
            who=None,
            rooms=(),
            on_text=lambda viewer, payload: viewer.reply(payload),
            on_junk=lambda viewer, kind: viewer.reply(kind.encode()),
            greeting=b"hello",
            on_leave=seat.leave,
        )


async def _ok(request: Request[Any]) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _boom(request: Request[Any]) -> Response:
    raise ZeroDivisionError


async def _player(request: Request[Any]) -> Response:
    return PlainTextResponse(
        "ok",
        headers={
            FRAME_HEADER: request.query_params["src"],
            "referrer-policy": "no-referrer",
        },
    )


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def here(door: Door) -> AsyncIterator[str]:
    async with running(door.app) as base_url:
        yield base_url


async def ask(
    base_url: str,
    method: str,
    path: str,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> tuple[int, dict[str, str]]:
    """Status and headers of one request, written by hand so that any header may repeat."""
    async with RawSocket(base_url) as client:
        usual = [] if any(name == "Host" for name, _ in headers) else [("Host", client.host)]
        if method == "POST":
            usual.append(("Content-Length", str(len(body))))
        lines = [f"{name}: {value}" for name, value in [*usual, *headers, ("Connection", "close")]]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")
        await client.send(head + body)
        answer = await client.head()
        found = dict(line.split(": ", 1) for line in answer[1:])
        return int(answer[0].split()[1]), {name.lower(): value for name, value in found.items()}


@pytest.mark.parametrize(
    ("status", "method", "headers"),
    [
        (200, "GET", []),
        (200, "GET", [("Origin", "https://evil.example"), COOKIE]),
        (200, "POST", [("Origin", OURS), COOKIE]),
        (403, "POST", [("Origin", "https://evil.example"), COOKIE]),
        (403, "POST", [("Origin", "null"), COOKIE]),
        (403, "POST", [("Origin", OURS + ".evil.example"), COOKIE]),
        (403, "POST", [("Origin", OURS + ":8443"), COOKIE]),
        (403, "POST", [("Origin", "http://expo.example"), COOKIE]),
        (403, "POST", [("Sec-Fetch-Site", "cross-site"), COOKIE]),
        (403, "POST", [("Sec-Fetch-Site", "same-site"), COOKIE]),
        (200, "POST", [("Sec-Fetch-Site", "same-origin"), COOKIE]),
        (200, "POST", [("Sec-Fetch-Site", "none"), COOKIE]),
        (403, "POST", [COOKIE]),
        (200, "POST", [("Authorization", "Bearer t")]),
        (403, "POST", [("Origin", OURS), ("Origin", "https://evil.example"), COOKIE]),
        (403, "POST", [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")]),
    ],
)
async def test_write_is_refused_when_another_site_may_have_caused_it(
    here: str, status: int, method: str, headers: Headers
) -> None:
    assert (await ask(here, method, "/ok", headers))[0] == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/ok", 200), ("GET", "/nope", 404), ("POST", "/boom", 405), ("GET", "/boom", 500)],
)
async def test_every_response_carries_the_security_headers(
    here: str, method: str, path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    found, headers = await ask(here, method, path)

    assert found == status
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self' wss://expo.example; frame-src 'none'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["permissions-policy"].startswith("camera=(), microphone=()")
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "server" not in headers


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [([("Origin", OURS)], b"x" * 70_000, 413), ([("Origin", "null")], b"", 403),
     ([("Host", "evil.example")], b"", 400)],
)  # fmt: skip
async def test_refusals_of_the_guards_carry_them_too(
    here: str, headers: Headers, body: bytes, status: int
) -> None:
    found, answered = await ask(here, "POST", "/ok", headers, body)

    assert found == status
    assert "content-security-policy" in answered


async def test_plain_http_promises_no_https() -> None:
    async with running(Door(https=False).app) as base_url:
        _, headers = await ask(base_url, "GET", "/ok")

    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("source", "policy"),
    [
        ("https://www.youtube-nocookie.com", "frame-src https://www.youtube-nocookie.com;"),
        ("https://evil.example", "frame-src 'none';"),
        ("https://www.youtube-nocookie.com; script-src *", "frame-src 'none';"),
    ],
)
async def test_page_may_ask_for_a_known_player_and_keeps_its_own_headers(
    here: str, source: str, policy: str
) -> None:
    _, headers = await ask(here, "GET", f"/player?src={source.replace(' ', '%20')}")

    assert policy in headers["content-security-policy"]
    assert FRAME_HEADER not in headers
    assert headers["referrer-policy"] == "no-referrer"


def test_page_with_a_worker_may_name_that_one_policy() -> None:
    headers = SecurityHeaders(Door(https=False).app, https=False).completed(
        [(WORKER_HEADER.encode(), b"'none'; script-src *"), (b"vary", b"accept")]
    )

    found = dict(headers)
    assert WORKER_HEADER.encode() not in found
    assert found[b"content-security-policy"].endswith(
        b"require-trusted-types-for 'script'; trusted-types sawt-worker"
    )
    assert b"script-src 'self';" in found[b"content-security-policy"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("expo.example", 200),
        ("EXPO.example:8443", 200),
        ("[::1]:8000", 200),
        ("[::1]", 200),
        ("evil.example", 400),
        ("expo.example.evil.example", 400),
        ("expo.example/ok?bar=", 400),
        ("expo.example:8443@evil.example", 400),
        ("expo.example:80:80", 400),
        ("[::1", 400),
        ("", 400),
    ],
)
async def test_host_must_be_one_of_ours(here: str, host: str, status: int) -> None:
    assert (await ask(here, "GET", "/ok", [("Host", host)]))[0] == status


async def test_two_hosts_and_an_absolute_target_are_refused(here: str) -> None:
    twice: Headers = [("Host", "expo.example"), ("Host", "evil.example")]

    assert (await ask(here, "GET", "/ok", twice))[0] == 400
    assert (await ask(here, "GET", "http://evil.example/ok"))[0] == 400


async def test_body_with_two_lengths_is_refused_and_the_connection_ends(here: str) -> None:
    headers = f"Origin: {OURS}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked"
    async with RawSocket(here) as client:
        await client.send(f"POST /ok HTTP/1.1\r\nHost: expo.example\r\n{headers}\r\n\r\n".encode())

        assert await client.status() == 400
        assert await client.ended()


@pytest.mark.parametrize(
    ("origin", "cookie", "query", "status"),
    [
        (OURS, True, "", 101),
        (None, False, "", 101),
        (None, True, "", 403),
        ("https://evil.example", True, "", 403),
        ("https://evil.example", False, "", 403),
        ("null", True, "", 403),
        (OURS + ".evil.example", True, "", 403),
        (OURS, True, "?pass=none", 403),
    ],
)
async def test_socket_opens_only_for_our_pages_and_a_valid_pass(
    here: str, origin: str | None, cookie: bool, query: str, status: int
) -> None:
    headers = {"Origin": origin or "", "Cookie": COOKIE[1] if cookie else ""}
    async with RawSocket(here) as client:
        assert await client.upgrade("/live" + query, headers) == status


async def test_socket_with_two_origins_or_a_foreign_host_is_refused(here: str) -> None:
    two = {"Origin": OURS, "origin": "https://evil.example"}
    for extra, status in ((two, 400), ({"Host": "evil.example"}, 403)):
        async with RawSocket(here) as client:
            assert await client.upgrade("/live", extra) == status


async def test_visit_holds_a_limited_number_of_sockets_and_gets_seats_back(
    door: Door, here: str
) -> None:
    def dial(visit: str) -> connect:
        return connect(
            socket_url(here, "/live"),
            proxy=None,
            origin=Origin(OURS),
            additional_headers={"Cookie": f"__Host-sawt_visit={visit}"},
        )

    open_ = [await dial("a") for _ in range(3)]
    with pytest.raises(InvalidStatus):
        await dial("a")
    other = await dial("b")
    await open_[0].close()
    await until(lambda: door.hub.connected == 3)
    again = await dial("a")

    assert await again.recv() == "hello"
    for client in (*open_, other, again):
        await client.close()
    await until(lambda: door.hub.connected == 0)
    assert dict(door.handshake._taken) == {}


async def test_refused_handshakes_say_nothing_in_the_log(
    here: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with RawSocket(here) as client:
        assert await client.upgrade("/live?token=SECRET123", {"Origin": "null"}) == 403
    async with RawSocket(here) as client:
        assert await client.upgrade("/live?token=SECRET123", {"Origin": OURS}) == 101

    assert caplog.records == []
