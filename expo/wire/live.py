"""The live endpoint's other half: from an accepted WebSocket to a viewer in its rooms.

On our own server the connection is adopted and `serve` returns at once: no task stays (performance
0). Elsewhere (another ASGI server, a test client) one task receives and one sends, with the same
manners and the same latest-wins rule.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from typing_extensions import override

from expo.wire.codes import Close
from expo.wire.hub import Hub
from expo.wire.viewer import NEVER, Limits, Outlet, Room, Viewer
from expo.wire.welcome import Welcome, enter

EXTENSION: Final = "sawt.fanout"


async def accept(websocket: WebSocket[Any]) -> None:
    """Accept; on our own server without the messages this usually takes.

    Raises:
        OSError: The peer has left already; our server takes it as the end.
    """
    adopter = (websocket.scope.get("extensions") or {}).get(EXTENSION)
    if adopter is not None and adopter.accept():
        websocket.client_state = websocket.application_state = WebSocketState.CONNECTED
    else:
        await websocket.accept()


async def serve(
    websocket: WebSocket[Any],
    hub: Hub,
    *,
    who: object,
    rooms: Iterable[str],
    on_text: Callable[[Viewer, bytes], None],
    on_junk: Callable[[Viewer, str], None],
    greeting: bytes | tuple[bytes, ...] | None,
    on_leave: Callable[[Viewer], None] | None = None,
) -> None:
    """Make a viewer of an accepted connection; call it last, right after accepting.

    The callbacks are synchronous and run outside the request: what they need to know of the person
    (language, rights, visit) travels in ``who``. A text that is no known message is answered by the
    endpoint and counted with ``viewer.strike()``.

    Args:
        websocket: Accepted, nothing received or sent since.
        hub: Where the rooms are.
        who: Kept as ``viewer.who``.
        rooms: Joined in this order; each room's latest frame is sent at once.
        on_text: Gets every text message as UTF-8 bytes, at most `Limits.max_bytes` long.
        on_junk: Gets "binary" or "too-fast"; it answers, the wire counts.
        greeting: The first frame or frames the viewer sees, before those of the rooms; or None.
        on_leave: Called once when the connection has gone.
    """
    said = (greeting,) if isinstance(greeting, bytes) else greeting or ()
    welcome = Welcome(hub, who, tuple(rooms), said, on_text, on_junk, on_leave)
    adopter = (websocket.scope.get("extensions") or {}).get(EXTENSION)
    if adopter is not None:
        wired = adopter.adopt(hub, who, on_text=on_text, on_junk=on_junk, on_leave=on_leave)
        if wired is not None:
            enter(wired, welcome)
            return
    viewer = PortableViewer(who, hub.limits, on_text=on_text, on_junk=on_junk, on_leave=on_leave)
    try:
        enter(viewer, welcome)
        await _converse(websocket, viewer)
    finally:
        hub.drop(viewer)
        if on_leave is not None:
            on_leave(viewer)


class PortableViewer(Viewer):
    """A viewer behind any ASGI server: the hub rings, a task of its own sends."""

    __slots__ = ("_bell", "_replies", "_seen", "ending")

    def __init__(
        self,
        who: object,
        limits: Limits,
        *,
        on_text: Callable[[Viewer, bytes], None],
        on_junk: Callable[[Viewer, str], None],
        on_leave: Callable[[Viewer], None] | None = None,
    ) -> None:
        super().__init__(who, limits, on_text=on_text, on_junk=on_junk, on_leave=on_leave)
        self._bell = asyncio.Event()
        self._replies: deque[bytes] = deque()
        self._seen: dict[Room, int] = {}
        self.ending: tuple[int, str] | None = None
        """Close code and reason, once the connection is to end."""

    @property
    @override
    def outlet(self) -> Outlet:
        return self._ring

    @override
    def exit(self, room: Room) -> None:
        super().exit(room)
        self._seen.pop(room, None)

    def _ring(self, _frame: bytes) -> None:
        self._bell.set()  # the sender looks up what the rooms hold by then

    @override
    def reply(self, payload: bytes) -> None:
        if self.ending is not None or self.is_gone:
            return
        if len(self._replies) >= self.limits.replies:
            self._replies.clear()
            self.close(Close.REPLIES_OVERFLOW)
            return
        self._replies.append(payload)
        self._bell.set()

    @override
    def close(self, code: int, reason: str = "") -> None:
        if self.ending is None:
            self.ending = (code, reason)
            self._bell.set()

    @override
    def abort(self) -> None:
        self.close(Close.REPLIES_OVERFLOW)

    async def outgoing(self) -> AsyncIterator[bytes]:
        """Answers in order, then the latest of each room that moved on; ends when closing."""
        while True:
            self._bell.clear()
            while self._replies:
                yield self._replies.popleft()
            if self.ending is not None:
                return
            for room in self.rooms:
                if self._seen.get(room, NEVER) != room.revision and room in self.rooms:
                    self._seen[room] = room.revision
                    if room.payload is not None:
                        yield room.payload
            await self._bell.wait()


async def _converse(websocket: WebSocket[Any], viewer: PortableViewer) -> None:
    try:
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(_send(websocket, viewer))
            async for message in _incoming(websocket):
                _take(viewer, message)
                if viewer.ending is not None:
                    break
            if viewer.ending is None:
                sender.cancel()
    except* (WebSocketDisconnect, TimeoutError):
        pass  # leaving is normal, and so is letting go of a peer that does not read


async def _send(websocket: WebSocket[Any], viewer: PortableViewer) -> None:
    async for payload in viewer.outgoing():
        async with asyncio.timeout(viewer.limits.behind_seconds):
            await websocket.send_text(payload.decode())
    if viewer.ending is not None:
        async with asyncio.timeout(viewer.limits.closing_seconds):
            await websocket.close(*viewer.ending)


async def _incoming(websocket: WebSocket[Any]) -> AsyncIterator[str | bytes]:
    """Messages until the peer leaves; ``iter_text`` would die on a binary one."""
    while (message := await websocket.receive())["type"] == "websocket.receive":
        text = message.get("text")
        yield message["bytes"] if text is None else text


def _take(viewer: PortableViewer, message: str | bytes) -> None:
    if len(message) > viewer.limits.max_bytes:
        viewer.close(Close.TOO_BIG)
    elif isinstance(message, bytes):
        viewer.junk("binary")
    else:
        viewer.heard(message.encode())
