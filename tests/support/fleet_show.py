"""The shows of browser tests on a fleet: two composed expos on one PostgreSQL, NATS between, nginx in front.

Both expos live in the test's process and share its steered clock; everything else is as in
production. Browsers and sockets go through nginx to either; what a test does itself, it does at the
first one, as an organiser whose control room happens to be there.
"""

import asyncio
import contextlib
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from typing_extensions import override

from command.assembly import Expo
from expo.db import Database
from expo.place import Place
from expo.wire.server import listen, port_of
from tests.support import show
from tests.support.databases import url_in
from tests.support.fleet import SECRET
from tests.support.nats import NatsServer
from tests.support.services import Nginx

NODES = 2


class FleetRunning(show.Running):
    """A show served by several expos behind nginx; stopping it stops them, nginx stays."""

    nats: ClassVar[str] = ""
    """The server all shows of a session share; word of another show wakes nobody for long."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._front = Path(tempfile.mkdtemp(prefix="sawt-front-"))
        self._front.chmod(0o755)
        self.nginx = Nginx(self._front)
        self.port = self.nginx.port
        self._ports = [0] * NODES
        self.expos: tuple[Expo, ...] = ()
        """All of them; the first is `expo`."""

    @override
    def start(self) -> None:
        super().start()
        if not self.nginx.nodes:
            self.nginx.nodes = tuple(self._ports)
            self.nginx.start()  # not in the expos' thread: what it starts ends with it

    @override
    def __exit__(self, *told: Any) -> None:
        try:
            super().__exit__(*told)
        finally:
            self.nginx.stop()
            shutil.rmtree(self._front, ignore_errors=True)

    @override
    async def _serve(self, up: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        socks = [listen("127.0.0.1", port) for port in self._ports]
        self._ports = [port_of(sock) for sock in socks]
        async with self.cable.to(self.port) as cable, contextlib.AsyncExitStack() as stack:
            made = []
            for number, sock in enumerate(socks, 1):
                node = self._node(number, port_of(sock), cable)
                made.append(await stack.enter_async_context(node))
                serving = asyncio.create_task(made[-1].server.serve(sockets=[sock]))
                stack.push_async_callback(_ended, made[-1], serving)
                await made[-1].server.ready.wait()
            self.expos = tuple(made)
            self._expo = made[0]
            up.set()
            await self._ended.wait()

    @contextlib.asynccontextmanager
    async def _node(self, number: int, port: int, cable: str) -> AsyncIterator[Expo]:
        """One expo with its followers at work."""
        environ = {
            "SAWT_PUBLIC_URL": self.nginx.url,
            "SAWT_SECRET_KEY": SECRET,
            "SAWT_DATABASE_URL": url_in(self.folder),
            "SAWT_NOTIFIER_URL": self.nats,
            "SAWT_NODE": f"node-{number}",
        }
        place = Place(self.folder, environ, "127.0.0.1", port)
        origins = (*place.settings.allowed_origins, cable)
        settings = msgspec.structs.replace(place.settings, allowed_origins=origins)
        database = Database(place.database_url)
        expo = Expo(
            settings, database, self._programme, self._schedule, self.clock, rehearsal=False
        )
        try:
            async with expo.running():
                yield expo
        finally:
            await database.close()


async def _ended(expo: Expo, serving: "asyncio.Task[None]") -> None:
    expo.stop()
    await serving


@contextlib.contextmanager
def shows_on_a_fleet(folder: Path) -> Iterator[None]:
    """Every show that begins inside runs on a fleet."""
    nats = NatsServer(folder)
    nats.start()
    FleetRunning.nats = nats.url
    show.serve_by(FleetRunning)
    try:
        yield
    finally:
        show.serve_by(show.Running)
        nats.stop()
