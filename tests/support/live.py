"""A small live endpoint for tests of the wire: echoes texts, answers junk, counts who left."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from expo.wire.hub import Hub
from expo.wire.live import EXTENSION, accept, serve
from expo.wire.viewer import Viewer


class Place:
    """A hub with its endpoint.

    ``/live`` greets, joins "board" and "turnout" and echoes; ``/late`` waits for ``gate`` between
    accepting and serving; ``/plain`` is an ordinary ASGI echo; ``/talk`` only sends.
    """

    def __init__(
        self, hub: Hub | None = None, greeting: bytes | tuple[bytes, ...] | None = b"hello"
    ) -> None:
        self.hub = Hub() if hub is None else hub
        self.greeting = greeting
        self.gate = asyncio.Event()
        self.left: asyncio.Queue[Viewer] = asyncio.Queue()
        self.heard: list[bytes] = []
        self.app = Starlette(
            routes=[
                Route("/ok", self._ok, methods=["GET", "POST"]),
                Route("/big", _big),
                WebSocketRoute("/live", self._live),
                WebSocketRoute("/late", self._late),
                WebSocketRoute("/plain", _plain),
                WebSocketRoute("/talk", _talk),
                WebSocketRoute("/broken", _broken),
            ]
        )

    async def _ok(self, request: Request[Any]) -> PlainTextResponse:
        await request.body()
        return PlainTextResponse("ok")

    async def _live(self, websocket: WebSocket[Any]) -> None:
        await accept(websocket)
        await self._serve(websocket)

    async def _late(self, websocket: WebSocket[Any]) -> None:
        await websocket.accept()
        await self.gate.wait()
        await self._serve(websocket)

    async def _serve(self, websocket: WebSocket[Any]) -> None:
        await serve(
            websocket,
            self.hub,
            who=websocket.query_params.get("who"),
            rooms=("board", "turnout"),
            on_text=self._on_text,
            on_junk=lambda viewer, kind: viewer.reply(f"junk {kind}".encode()),
            greeting=self.greeting,
            on_leave=self.left.put_nowait,
        )

    def _on_text(self, viewer: Viewer, payload: bytes) -> None:
        self.heard.append(payload)
        if payload == b"crash":
            raise ZeroDivisionError
        if payload == b"nonsense":
            viewer.strike()
        viewer.reply(b"echo " + payload)


def portable(app: ASGIApp) -> ASGIApp:
    """The same application on a server that knows nothing of our fan-out."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        scope.get("extensions", {}).pop(EXTENSION, None)
        await app(scope, receive, send)

    return wrapped


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until something holds; the test's own timeout ends a vain wait."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.005)


async def each(*things: Awaitable[Any]) -> list[Any]:
    """All of these at once; a short name for a long test."""
    return list(await asyncio.gather(*things))


async def _big(request: Request[Any]) -> PlainTextResponse:
    return PlainTextResponse("x" * 5_000_000)


async def _plain(websocket: WebSocket[Any]) -> None:
    await websocket.accept()
    try:
        async for text in websocket.iter_text():
            await websocket.send_text(f"plain {text}")
    except WebSocketDisconnect:
        pass


async def _talk(websocket: WebSocket[Any]) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text("x" * 60_000)
    except WebSocketDisconnect:
        pass


async def _broken(websocket: WebSocket[Any]) -> None:
    await websocket.accept()
    raise ZeroDivisionError
