"""Where every connection comes in: a clean handshake is answered here, all else goes to an engine.

A handshake costs little: no HTTP and no WebSocket machine is made for it. The application is asked
as any ASGI server would ask it, with one more word in the scope: an endpoint that accepts and then
adopts (``scope["extensions"]["sawt.fanout"]``) leaves only a `WiredViewer` on the connection. Bytes
that arrive before that choice are kept, not parsed.

A request in pieces, one that is no handshake or not a clean one, and an endpoint that receives and
sends like any other: for these there is the engine, with the same connection and the same bytes.

Leans on uvicorn's unwritten constructor of protocols and its set of connections: uvicorn is pinned,
and tests/faults shows an upgrade that breaks them.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState

from expo.wire import upgrade
from expo.wire.codes import Close
from expo.wire.guarded_ws import GuardedWS
from expo.wire.hub import Hub
from expo.wire.live import EXTENSION
from expo.wire.lobby import Lobby
from expo.wire.upgrade import Upgrade
from expo.wire.viewer import Viewer
from expo.wire.welcome import Porter, Welcome, enter
from expo.wire.wired import WiredViewer

logger = logging.getLogger(__name__)

_DECIDE_SECONDS: Final = 5.0  # after accepting; pings of a plain endpoint wait for it
_MAX_EARLY_BYTES: Final = 16_384  # kept before the endpoint has decided; then reading pauses
_REFUSED: Final = b"HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_FAILED: Final = (
    b"HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)
_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\n"
    b"content-length: 0\r\n\r\n"
)


class Engine(Protocol):
    """What `Door` needs of an engine of uvicorn's."""

    def connection_made(self, transport: Any) -> None:
        """Take the connection over."""

    def data_received(self, data: bytes) -> None:
        """Read on."""


