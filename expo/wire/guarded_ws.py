"""uvicorn's WebSocket engine, bounded: for endpoints that receive and send like any ASGI endpoint.

Around it are the guards of reliability F2-F4. It also takes the handshakes that `Door` does not
read, and refuses what is wrong with them.

Leans on uvicorn internals (constructor, ``handle_*``, ``keepalive_timeout``): uvicorn is pinned and
tests/faults shows an upgrade that breaks them.
"""

import asyncio
from typing import Any, Final, cast

from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame
from websockets.http11 import Request

from expo.wire.codes import Close
from expo.wire.viewer import Limits

_LIMITS: Final = Limits()
_MAX_UNREAD_BYTES: Final = 256 * 1024  # written but not taken by the peer; more and it is cut
_SLICE_BYTES: Final = (
    4_096  # parsed at once: a flood in one segment is cut before it is all objects
)
_BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class GuardedWS(WebSocketsSansIOProtocol):
    """One WebSocket connection that cannot make the server hold more than its share."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._counted, self._counted_since = 0, 0.0

    # --- a handshake that somebody else has read ---

    def take_over(self, head: bytes, scope: Any, *, is_accepted: bool, is_told: bool) -> None:
        """Go on with a connection whose application is being asked already.

        Args:
            head: The request, clean.
            scope: What the application was asked with.
            is_accepted: Whether the answer that opens the socket has been written.
            is_told: Whether the application has received ``websocket.connect``.
        """
        self.conn.receive_data(head)
        (self.request,) = cast("list[Request]", self.conn.events_received())
        self.response = self.conn.accept(self.request)
        self.scope = scope
        self.handshake_initiated = True
        if not is_told:
            self.queue.put_nowait({"type": "websocket.connect"})
        if is_accepted:
            self.handshake_complete = True
            self.conn.send_response(self.response)
            self.conn.data_to_send()  # has been written
            self.start_keepalive()

    def fail(self) -> None:
        """Say that the application has failed."""
        if self.handshake_complete:
            self.conn.fail(Close.BUG)
            self.transport.write(b"".join(self.conn.data_to_send()))
        else:
            self.send_500_response()

    def let_go(self) -> None:
        """The application has returned."""
        if self.close_timer is None:
            self.transport.close()

    @override
    def data_received(self, data: bytes) -> None:
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
    async def run_asgi(self) -> None:
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except Exception:
            self.logger.exception("Exception in ASGI application")
            self.fail()
        else:
            if not self.handshake_complete:
                self.logger.error("ASGI callable returned without completing handshake.")
                self.send_500_response()
        finally:
            self.let_go()

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
