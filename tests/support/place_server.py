"""A server of its own process that only publishes, so that its memory can be looked at.

    python -m tests.support.place_server BYTES HERTZ DESIGN

Prints its address; to everybody in its one room it publishes frames of so many BYTES, HERTZ times a
second, each beginning with the monotonic clock in nanoseconds. DESIGN is ``latest`` (the hub), or a
design that is wrong: ``queue`` keeps every frame for everybody, ``wait`` waits for each viewer.
"""

import asyncio
import contextlib
import sys
import time

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect
from typing_extensions import override

from expo.wire.framing import frame
from expo.wire.hub import Hub
from tests.support.live import Place
from tests.support.serving import running

STAMP = 20
"""Bytes of the clock at the beginning of a frame."""


class Queueing(Hub):
    """Writes every frame to everybody, whether they take it or not."""

    @override
    def publish(self, room: str, payload: bytes) -> None:
        data = frame(payload)
        for viewer in self.viewers():
            viewer.outlet(data)


class Waiting:
    """Goes on to the next viewer when the one before has taken the frame."""

    def __init__(self) -> None:
        self._sockets: list[WebSocket] = []
        self.app = Starlette(routes=[WebSocketRoute("/live", self._live)])

    async def _live(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        self._sockets.append(websocket)
        with contextlib.suppress(WebSocketDisconnect):
            await websocket.receive_text()

    async def publish(self, payload: bytes) -> None:
        """One frame to everybody."""
        for one in tuple(self._sockets):
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has gone
                await one.send_text(payload.decode())


async def main(size: int, hertz: float, design: str) -> None:
    """Publish until killed."""
    waiting, place = Waiting(), Place(Queueing() if design == "queue" else Hub())
    app: ASGIApp = waiting.app if design == "wait" else place.app
    filler = b"x" * (size - STAMP)
    async with running(app) as url:
        print(url, flush=True)  # noqa: T201 - for whoever started it
        while True:
            payload = b"%020d" % time.monotonic_ns() + filler
            if design == "wait":
                await waiting.publish(payload)
            else:
                place.hub.publish("board", payload)
            await asyncio.sleep(1 / hertz)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
