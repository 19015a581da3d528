"""An endpoint that answers as it is spoken to, adopted or plain, and what a stream of bytes comes to there."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from expo.wire.hub import Hub
from expo.wire.live import serve
from expo.wire.server import listen, port_of
from expo.wire.viewer import Viewer
from tests.support.rawsocket import CLOSE, RawSocket, client_frame
from tests.support.serving import running

CUT: Final = 0
"""Instead of a close code: the connection ended without one."""
_WITHOUT_CODE: Final = 1005
_ALL: Final = 1 << 30
GOODBYE: Final = client_frame(CLOSE, b"\x03\xe8")


class Verdict(NamedTuple):
    """The answers, each with its opcode in front, and the close code the server ended with."""

    answers: tuple[bytes, ...]
    code: int


def echoing(hub: Hub) -> Starlette:
    """``/adopted`` leaves a viewer of the hub, ``/plain`` is an endpoint like any other."""

    async def adopted(websocket: WebSocket[Any]) -> None:
        await websocket.accept()
        await serve(
            websocket,
            hub,
            who=None,
            rooms=(),
            on_text=lambda viewer, payload: viewer.reply(payload),
            on_junk=_say_junk,
            greeting=None,
        )

    return Starlette(routes=[WebSocketRoute("/adopted", adopted), WebSocketRoute("/plain", _plain)])


def _say_junk(viewer: Viewer, kind: str) -> None:
    viewer.reply(f"junk {kind}".encode())


async def _plain(websocket: WebSocket[Any]) -> None:
    await websocket.accept()
    while (message := await websocket.receive())["type"] == "websocket.receive":
        text = message.get("text")
        if text is None:
            await websocket.send_bytes(message["bytes"])
        else:
            await websocket.send_text(text)


@asynccontextmanager
async def everywhere(app: ASGIApp) -> AsyncIterator[str]:
    """The application on our server."""
    async with running(app) as base_url:
        yield base_url


@asynccontextmanager
async def stock(app: ASGIApp) -> AsyncIterator[str]:
    """The application on uvicorn as it comes, with our limit of a message's size."""
    sock = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="websockets-sansio",
        ws_max_size=16_384,
        ws_per_message_deflate=False,
        log_config=None,
        log_level="critical",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield f"http://127.0.0.1:{port_of(sock)}"
    finally:
        server.should_exit = True
        await serving


async def verdict_on(
    base_url: str, path: str, pieces: Iterable[bytes], answers: int, last: Iterable[bytes]
) -> Verdict:
    """Say all of this, hear so many answers, say the last of it, and listen to the end.

    A plain endpoint answers in its own time: what is said after a message may be read before it
    answers, and then the answer is never sent. So nothing is said too early.
    """
    async with RawSocket(base_url) as client:
        assert await client.upgrade(path) == 101
        heard: list[bytes] = []
        saying = asyncio.create_task(_say(client, pieces))
        code = await _listen(client, heard, answers)
        await saying
        if code is None:
            saying = asyncio.create_task(_say(client, last))
            code = await _listen(client, heard, _ALL)
            await saying
        if code is not None:
            await _say(client, (GOODBYE,))
        assert await client.ended()
        return Verdict(tuple(heard), CUT if code is None else code)


async def _listen(client: RawSocket, heard: list[bytes], enough: int) -> int | None:
    """The close code; None once there are enough answers or the connection has ended."""
    try:
        while len(heard) < enough:
            opcode, payload = await client.frame()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big") or _WITHOUT_CODE
            heard.append(bytes([opcode]) + payload)
    except (EOFError, ConnectionError):
        pass
    return None


async def _say(client: RawSocket, pieces: Iterable[bytes]) -> None:
    try:
        for piece in pieces:
            await client.send(piece)
            await asyncio.sleep(0)
    except ConnectionError:
        pass  # it has hung up