class Door(asyncio.Protocol):
    """One connection until it is known what it is for.

    Args:
        config: As uvicorn gives it to a protocol, like the next three.
        server_state: Its connections, tasks and headers.
        app_state: What the lifespan made.
        _loop: The running loop.
        engine: What takes over whatever is no clean handshake: the HTTP engine for a connection
            that has just been made, `GuardedWS` behind that engine.
        lobby: Where to wait for the first byte; None where it has come already.
        porter: Whom it lets in, the application is not asked about.
    """

    __slots__ = (
        "_answer",
        "_app_state",
        "_asked",
        "_config",
        "_deadline",
        "_early",
        "_engine",
        "_is_answered",
        "_is_gone",
        "_is_told",
        "_lobby",
        "_loop",
        "_porter",
        "_scope",
        "_server",
        "_successor",
        "_transport",
        "_viewer",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        engine: Callable[..., Engine] = GuardedWS,
        lobby: Lobby | None = None,
        porter: Porter | None = None,
    ) -> None:
        self._config, self._server, self._app_state = config, server_state, app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._engine, self._lobby, self._porter = engine, lobby, porter
        self._transport: asyncio.Transport
        self._asked: Upgrade | None = None
        self._scope: dict[str, Any] | None = None
        self._successor: Any = None
        self._viewer: WiredViewer | None = None
        self._deadline: asyncio.Handle | None = None
        self._answer = self._early = b""
        self._is_told = self._is_answered = self._is_gone = False

    # --- coming in ---

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's
        self._transport = transport
        connections, limit = self._server.connections, self._config.limit_concurrency
        connections.add(self)  # type: ignore[arg-type]  # it only asks for ``shutdown``
        if self._lobby is None:
            return
        if limit is not None and len(connections) > limit + self._lobby.spare:
            self._lobby.turn_away()
            transport.abort()
        else:
            self._lobby.enter(self, self._loop)

    @override
    def data_received(self, data: bytes) -> None:
        if self._successor is not None:
            self._successor.data_received(data)
            return
        if self._asked is not None:
            self._keep(data)
            return
        asked = upgrade.read(data)
        if asked is None:
            self.hand_on(data)
        elif self._is_full():
            if self._lobby is not None:
                self._lobby.turn_away()
            self._transport.write(_BUSY)
            self._transport.close()
        else:
            self._ask(asked, data[len(asked.head) :])

    def hand_on(self, data: bytes) -> None:
        """Let the engine have the connection, from its first byte on."""
        self._leave_lobby()
        successor = self._made(self._engine)
        self._transport.set_protocol(successor)
        successor.data_received(data)

    def _made(self, engine: Callable[..., Any]) -> Any:
        self._server.connections.discard(self)
        self._successor = engine(
            config=self._config, server_state=self._server, app_state=self._app_state
        )
        self._successor.connection_made(self._transport)
        return self._successor

    def _leave_lobby(self) -> None:
        lobby, self._lobby = self._lobby, None
        if lobby is not None:
            lobby.leave(self)

    def _is_full(self) -> bool:
        limit = self._config.limit_concurrency
        return limit is not None and len(self._server.connections) >= limit

    # --- asking the application ---

    def _ask(self, asked: Upgrade, early: bytes) -> None:
        self._leave_lobby()
        self._asked = asked
        self._keep(early)
        is_plain = self._transport.get_extra_info("sslcontext") is None
        welcome = self._porter.welcome(asked) if self._porter is not None and is_plain else None
        if welcome is not None:
            self._let_in(welcome)
            return
        self._scope = self._scope_of(asked)
        task = self._loop.create_task(self._run(self._scope), name="handshake")
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    def _let_in(self, welcome: Welcome) -> None:
        self._is_told = self._is_answered = True
        self._answer = upgrade.switching(self._key, self._server.default_headers)
        viewer = self.adopt(
            welcome.hub,
            welcome.who,
            on_text=welcome.on_text,
            on_junk=welcome.on_junk,
            on_leave=welcome.on_leave,
        )
        if viewer is not None:  # else the peer has left meanwhile
            enter(viewer, welcome)

    def _scope_of(self, asked: Upgrade) -> dict[str, Any]:
        config, extra = self._config, self._transport.get_extra_info
        server, client = extra("sockname"), extra("peername")
        root = config.root_path
        return {
            "type": "websocket",
            "asgi": {"version": config.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws" if extra("sslcontext") is None else "wss",
            "server": server[:2] if isinstance(server, tuple) else None,
            "client": client[:2] if isinstance(client, tuple) else None,
            "root_path": root,
            "path": root + asked.path,
            "raw_path": root.encode("ascii") + asked.raw_path,
            "query_string": asked.query,
            "headers": asked.headers,
            "subprotocols": [],
            "state": self._app_state.copy(),
            "extensions": {EXTENSION: self, "websocket.http.response": {}},
        }

    async def _run(self, scope: dict[str, Any]) -> None:
        try:
            await self._config.loaded_app(scope, self._receive, self._send)
        except ClientDisconnected:
            pass
        except Exception:
            logger.exception("Exception in ASGI application")
            self._fail()
        else:
            if not self._is_answered and self._successor is None:
                logger.error("ASGI callable returned without completing handshake.")
                self._fail()
        finally:
            scope["extensions"].pop(EXTENSION, None)  # breaks the cycle: the viewer stays for hours
            self._let_go()

    async def _receive(self) -> Any:
        if not self._is_told and self._successor is None:
            self._is_told = True
            return {"type": "websocket.connect"}
        if self._is_gone and self._successor is None:
            return {"type": "websocket.disconnect", "code": 1005 if self._is_answered else 1006}
        return await self._ordinary().receive()

    async def _send(self, message: Any) -> None:
        kind = message["type"]
        if self._is_gone and self._successor is None:
            raise ClientDisconnected
        if self._successor is not None or self._is_answered:
            await self._ordinary().send(message)
        elif kind == "websocket.accept" and not message.get("subprotocol"):
            self._accept(message)
        elif kind == "websocket.close":
            self._is_answered = self._is_gone = True
            self._transport.write(_REFUSED)
            self._transport.close()
        else:
            await self._ordinary().send(message)

    def _accept(self, message: Any) -> None:
        headers = [*self._server.default_headers, *message.get("headers", ())]
        self._answer = upgrade.switching(self._key, headers)
        self._is_answered = True
        # Not written yet: what the endpoint says first may travel in the same packet.
        self._deadline = self._loop.call_soon(self._say_accepted)

    @property
    def _key(self) -> bytes:
        return self._asked.key if self._asked else b""

    def _say_accepted(self) -> None:
        answer, self._answer = self._answer, b""
        if answer and not self._transport.is_closing():
            self._transport.write(answer)
            self._deadline = self._loop.call_later(_DECIDE_SECONDS, self._ordinary)

    # --- what the endpoint makes of it ---

    def accept(self) -> bool:
        """Accept without a message; False when it is too late for that."""
        if self._is_answered or self._is_gone or self._successor is not None:
            return False
        self._is_told = True
        self._accept({})
        return True

    def adopt(
        self,
        hub: Hub,
        who: object,
        *,
        on_text: Callable[[Viewer, bytes], None],
        on_junk: Callable[[Viewer, str], None],
        on_leave: Callable[[Viewer], None] | None,
    ) -> WiredViewer | None:
        """The viewer that takes the connection over, or None when it is too late for that."""
        if not self._is_answered or self._successor is not None or self._transport.is_closing():
            return None
        if self._transport.get_extra_info("sslcontext") is not None:
            return None  # asyncio's TLS calls an empty buffer full when the limit is 0
        self._cancel_deadline()
        self._server.connections.discard(self)
        viewer = WiredViewer(who, hub, on_text=on_text, on_junk=on_junk, on_leave=on_leave)
        answer, self._answer = self._answer, b""
        early, self._early = self._early, b""
        viewer.take_over(self._transport, self._server.connections, early, answer)
        self._viewer = self._successor = viewer
        return viewer

    def _ordinary(self) -> Any:
        """The WebSocket engine, from now on: this is an endpoint like any other."""
        if self._successor is None and self._asked is not None and self._scope is not None:
            self._cancel_deadline()
            self._say_accepted()
            self._cancel_deadline()
            engine: GuardedWS = self._made(GuardedWS)
            engine.take_over(
                self._asked.head,
                self._scope,
                is_accepted=self._is_answered,
                is_told=self._is_told,
            )
            early, self._early = self._early, b""
            self._transport.set_protocol(engine)
            self._transport.resume_reading()
            if early:
                engine.data_received(early)
        return self._successor

    def _keep(self, data: bytes) -> None:
        self._early += data
        if len(self._early) > _MAX_EARLY_BYTES:
            self._transport.pause_reading()

    # --- the end ---

    def _fail(self) -> None:
        if self._viewer is not None:
            self._viewer.close(Close.BUG)
        elif self._successor is not None:
            self._successor.fail()
        elif self._is_gone:
            return
        elif self._is_answered:
            self._ordinary().fail()
        else:
            self._transport.write(_FAILED)

    def _let_go(self) -> None:
        self._cancel_deadline()
        successor, self._scope, self._asked = self._successor, None, None
        if successor is None:
            self._say_accepted()
            self._cancel_deadline()
            self._transport.close()
        elif successor is not self._viewer:
            successor.let_go()

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def shutdown(self) -> None:
        """The server is stopping; its name is uvicorn's."""
        if self._is_answered and self._successor is None:
            self._ordinary().shutdown()
            return
        if self._asked is not None:
            self._transport.write(_FAILED)
        self._transport.close()

    @override
    def eof_received(self) -> None:
        pass  # as uvicorn: the transport closes itself

    @override
    def pause_writing(self) -> None:
        if self._successor is not None:
            self._successor.pause_writing()

    @override
    def resume_writing(self) -> None:
        if self._successor is not None:
            self._successor.resume_writing()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._is_gone = True
        self._leave_lobby()
        self._cancel_deadline()
        self._server.connections.discard(self)
        if self._successor is not None:
            self._successor.connection_lost(exc)
