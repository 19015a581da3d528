"""A server with nothing but the hub, publishing stamped frames; run by the benchmarks on one core.

``python -m bench.viewer_server PORT HERTZ BYTES`` prints one JSON line per second on standard output:
how many viewers, and the resident memory in kilobytes.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from expo.wire.hub import Hub
from expo.wire.live import serve
from expo.wire.server import listen, server

ROOM = "bench"


def resident_kb(pid: int | None = None) -> int:
    """Resident memory of a process in kilobytes (Linux)."""
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


async def _publish(hub: Hub, hertz: float, size: int) -> None:
    padding = "x" * size
    while True:
        await asyncio.sleep(1 / hertz)
        hub.publish(ROOM, msgspec.json.encode({"t": time.monotonic_ns(), "pad": padding}))


async def _tell(hub: Hub) -> None:
    while True:
        await asyncio.sleep(1)
        print(
            msgspec.json.encode({"viewers": hub.connected, "kb": resident_kb()}).decode(),
            flush=True,
        )


def application(hertz: float, size: int) -> Starlette:
    """One endpoint, one room."""
    hub = Hub()

    async def viewer(websocket: WebSocket[Any]) -> None:
        await websocket.accept()
        await serve(
            websocket,
            hub,
            who=None,
            rooms=[ROOM],
            on_text=lambda _viewer, _text: None,
            on_junk=lambda _viewer, _why: None,
            greeting=None,
        )

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(_publish(hub, hertz, size)),
            asyncio.create_task(_tell(hub)),
        ]
        yield
        for task in tasks:
            task.cancel()

    return Starlette(routes=[WebSocketRoute("/live", viewer)], lifespan=lifespan)


async def main(port: int, hertz: float, size: int) -> None:
    """Serve until terminated."""
    await server(application(hertz, size)).serve(sockets=[listen("127.0.0.1", port)])


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
