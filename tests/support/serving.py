"""A real server on a free port, in the test's own loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp

from expo.wire.server import ExpoServer, listen, port_of, server


@asynccontextmanager
async def serving(
    app: ASGIApp, *, port: int = 0, **options: Any
) -> AsyncIterator[tuple[str, ExpoServer]]:
    """The base address of a started server and the server itself; it has stopped afterwards.

    Args:
        app: An ASGI application whose lifespan succeeds (Starlette's does).
        port: Where; 0 for any free one.
        options: As for `expo.wire.server.server`.

    Raises:
        RuntimeError: The application did not start.
    """
    sock = listen("127.0.0.1", port)
    running_server = server(app, **options)
    task = asyncio.create_task(_serve(running_server, sock))
    ready = asyncio.create_task(running_server.ready.wait())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    try:
        if task.done():
            await task
        yield f"http://127.0.0.1:{port_of(sock)}", running_server
    finally:
        running_server.stop()
        await task


@asynccontextmanager
async def running(app: ASGIApp, **options: Any) -> AsyncIterator[str]:
    """The base address of a started server, e.g. ``http://127.0.0.1:40123``."""
    async with serving(app, **options) as (base_url, _):
        yield base_url


def socket_url(base_url: str, path: str) -> str:
    """The WebSocket address of a path, e.g. ``ws://127.0.0.1:40123/live/day``."""
    return base_url.replace("http", "ws", 1) + path


async def _serve(running_server: ExpoServer, sock: Any) -> None:
    try:
        await running_server.serve(sockets=[sock])
    except SystemExit as exit_:
        message = "the application did not start; see the log"
        raise RuntimeError(message) from exit_
