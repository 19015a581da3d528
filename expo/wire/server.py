"""The one HTTP and WebSocket server, with the settings of reliability 3.2."""

import asyncio
import contextlib
import logging
import socket
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from types import FrameType
from typing import Any, Final

from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE

from expo.wire.accepting import Acceptor, transports_of
from expo.wire.asked import Desk
from expo.wire.at_once import AtOnce
from expo.wire.door import Door
from expo.wire.guarded_http import SPARE_CONNECTIONS, GuardedHTTP
from expo.wire.lobby import Lobby
from expo.wire.notifier import heard
from expo.wire.welcome import Porter

if sys.platform != "win32":
    import resource

logger = logging.getLogger(__name__)

BACKLOG: Final = 2048
_SEND_BUFFER_BYTES: Final = 128 * 1024  # Linux would grow it to 4 MiB for a peer that reads slowly
_USER_TIMEOUT_MS: Final = 20_000  # unacknowledged data after which the kernel gives a peer up (F2)
_TICK_SECONDS: Final = 1.0  # how old the date of an answer gets
_DATED_EVERY: Final = 10  # ticks by uvicorn's count after which it makes the date anew
_OWN_FILES: Final = 256  # database, log, modules: what must stay free however many people come


class Connections(dict[object, None]):
    """What uvicorn keeps in a set: the same words, and no jump to 100 bytes each at five thousand."""

    def add(self, one: object) -> None:
        """Count a connection in."""
        self[one] = None

    def discard(self, one: object) -> None:
        """Count it out, if it was in."""
        self.pop(one, None)

    def remove(self, one: object) -> None:
        """Count it out; it was in."""
        del self[one]


class ExpoServer(Server):
    """uvicorn's server, which also says when it is ready."""

    def __init__(self, config: Config, *, drain_seconds: float = 0.0) -> None:
        super().__init__(config)
        self.server_state.connections = Connections()  # type: ignore[assignment]  # has what is asked of the set
        self._drain_seconds = drain_seconds
        self._ending = asyncio.Event()
        self.is_stopping = False
        """Whether it was asked to stop; it may still be serving, for a balancer to look elsewhere."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ready = asyncio.Event()
        """Set once connections are accepted."""

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = self._loop = asyncio.get_running_loop()
        transports = transports_of(loop)
        if sockets is None or transports is None:
            await super().startup(sockets)
        else:
            await self.lifespan.startup()
            if self.lifespan.should_exit:
                sys.exit(STARTUP_FAILURE)
            self.servers = [Acceptor(sock, self._newcomer, transports) for sock in sockets]  # type: ignore[misc]  # closed and waited for, no more
            self.started = True
        if self.started:
            self.ready.set()

    def _newcomer(self) -> asyncio.Protocol:
        """As uvicorn makes them."""
        made: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = made(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    @override
    async def main_loop(self) -> None:
        """As uvicorn's, woken for the end instead of asking for it ten times a second."""
        tick = 0
        while not await self.on_tick(tick):
            await heard(self._ending, _TICK_SECONDS)
            self._ending.clear()
            tick += _DATED_EVERY

    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but the signal is not raised again: ballots may still have to be written."""
        with super().capture_signals():
            try:
                yield
            finally:
                self._captured_signals.clear()

    def stop(self) -> None:
        """Ask the server to stop gracefully; returns at once."""
        self.is_stopping = self.should_exit = True
        self._wake()

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets a balancer see the node as unready first; the second does not wait."""
        if self.is_stopping or not self._drain_seconds:
            self.is_stopping = True
            super().handle_exit(sig, frame)
            self._wake()
            return
        self.is_stopping = True
        self._captured_signals.append(sig)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_seconds, self.stop)

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ending.set)  # a signal may come at any time


def server(
    app: ASGIApp,
    *,
    proxies: Sequence[str] = ("127.0.0.1",),
    limit_concurrency: int = 12_000,
    graceful_seconds: int = 5,
    drain_seconds: float = 0.0,
    refused: Counter[str] | None = None,
    http: type[GuardedHTTP] = GuardedHTTP,
) -> ExpoServer:
    """A server for this application; run it with ``await it.serve(sockets=[listen(...)])``.

    Args:
        app: The whole application with its guards around it; its lifespan must succeed. One that
            is a `Desk` as well is asked what it has ready before a request is read in full, one that
            is a `Porter` whom it lets in as they are.
        proxies: Addresses whose ``X-Forwarded-*`` headers are believed; never ``*``.
        limit_concurrency: Connections, sockets included, beyond which 503 is answered.
        graceful_seconds: How long a stop may wait for answers and goodbyes.
        drain_seconds: How long after the first signal everything is still served.
        refused: Counts those for whom there was no room.
        http: The HTTP engine; tests shorten its deadlines.
    """
    porter = app if isinstance(app, Porter) else None
    engine = partial(AtOnce, engine=http, desk=app) if isinstance(app, Desk) else http
    config = Config(
        app,
        http=partial(Door, engine=engine, lobby=Lobby(http.spare, refused), porter=porter),  # type: ignore[arg-type]  # called, not subclassed
        ws=Door,
        loop="asyncio",
        lifespan="on",
        interface="asgi3",
        ws_max_size=16_384,
        ws_ping_interval=15,
        ws_ping_timeout=10,
        ws_per_message_deflate=False,
        h11_max_incomplete_event_size=16_384,
        limit_concurrency=_that_fit(limit_concurrency),
        backlog=BACKLOG,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=graceful_seconds,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips=list(proxies),
    )
    return ExpoServer(config, drain_seconds=drain_seconds)


def _that_fit(connections: int) -> int:
    """So many connections, or as many as this process may hold open beside its own files.

    Without files left the database cannot be opened either: a few silent connections would stop
    the whole expo.
    """
    if sys.platform == "win32":
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + SPARE_CONNECTIONS + _OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return connections
    fitting = max(64, soft - SPARE_CONNECTIONS - _OWN_FILES)
    logger.warning("Few files may be open: connections are limited", extra={"most": fitting})
    return min(connections, fitting)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose options every accepted connection inherits; port 0 takes a free one.

    Raises:
        OSError: The address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        # asyncio sets it only where the protocol is named: an answer's second part, a receipt behind a
        # frame, would wait 40 ms for the first to be acknowledged.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere the pings must do
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def port_of(sock: socket.socket) -> int:
    """The port a socket listens on."""
    return int(sock.getsockname()[1])
