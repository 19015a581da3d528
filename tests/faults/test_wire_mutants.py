"""What guards the wire is what does it: without each guard the harm is there (R2, R3, M1, M3, D6).

A test that nothing could fail proves nothing. Each of these takes one guard away and sees the harm
that `test_wire_frames` and `test_wire_stalled` see kept off.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from expo.wire.guarded_http import GuardedHTTP
from expo.wire.hub import Hub
from expo.wire.viewer import Limits
from tests.support.live import Place, each, until
from tests.support.rawsocket import CONT, PING, TEXT, RawSocket, client_frame
from tests.support.serving import running, serving

FRAME = b"x" * 60_000
ANY = 10**9
LENIENT = Limits(
    frames_per_second=ANY, fragments=ANY, texts_per_second=ANY, text_burst=ANY, replies=ANY
)


@contextlib.asynccontextmanager
async def not_within(seconds: float) -> AsyncIterator[None]:
    """What is inside has not ended after so many seconds."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            yield


# --- R2: nobody is waited for ---


class Considerate:
    """A broadcaster that waits until each viewer has taken its frame."""

    def __init__(self) -> None:
        self.sockets: list[WebSocket] = []
        self.app = Starlette(routes=[WebSocketRoute("/live", self._live)])

    async def _live(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.sockets.append(websocket)
        with contextlib.suppress(WebSocketDisconnect):
            await websocket.receive_text()

    async def publish(self, text: str) -> None:
        """One frame to everybody."""
        for socket in self.sockets:
            await socket.send_text(text)


async def test_broadcaster_that_waits_for_each_viewer_is_stopped_by_one() -> None:
    place = Considerate()
    async with contextlib.AsyncExitStack() as stack, serving(place.app) as (base_url, server):
        server.config.ws_ping_interval = server.config.ws_ping_timeout = 1.0
        stalled = await stack.enter_async_context(RawSocket(base_url, receive_buffer=4_096))
        await stalled.upgrade("/live")
        healthy = [await stack.enter_async_context(RawSocket(base_url)) for _ in range(5)]
        for one in healthy:
            await one.upgrade("/live")
        await until(lambda: len(place.sockets) == 6)

        async with not_within(0.6):
            while True:
                await place.publish(FRAME.decode())
                await each(*(one.text() for one in healthy))


# --- R3: who does not read is let go ---


async def test_viewers_that_never_read_stay_where_nobody_reaps() -> None:
    place = Place(Hub(Limits(behind_seconds=1e9, ping_seconds=1e9)))
    async with contextlib.AsyncExitStack() as stack, running(place.app) as base_url:
        for _ in range(5):
            one = await stack.enter_async_context(RawSocket(base_url, receive_buffer=4_096))
            await one.upgrade("/live")

        async with not_within(2.5):
            while place.hub.connected:
                place.hub.publish("board", FRAME)
                await asyncio.sleep(0.02)


async def test_vanished_viewer_stays_where_nobody_asks() -> None:
    place = Place(Hub(Limits(ping_seconds=1e9)))
    async with running(place.app) as base_url, RawSocket(base_url) as client:
        await client.upgrade("/live")

        async with not_within(2.5):
            await until(lambda: not place.hub.connected)


async def test_vanished_viewer_is_let_go_where_it_is_asked() -> None:
    place = Place(Hub(Limits(ping_seconds=0.3, pong_seconds=0.3)))
    async with running(place.app) as base_url, RawSocket(base_url) as client:
        await client.upgrade("/live")

        async with asyncio.timeout(6):
            await until(lambda: not place.hub.connected)


# --- M1: floods are cut ---


@pytest.mark.parametrize(
    "flood",
    [
        (client_frame(TEXT, b"a", fin=False), client_frame(CONT, fin=False)),
        (b"", client_frame(PING, b"x" * 125)),
        (b"", client_frame(TEXT, b"x")),
    ],
    ids=["empty parts", "pings", "texts"],
)
async def test_flood_goes_on_where_nobody_counts_frames(flood: tuple[bytes, bytes]) -> None:
    place = Place(Hub(LENIENT))
    first, repeated = flood
    async with running(place.app) as base_url, RawSocket(base_url) as client:
        await client.upgrade("/live")
        await client.send(first)

        async with not_within(1.0):
            await _send_on(client, repeated * 20)

        assert place.hub.connected == 1


async def _send_on(client: RawSocket, data: bytes) -> None:
    while True:
        await client.send(data)
        await asyncio.sleep(0.01)


# --- M3: requests end ---


class PatientHTTP(GuardedHTTP):
    """The same engine without deadlines."""

    request_seconds = 1e6
    answer_seconds = 1e6


@pytest.mark.parametrize(
    "started",
    [
        b"",
        b"GET /ok HTTP/1.1\r\nHost: x\r\nX-A: ",
        b"POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
    ],
    ids=["silent", "half a header", "half a body"],
)
async def test_request_without_end_stays_where_there_is_no_deadline(started: bytes) -> None:
    async with running(Place().app, http=PatientHTTP) as base_url, RawSocket(base_url) as client:
        await client.send(started)

        async with not_within(1.5):  # where the deadline is 0.6 s it is cut within one
            await client.ended()


# --- D6: a stop ends ---


async def _stalled_talk(stack: contextlib.AsyncExitStack, base_url: str) -> None:
    client = await stack.enter_async_context(RawSocket(base_url, receive_buffer=4_096))
    await client.upgrade("/talk")
    await asyncio.sleep(0.2)


async def test_stop_with_a_limit_ends_though_an_endpoint_is_stalled() -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with serving(Place().app, graceful_seconds=1) as (base_url, _):
            await _stalled_talk(stack, base_url)
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 4.0


async def test_stop_without_a_limit_does_not_end() -> None:
    async with (
        serving(Place().app, graceful_seconds=None) as (base_url, server),
        contextlib.AsyncExitStack() as stack,
    ):
        await _stalled_talk(stack, base_url)
        server.stop()

        async with not_within(3.0):
            await until(lambda: not server.server_state.tasks)
