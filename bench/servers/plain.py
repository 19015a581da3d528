"""Starlette as people write it: the set of connections, and ``await ws.send_text`` for each in turn.

``python -m bench.servers.plain PORT``. uvicorn with its defaults; the page is a Jinja2 template.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.templating import Jinja2Templates
from starlette.websockets import WebSocket, WebSocketDisconnect

from bench.servers.commands import answer, commands, stamped

_TEMPLATES: Final = Jinja2Templates(Path(__file__).resolve().parent)
_PROJECTS: Final = [
    {"title": f"Initiative {n}", "summary": "What it is for, in a line or two. " * 3, "id": f"i{n}"}
    for n in range(24)
]
_connected: set[WebSocket] = set()
_obeying: set[asyncio.Task[None]] = set()


async def page(request: Request) -> Response:
    """What people join from."""
    return _TEMPLATES.TemplateResponse(request, "plain.html", {"projects": _PROJECTS})


async def live(websocket: WebSocket) -> None:
    """One viewer, greeted, and kept until it leaves."""
    await websocket.accept()
    _connected.add(websocket)
    try:
        await websocket.send_text('{"type":"hello"}')
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        pass
    finally:
        _connected.discard(websocket)


async def _obey(server: uvicorn.Server) -> None:
    answer(ready=True)
    async for _once, size in commands():
        text = stamped(int(size)).decode()
        for websocket in list(_connected):
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has just left
                await websocket.send_text(text)
    server.should_exit = True


def main(port: int) -> None:
    """Serve until the input ends."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        asyncio.get_running_loop().call_later(
            0.2, lambda: _obeying.add(asyncio.create_task(_obey(server)))
        )
        yield

    app = Starlette(routes=[Route("/", page), WebSocketRoute("/ws", live)], lifespan=lifespan)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", backlog=4096))
    server.run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
