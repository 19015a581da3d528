"""What stays of a viewer on our own server: a slotted protocol object on the transport.

No task, no queue while it keeps up, no protocol machine while it is idle: about 2 kB a viewer
(performance 0). ``set_write_buffer_limits(high=0)`` makes ``pause_writing`` mean "this peer is
behind", and TCP_NOTSENT_LOWAT makes the kernel say so early instead of swallowing minutes of frames.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from typing_extensions import override

from expo.wire.assembly import Assembly
from expo.wire.codes import Close
from expo.wire.framing import CLOSE, PING, PONG, TEXT, close_frame, frame, span
from expo.wire.hub import Hub
from expo.wire.viewer import Outlet, Viewer

try:
    from websockets.speedups import apply_mask
except ImportError:  # no compiler where the wheel was built; 20 times slower, still right
    from websockets.utils import apply_mask

_NOTSENT_LOWAT: Final = (
    4096  # bytes the kernel may hold unsent; doubling doubles how stale a viewer gets
)
_USER_TIMEOUT_MS: Final = 20_000  # unacknowledged data after which the kernel gives the peer up
_DEAF_SECONDS: Final = 0.3  # how long the rest of a broken message is read and thrown away
_OPCODE: Final = 0x0F
_CONTROL_HEAD: Final = 6  # bytes: two and the mask; a longer head means an illegal length
_PING_FRAME: Final = frame(b"", PING)
_OPEN, _CLOSING, _DEAF = 0, 1, 2


class WiredViewer(Viewer, asyncio.Protocol):
    """A viewer whose frames are written straight to its transport."""

    __slots__ = (
        "_assembly",
        "_connections",
        "_frames",
        "_frames_since",
        "_heard_at",
        "_hub",
        "_is_asked",
        "_opening",
        "_replies",
        "_state",
        "_tail",
        "_transport",
        "descriptor",
    )

    def __init__(
        self,
        who: object,
        hub: Hub,
        *,
        on_text: Callable[[Viewer, bytes], None],
        on_junk: Callable[[Viewer, str], None],
        on_leave: Callable[[Viewer], None] | None = None,
    ) -> None:
        super().__init__(who, hub.limits, on_text=on_text, on_junk=on_junk, on_leave=on_leave)
        self._hub = hub
        self._state = _OPEN
        self._tail = b""
        self._assembly: Assembly | None = None
        self._replies: deque[bytes] | None = None
        self._frames = 0
        self._frames_since = self._heard_at = monotonic()
        self._is_asked = False
        self._opening: list[bytes] | None = None
        self.descriptor = -1

    def take_over(
        self, transport: asyncio.Transport, connections: set[Any], early: bytes, answer: bytes
    ) -> None:
        """Become the transport's protocol.

        Args:
            transport: Of a connection whose upgrade has been answered.
            connections: The server's set, which it says goodbye to when it stops.
            early: What the peer sent before now; handled once the endpoint has joined its rooms.
            answer: The answer to the upgrade, if it is still to be written: it goes out with what
                is said first, in one packet, when `opened` is called.
        """
        self._transport = transport
        self._connections = connections
        self._opening = [answer]
        connections.add(self)
        _tune(transport)
        transport.set_protocol(self)
        transport.set_write_buffer_limits(high=0)
        transport.resume_reading()
        self._hub.watch()
        if early:
            self._tail = early
            asyncio.get_running_loop().call_soon(self.data_received, b"")

    # --- out ---

    @property
    @override
    def outlet(self) -> Outlet:
        return self._transport.write if self._opening is None else self._opening.append

    @override
    def opened(self) -> None:
        opening, self._opening = self._opening, None
        if opening is not None:
            self.descriptor = descriptor_of(self._transport)
            self._transport.write(b"".join(opening))

    @override
    def reply(self, payload: bytes) -> None:
        self._hub.counters.replies += 1
        self._answer(frame(payload))

    def _answer(self, data: bytes) -> None:
        if self.is_gone:
            return
        if not self.is_behind and not self._replies:
            self.outlet(data)
            return
        if self._replies is None:
            self._replies = deque()
        if len(self._replies) >= self.limits.replies:
            self._hub.counters.replies_dropped += len(self._replies) + 1
            self.close(Close.REPLIES_OVERFLOW)
            return
        self._replies.append(data)

    @override
    def pause_writing(self) -> None:
        self.fall_behind(monotonic())

    @override
    def resume_writing(self) -> None:
        self.behind_at = None
        while self._replies:
            self._transport.write(self._replies.popleft())
            if self.is_behind:
                return
        self._replies = None
        self.catch_up()

    @override
    def keep_alive(self, now: float) -> float | None:
        silence, limits = now - self._heard_at, self.limits
        if silence < limits.ping_seconds:
            return limits.ping_seconds - silence
        if silence >= limits.ping_seconds + limits.pong_seconds:
            self._hub.cut(self)
            return None
        if not self._is_asked:
            self._is_asked = True
            if not self.is_behind:
                self.outlet(_PING_FRAME)
        return limits.ping_seconds + limits.pong_seconds - silence

    # --- in ---

    @override
    def data_received(self, data: bytes) -> None:
        if self._state is _DEAF:
            return
        self._heard_at = now = monotonic()
        self._is_asked = False
        if now - self._frames_since >= 1.0:
            self._frames, self._frames_since = 0, now
        if self._tail:
            data = self._tail + data
        at, limit = 0, self.limits.max_bytes
        while (found := span(data, at, limit)) is not None:
            payload, end, is_whole = found
            self._take(data[at:payload], data[payload:end], is_whole)
            if self._transport.is_closing() or self._state is _DEAF:
                self._tail = b""
                return
            at = end
        self._tail = data[at:]

    def _take(self, head: bytes, body: bytes, is_whole: bool) -> None:
        self._frames += 1
        if self._frames > self.limits.frames_per_second:
            self._hub.cut(self)
        elif self._state is _CLOSING:
            if head[0] & _OPCODE == CLOSE & _OPCODE:
                self._transport.close()
        elif not is_whole:
            self._odd(head + body)
        elif head[0] == TEXT and self._assembly is None:
            self.heard(apply_mask(body, head[-4:]))
        elif head[0] == PONG and len(head) == _CONTROL_HEAD:
            return
        elif head[0] == PING and len(head) == _CONTROL_HEAD:
            self._answer(frame(apply_mask(body, head[-4:]), PONG))
        else:
            self._odd(head + body)

    def _odd(self, data: bytes) -> None:
        assembly = self._assembly or Assembly(self.limits.max_bytes)
        message = assembly.feed(data)
        if assembly.is_over:
            self._end(assembly)
            return
        self._assembly = assembly if assembly.parts else None
        if assembly.parts > self.limits.fragments:
            self._hub.cut(self)
        elif message is not None and assembly.is_text:
            self.heard(message)
        elif message is not None:
            self.junk("binary")

    # --- the end ---

    def _end(self, assembly: Assembly) -> None:
        self._hub.drop(self)
        self._state = _DEAF
        self._assembly = self._replies = None
        self._transport.write(assembly.answer)
        if not assembly.is_failed:
            self._transport.close()
        loop = asyncio.get_running_loop()
        # Closing at once would reset the connection while the rest of the broken message is still
        # arriving, and the peer would never read why.
        loop.call_later(_DEAF_SECONDS, self._transport.close)
        loop.call_later(self.limits.closing_seconds, self._transport.abort)

    @override
    def close(self, code: int, reason: str = "") -> None:
        if self._state is not _OPEN or self._transport.is_closing():
            return
        self.opened()
        self._hub.drop(self)
        self._state = _CLOSING
        self._assembly = self._replies = None
        self._transport.write(close_frame(code, reason))
        loop = asyncio.get_running_loop()
        loop.call_later(self.limits.closing_seconds, self._transport.abort)

    @override
    def abort(self) -> None:
        self._transport.abort()

    def shutdown(self) -> None:
        """Say goodbye because the server is stopping; its name is uvicorn's."""
        self.close(Close.RESTART)

    @override
    def eof_received(self) -> None:
        self._hub.drop(self)
        if self.is_behind:  # closing would wait for the peer to read
            self._transport.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._hub.drop(self)
        self._connections.discard(self)
        self._assembly = self._replies = None
        self._tail = b""
        on_leave, self.on_leave = self.on_leave, None
        if on_leave is not None:
            on_leave(self)


def descriptor_of(transport: asyncio.Transport) -> int:
    """Of the plain socket behind a transport; -1 where writing past the transport would break it."""
    sock = transport.get_extra_info("socket")
    is_plain = sock is not None and transport.get_extra_info("sslcontext") is None
    return int(sock.fileno()) if is_plain else -1


def _tune(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for option, value in (
        ("TCP_NOTSENT_LOWAT", _NOTSENT_LOWAT),
        ("TCP_USER_TIMEOUT", _USER_TIMEOUT_MS),
    ):
        number = getattr(socket, option, None)  # both are Linux's; elsewhere the pings must do
        if number is not None:
            sock.setsockopt(socket.IPPROTO_TCP, number, value)
