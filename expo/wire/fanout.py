"""uvicorn's WebSocket engine, bounded, with a way out: ``scope["extensions"]["sawt.fanout"]``.

An endpoint that accepts and then adopts leaves only a `WiredViewer` on the connection; one that
receives or sends like any ASGI endpoint stays on uvicorn's engine with the guards of reliability
F2-F4 around it. Bytes that arrive before that choice are kept, not parsed.

Leans on uvicorn internals (constructor, ``handle_*``, ``keepalive_timeout``): uvicorn is pinned and
tests/faults shows an upgrade that breaks them.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from expo.wire.codes import Close
from expo.wire.hub import Hub
from expo.wire.live import EXTENSION
from expo.wire.viewer import Limits, Viewer
from expo.wire.wired import WiredViewer

_LIMITS: Final = Limits()
_MAX_UNREAD_BYTES: Final = 256 * 1024  # written but not taken by the peer; more and it is cut
_MAX_EARLY_BYTES: Final = 16_384  # kept before the endpoint has decided; then reading pauses
_SLICE_BYTES: Final = (
    4_096  # parsed at once: a flood in one segment is cut before it is all objects
)
_DECIDE_SECONDS: Final = 5.0  # after accepting; pings of a plain endpoint wait for it
_BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class FanoutWS(WebSocketsSansIOProtocol):
    """One WebSocket connection until somebody adopts it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._early: bytearray | None = bytearray()  # None once the endpoint has decided
        self._viewer: WiredViewer | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._counted, self._counted_since = 0, 0.0

    # --- the choice ---

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
        if self._early is None or not self.handshake_complete or self.transport.is_closing():
            return None
        early, self._early = bytes(self._early), None
        self._cancel_deadline()
        self.stop_keepalive()
        self.connections.discard(self)
        viewer = WiredViewer(who, hub, on_text=on_text, on_junk=on_junk, on_leave=on_leave)
        viewer.take_over(self.transport, self.connections, early)
        self._viewer = viewer
        return viewer

    def _stay(self) -> None:
        """From now on this is an ordinary ASGI connection."""
        if self._early is None:
            return
        early, self._early = bytes(self._early), None
        self._cancel_deadline()
        if not self.transport.is_closing():
            self.transport.resume_reading()
            if early:
                self.data_received(early)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _extensions(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.scope["extensions"])

    @override
    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):  # the handshake was well-formed and the app is being asked
            self._extensions()[EXTENSION] = self

    @override
    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated and self._early is not None:
            self._early += data
            if len(self._early) > _MAX_EARLY_BYTES:
                self.transport.pause_reading()
            return
        for at in range(0, len(data), _SLICE_BYTES):
            super().data_received(data[at : at + _SLICE_BYTES])
            if self.transport.is_closing():
                return
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self._refuse_request()

    def _refuse_request(self) -> None:
        # uvicorn would leave such a connection open and silent (a body, 129 headers, …)
        self.transport.write(b"".join(self.conn.data_to_send()) or _BAD_REQUEST)
        self.transport.close()

    @override
    async def receive(self) -> Any:
        if self.handshake_complete:
            self._stay()
        return await super().receive()

    @override
    async def send(self, message: Any) -> None:
        if self.handshake_complete:
            self._stay()
        await super().send(message)
        if message["type"] == "websocket.accept" and self._early is not None:
            self._deadline = self.loop.call_later(_DECIDE_SECONDS, self._stay)

    @override
    async def run_asgi(self) -> None:
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except Exception:
            self.logger.exception("Exception in ASGI application")
            self._fail()
        else:
            if not self.handshake_complete:
                self.logger.error("ASGI callable returned without completing handshake.")
                self.send_500_response()
        finally:
            self._let_go()

    def _fail(self) -> None:
        if self._viewer is not None:
            self._viewer.close(Close.BUG)
        elif self.handshake_complete:
            self.conn.fail(Close.BUG)
            self.transport.write(b"".join(self.conn.data_to_send()))
        else:
            self.send_500_response()

    def _let_go(self) -> None:
        self._cancel_deadline()
        self._extensions().pop(EXTENSION, None)  # breaks the cycle: the viewer stays for hours
        if self._viewer is None and self.close_timer is None:
            self.transport.close()

    # --- guards for connections that stay (F2-F4) ---

    def _guard(self) -> None:
        now = self.loop.time()
        if now - self._counted_since > 1.0:
            self._counted, self._counted_since = 0, now
        self._counted += 1
        if (
            self._counted > _LIMITS.frames_per_second
            or len(self.frames) > _LIMITS.fragments
            or self.transport.get_write_buffer_size() > _MAX_UNREAD_BYTES
        ):
            self.transport.abort()

    @override
    def handle_events(self) -> None:
        if self.transport.is_closing():
            self.conn.events_received()
            return
        super().handle_events()

    @override
    def handle_ping(self) -> None:
        super().handle_ping()
        self._guard()

    @override
    def handle_pong(self, event: Frame) -> None:
        super().handle_pong(event)
        self._guard()

    @override
    def handle_cont(self, event: Frame) -> None:
        super().handle_cont(event)
        self._guard()

    @override
    def handle_text(self, event: Frame) -> None:
        super().handle_text(event)
        self._guard()

    @override
    def handle_bytes(self, event: Frame) -> None:
        super().handle_bytes(event)
        self._guard()

    @override
    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:  # uvicorn would log a traceback for every such frame (F18)
                self.frames = []
                self.conn.fail(Close.BAD_UTF8)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    @override
    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()  # close() would wait for the dead peer to read

    @override
    def shutdown(self) -> None:
        super().shutdown()
        self.loop.call_later(_LIMITS.closing_seconds, self.transport.abort)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        self._early = None
        super().connection_lost(exc)
