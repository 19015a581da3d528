"""uvicorn's h11 engine with deadlines: a whole request must arrive in time, an answer be taken.

uvicorn has no limit of its own: silent, half-sent and trickling connections stay for ever (F5).
h11 rather than httptools, which accepts headers without end (F6). Bytes behind an upgrade request
are handed on, where uvicorn would lose them.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import h11
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS: Final = 30.0
"""From the first byte (or the connection) to the end of the body."""
ANSWER_SECONDS: Final = 60.0
"""How long a client may leave the write buffer full."""
SPARE_CONNECTIONS: Final = 256
"""Beyond the limit so many are told 503; more are cut unheard, for each holds an open file."""
_SLICE_BYTES: Final = 8_192
"""Parsed at once: h11 looks at its limit only after a parse, and one segment may hold 256 KiB."""
_COMPLETE: Final = (h11.DONE, h11.MUST_CLOSE, h11.SWITCHED_PROTOCOL)
_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\n"
    b"content-length: 0\r\n\r\n"
)


class GuardedHTTP(H11Protocol):
    """One HTTP connection that cannot be held open by doing nothing."""

    request_seconds = REQUEST_SECONDS
    answer_seconds = ANSWER_SECONDS
    spare = SPARE_CONNECTIONS
    _request_timer: asyncio.TimerHandle | None = None
    _answer_timer: asyncio.TimerHandle | None = None
    when_idle: Callable[[bytes], bool] | None = None
    """Asked about a request that begins on an idle connection; true: somebody else answers it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's
        super().connection_made(transport)
        limit = self.limit_concurrency
        if limit is not None and len(self.connections) > limit + self.spare:
            transport.abort()
        else:
            self._arm()

    @override
    def data_received(self, data: bytes) -> None:
        if self.when_idle is not None and self._is_idle():
            self._unset_keepalive_if_required()
            if self.when_idle(data):
                return
        self._arm()
        for at in range(0, len(data), _SLICE_BYTES):
            super().data_received(data[at : at + _SLICE_BYTES])
            if self.transport.is_closing():
                return
            successor: Any = self.transport.get_protocol()
            if successor is not self:  # upgraded: the rest is not HTTP
                successor.data_received(data[at + _SLICE_BYTES :])
                return
        if self.conn.their_state in _COMPLETE:
            self._disarm()

    @override
    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._disarm()
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            self.transport.write(_BUSY)  # uvicorn counts sockets but turns none away
            self.transport.close()
            return
        early = self.conn.trailing_data[0]
        super().handle_websocket_upgrade(event)
        successor: Any = self.transport.get_protocol()
        if early and not self.transport.is_closing():
            successor.data_received(early)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._answer_timer is None:
            self._answer_timer = self.loop.call_later(self.answer_seconds, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_answer_timer()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self._stop_answer_timer()
        self.when_idle = None
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        """Whether the last answer has been taken and nothing of a next request has come."""
        is_between = self.conn.our_state is h11.IDLE and self.conn.their_state is h11.IDLE
        is_empty = not self.conn.trailing_data[0] and not self.flow.write_paused
        return self.cycle is not None and is_between and is_empty

    def _arm(self) -> None:
        if self._request_timer is None:
            self._request_timer = self.loop.call_later(self.request_seconds, self.transport.abort)

    def _disarm(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _stop_answer_timer(self) -> None:
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None
