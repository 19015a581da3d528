"""Endpoints that do something else than accept and adopt, and handshakes that come in odd ways."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from expo.wire.live import accept
from tests.support.live import Place, until
from tests.support.rawsocket import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    RawSocket,
    client_frame,
    upgrade_request,
)
from tests.support.serving import running, serving, socket_url

Endpoint = Callable[[WebSocket[Any]], Awaitable[None]]


def bare(endpoint: Endpoint) -> Any:
    """An application with this one endpoint and no framework around it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await endpoint(WebSocket(scope, receive, send))

    return app


@pytest.fixture
async def here() -> AsyncIterator[str]:
    async with running(Place().app) as base_url:
        yield base_url


async def test_request_in_two_pieces_opens_a_viewer_all_the_same(here: str) -> None:
    async with RawSocket(here) as client:
        whole = upgrade_request(client.host, "/live")
        await client.send(whole[:50])
        await asyncio.sleep(0.02)
        await client.send(whole[50:])

        assert await client.status() == 101
        assert await client.text() == b"hello"


async def test_upgrade_on_a_connection_that_asked_for_a_page_before(here: str) -> None:
    async with RawSocket(here) as client:
        await client.send(f"GET /ok HTTP/1.1\r\nHost: {client.host}\r\n\r\n".encode())
        assert await client.status() == 200
        await client.skip(2)

        assert await client.upgrade("/live", behind=client_frame(TEXT, b"x")) == 101
        assert [await client.text(), await client.text()] == [b"hello", b"echo x"]


async def test_connection_that_says_nothing_is_served_when_it_does(here: str) -> None:
    async with RawSocket(here) as client:
        await asyncio.sleep(2.2)

        assert await client.upgrade("/live") == 101
        assert await client.text() == b"hello"


async def test_protocol_that_the_endpoint_chooses_is_agreed_on() -> None:
    async def endpoint(websocket: WebSocket[Any]) -> None:
        await websocket.accept(subprotocol=websocket.scope["subprotocols"][1])
        await websocket.send_text("hello")

    async with (
        running(bare(endpoint)) as base_url,
        connect(
            socket_url(base_url, "/"), proxy=None, subprotocols=[Subprotocol("a"), Subprotocol("b")]
        ) as client,
    ):
        assert client.subprotocol == "b"
        assert await client.recv() == "hello"


async def test_headers_of_the_accept_are_sent() -> None:
    async def endpoint(websocket: WebSocket[Any]) -> None:
        await websocket.accept(headers=[(b"x-said", b"yes")])
        await websocket.close(4000, "bye")

    async with running(bare(endpoint)) as base_url, RawSocket(base_url) as client:
        await client.send(upgrade_request(client.host, "/"))
        assert "x-said: yes" in await client.head()
        assert await client.frame() == (CLOSE, b"\x0f\xa0bye")


async def test_endpoint_may_deny_with_a_page_of_its_own() -> None:
    async def endpoint(websocket: WebSocket[Any]) -> None:
        await websocket.receive()
        await websocket.send_denial_response(PlainTextResponse("not now", status_code=429))

    async with running(bare(endpoint)) as base_url, RawSocket(base_url) as client:
        assert await client.upgrade("/") == 429
        await client.skip(7)
        assert await client.ended()


@pytest.mark.parametrize("does", ["nothing", "raises"])
async def test_endpoint_that_answers_nothing_is_a_500_and_logged(
    does: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def endpoint(_websocket: WebSocket[Any]) -> None:
        if does == "raises":
            raise ZeroDivisionError

    async with running(bare(endpoint)) as base_url, RawSocket(base_url) as client:
        assert await client.upgrade("/") == 500
        assert await client.ended()

    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_endpoint_that_accepts_and_returns_is_closed() -> None:
    async def endpoint(websocket: WebSocket[Any]) -> None:
        await websocket.accept()

    async with running(bare(endpoint)) as base_url, RawSocket(base_url) as client:
        assert await client.upgrade("/") == 101
        assert await client.ended()


async def test_endpoint_may_accept_the_short_way_and_go_on_like_any_other() -> None:
    async def endpoint(websocket: WebSocket[Any]) -> None:
        await accept(websocket)
        await websocket.send_text(await websocket.receive_text())
        await websocket.close(4001)

    async with running(bare(endpoint)) as base_url, RawSocket(base_url) as client:
        assert await client.upgrade("/", behind=client_frame(TEXT, b"x")) == 101
        assert await client.text() == b"x"
        assert await client.close_code() == 4001


async def test_endpoint_that_accepts_when_the_peer_has_left_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = asyncio.Event()
    told: asyncio.Queue[Exception] = asyncio.Queue()

    async def endpoint(websocket: WebSocket[Any]) -> None:
        await gate.wait()
        try:
            await accept(websocket)
        except OSError as left:
            told.put_nowait(left)
            raise

    async with serving(bare(endpoint)) as (base_url, server):
        async with RawSocket(base_url) as client:
            await client.send(upgrade_request(client.host, "/"))
            await until(lambda: server.server_state.tasks)
            client.reset()
        await until(lambda: not server.server_state.connections)
        gate.set()

        assert isinstance(await told.get(), OSError)
        await until(lambda: not server.server_state.tasks)

    assert caplog.records == []


async def test_endpoint_that_waits_before_accepting_hears_that_the_peer_has_left() -> None:
    told: asyncio.Queue[Any] = asyncio.Queue()

    async def endpoint(websocket: WebSocket[Any]) -> None:
        await websocket.receive()
        told.put_nowait(await websocket.receive())

    async with serving(bare(endpoint)) as (base_url, server):
        async with RawSocket(base_url) as client:
            await client.send(upgrade_request(client.host, "/"))
            await until(lambda: server.server_state.tasks)
            client.reset()
        message = await told.get()
        await until(lambda: not server.server_state.tasks)

    assert message["type"] == "websocket.disconnect"
    assert not server.server_state.connections


async def test_endpoint_that_thinks_after_accepting_has_been_answered_for() -> None:
    gate = asyncio.Event()

    async def endpoint(websocket: WebSocket[Any]) -> None:
        await websocket.accept()
        await gate.wait()
        await websocket.send_text(await websocket.receive_text())

    async with running(bare(endpoint)) as base_url, RawSocket(base_url) as client:
        assert await client.upgrade("/") == 101
        await client.send(client_frame(PING, b"p") + client_frame(TEXT, b"later"))
        gate.set()

        assert {await client.frame(), await client.frame()} == {(PONG, b"p"), (TEXT, b"later")}


async def test_server_that_stops_ends_handshakes_that_are_under_way() -> None:
    async def endpoint(websocket: WebSocket[Any]) -> None:
        await websocket.receive()
        await websocket.receive()

    async with (
        serving(bare(endpoint), graceful_seconds=1) as (base_url, server),
        RawSocket(base_url) as client,
        RawSocket(base_url) as silent,
    ):
        await client.send(upgrade_request(client.host, "/"))
        await until(lambda: server.server_state.tasks)
        server.stop()
        assert await client.ended()
        assert await silent.ended()
