"""Requests that can be answered at once: read strictly, answered in one write, no HTTP machine made.

A surge of people asks for the same page. What the application has ready for them needs no engine, no
task and no routing: `AtOnce` reads the head, asks a `Desk`, and writes. Whatever is not a clean ``GET``
in one piece, and whatever the desk does not have ready, goes to the engine from its first byte on, as
if this class were not there; the deadlines are the engine's.

Leans on uvicorn's unwritten constructor of protocols, as `expo.wire.door` does.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from typing_extensions import override
from uvicorn.config import Config
from uvicorn.server import ServerState

from expo.wire.asked import Answer, Asked, Desk, read
from expo.wire.guarded_http import ANSWER_SECONDS, GuardedHTTP

_CLOSE: Final = b"connection: close\r\n"


class AtOnce(asyncio.Protocol):
    """One connection, as long as it asks for what is ready; it comes back when its engine is idle.

    Args:
        config: As uvicorn gives it to a protocol, like the next three.
        server_state: Its connections and headers.
        app_state: What the lifespan made.
        _loop: The running loop.
        engine: Takes over whenever a request is not for the desk.
        desk: Has answers ready.
    """

    __slots__ = (
        "_app_state",
        "_config",
        "_deadline",
        "_desk",
        "_engine",
        "_engine_class",
        "_later",
        "_loop",
        "_server",
        "_transport",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        engine: type[GuardedHTTP],
        desk: Desk,
    ) -> None:
        self._config, self._server, self._app_state = config, server_state, app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._engine_class, self._desk = engine, desk
        self._engine: GuardedHTTP | None = None
        self._transport: asyncio.Transport
        self._deadline: asyncio.TimerHandle | None = None
        self._later: bytes | None = None
        """What was asked while the answers before it are not read; None: they are."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's
        self._transport = transport
        self._server.connections.add(self)  # type: ignore[arg-type]  # it only asks for ``shutdown``

    @override
    def data_received(self, data: bytes) -> None:
        self._rest()
        if self._later is not None:
            self._later += data
        elif not data:  # somebody who says nothing: the engine has the deadline for that
            self._hand_on(data)
        else:
            self._go_on(data)

    def _go_on(self, data: bytes) -> None:
        """Answer what can be answered at once, until something else is asked or nothing more."""
        while data and self._later is None:
            asked, answer = self._ready(data)
            if asked is None or answer is None:
                self._hand_on(data)
                return
            data = data[asked.size :]
            if self._say(asked, answer):
                return
        if self._later is None:
            self._wait(self._config.timeout_keep_alive, self._leave)
        else:
            self._later += data

    def _ready(self, data: bytes) -> tuple[Asked | None, Answer | None]:
        limit = self._config.limit_concurrency
        if limit is not None and len(self._server.connections) >= limit:
            return None, None  # the engine says 503
        asked = read(data)
        return asked, self._desk.at_once(asked) if asked else None

    def _say(self, asked: Asked, answer: Answer) -> bool:
        """Write the answer; whether it was the connection's last."""
        connection = asked.head.get(b"connection", b"")
        is_last = connection != b"" and connection.lower() != b"keep-alive"
        own = [b"%b: %b\r\n" % header for header in self._server.default_headers]
        parts = (answer.status, *own, _CLOSE if is_last else b"", answer.head, answer.body)
        self._server.total_requests += 1
        self._transport.write(b"".join(parts))
        if is_last:
            self._leave()
        return is_last or self._transport.is_closing()

    # --- the engine ---

    def _hand_on(self, data: bytes) -> None:
        connections = self._server.connections
        connections.discard(self)
        engine = self._engine
        if engine is None:
            engine = self._engine = self._engine_class(
                config=self._config, server_state=self._server, app_state=self._app_state
            )
            engine.when_idle = self._come_back
            engine.connection_made(self._transport)
        connections.add(engine)
        self._transport.set_protocol(engine)
        engine.data_received(data)

    def _come_back(self, data: bytes) -> bool:
        """Take the connection from its idle engine if the next request can be answered at once."""
        asked, answer = self._ready(data)
        if self._engine is None or asked is None or answer is None:
            return False
        self._server.connections.discard(self._engine)
        self._server.connections.add(self)  # type: ignore[arg-type]  # as above
        self._transport.set_protocol(self)
        if not self._say(asked, answer):
            self._go_on(data[asked.size :])
        return True

    # --- deadlines ---

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._rest()
        self._deadline = self._loop.call_later(seconds, then)

    def _leave(self) -> None:
        """Close once everything is read: a transport would wait for that without end."""
        self._transport.close()
        self._wait(ANSWER_SECONDS, self._transport.abort)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    @override
    def pause_writing(self) -> None:
        """What was answered is not read: nothing more is answered until it is, and not for ever."""
        self._later = self._later or b""
        self._transport.pause_reading()
        self._wait(ANSWER_SECONDS, self._transport.abort)

    @override
    def resume_writing(self) -> None:
        later, self._later = self._later or b"", None
        if self._transport.is_closing():
            return
        self._transport.resume_reading()
        self._wait(self._config.timeout_keep_alive, self._leave)
        if later:
            self._rest()
            self._go_on(later)

    # --- the end ---

    def shutdown(self) -> None:
        """The server is stopping; its name is uvicorn's."""
        self._transport.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        self._server.connections.discard(self)
        if self._engine is not None:
            self._engine.connection_lost(exc)
