"""One connection as the hub sees it: its rooms, its manners, and what it hears and says.

Manners are the same for every transport: texts per second with a burst, unreadable frames in a row.
How bytes travel is the business of `WiredViewer` (our server) and `PortableViewer` (any other).
"""

import logging
from array import array
from collections.abc import Callable
from functools import lru_cache
from time import monotonic
from typing import Final

import msgspec

from expo.wire.codes import Close

logger = logging.getLogger(__name__)

Outlet = Callable[[bytes], None]
NEVER: Final = -1
"""The revision of a room a viewer has seen nothing of."""
_KNOWN_COMBINATIONS: Final = 256  # of rooms, whose viewers share one tuple


class Limits(msgspec.Struct, frozen=True):
    """What one peer may make the server do or hold. Sources: reliability F2-F4, section 3.7."""

    max_bytes: int = 16_384
    """Longest message; a ballot of 64 options has about 3 kB. Longer closes with 1009."""
    texts_per_second: float = 5.0
    text_burst: int = 20
    """Messages beyond the bucket are answered "too-fast"; three in a row close with 1008."""
    frames_per_second: int = 50
    """Frames of any kind; more is a flood and the connection is cut."""
    fragments: int = 16
    """Parts one message may come in; more is cut: empty parts would never reach ``max_bytes``."""
    strikes: int = 3
    replies: int = 32
    """Answers kept for a peer that reads slowly; one more closes with 4008."""
    behind_seconds: float = 20.0
    """How long a peer may leave its buffer full before the connection is cut."""
    ping_seconds: float = 15.0
    """Silence after which the peer is asked whether it lives."""
    pong_seconds: float = 10.0
    """Further silence after which the connection is cut."""
    closing_seconds: float = 3.0
    """How long the peer may take to confirm a close."""


class Line(msgspec.Struct, frozen=True):
    """Who stands ready in a room: those with a socket of their own, their descriptors, the others."""

    direct: "tuple[Viewer, ...]"
    descriptors: "array[int]"
    others: "tuple[Viewer, ...]"


class Room:
    """Viewers of one thing, and the latest frame about it; only that frame is ever owed to anybody."""

    __slots__ = ("_line", "behind", "frame", "name", "payload", "ready", "revision")

    def __init__(self, name: str) -> None:
        self.name = name
        self.payload: bytes | None = None
        self.frame: bytes | None = None
        self.revision = 0
        self.ready: dict[Viewer, None] = {}
        self.behind = 0
        self._line: Line | None = None

    @property
    def members(self) -> int:
        """How many viewers are in the room, ready or behind."""
        return len(self.ready) + self.behind

    @property
    def line(self) -> Line:
        """Who can take a frame now; lined up anew only after somebody came or went.

        Whoever leaves is out of line at once: its descriptor may soon be somebody else's.
        """
        if self._line is None:
            direct = tuple(viewer for viewer in self.ready if viewer.descriptor >= 0)
            others = tuple(viewer for viewer in self.ready if viewer.descriptor < 0)
            descriptors = array("i", [viewer.descriptor for viewer in direct])
            self._line = Line(direct, descriptors, others)
        return self._line

    def add(self, viewer: "Viewer") -> None:
        """This viewer can take frames now."""
        self.ready[viewer] = None
        self._line = None

    def remove(self, viewer: "Viewer") -> bool:
        """This viewer can take no more frames; whether it could."""
        self._line = None
        return self.ready.pop(viewer, self) is None


class Viewer:
    """One connection; subclasses say how bytes travel.

    Args:
        who: Opaque to the wire: the visit, its language, whatever the endpoint needs later.
        limits: What the peer may do.
        on_text: Called with every whole text message, as UTF-8 bytes.
        on_junk: Called with "binary" or "too-fast" for what is not a message.
        on_leave: Called once, after the connection has gone.
    """

    __slots__ = (
        "_missed",
        "_tokens",
        "_tokens_at",
        "behind_at",
        "is_gone",
        "limits",
        "on_junk",
        "on_leave",
        "on_text",
        "rooms",
        "strikes",
        "who",
    )

    def __init__(
        self,
        who: object,
        limits: Limits,
        *,
        on_text: "Callable[[Viewer, bytes], None]",
        on_junk: "Callable[[Viewer, str], None]",
        on_leave: "Callable[[Viewer], None] | None" = None,
    ) -> None:
        self.who = who
        self.limits = limits
        self.on_text = on_text
        self.on_junk = on_junk
        self.on_leave = on_leave
        self.rooms: tuple[Room, ...] = ()
        self.behind_at: float | None = None
        self._missed: dict[Room, int] | None = None  # while behind: the revision seen last
        self.is_gone = False
        """Dropped by the hub for good; answers and joins that come later do nothing."""
        self.strikes = 0
        self._tokens: float = limits.text_burst
        self._tokens_at = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether the peer has not taken what was written last; nothing more is written until then."""
        return self.behind_at is not None

    descriptor: int = -1
    """Of the plain socket this viewer's frames may be sent to directly while it is ready; or -1."""

    @property
    def outlet(self) -> Outlet:
        """What takes a frame for this viewer without ever waiting."""
        raise NotImplementedError

    def opened(self) -> None:
        """The greeting and the first frames have been said; they may travel together."""

    def reply(self, payload: bytes) -> None:
        """Send a text to this viewer alone; answers keep their order and none is skipped."""
        raise NotImplementedError

    def close(self, code: int, reason: str = "") -> None:
        """Leave every room and end the connection with this close code."""
        raise NotImplementedError

    def abort(self) -> None:
        """Let go of a peer that does not read; no goodbye would reach it."""
        raise NotImplementedError

    def keep_alive(self, now: float) -> float | None:  # noqa: ARG002 - for those whose transport asks nobody
        """Ask a silent peer whether it lives, cut a dead one; seconds until the next look, or None."""
        return None

    # --- what the peer says ---

    def heard(self, payload: bytes) -> None:
        """Hand a whole text message to the endpoint, unless the peer speaks too fast."""
        if self._is_too_fast():
            self.junk("too-fast")
            return
        if not _is_utf8(payload):
            self.close(Close.BAD_UTF8)
            return
        strikes = self.strikes
        try:
            self.on_text(self, payload)
        except Exception:
            logger.exception("A message could not be handled")
            self.close(Close.BUG)
        if self.strikes == strikes:
            self.strikes = 0

    def junk(self, kind: str) -> None:
        """Have an unreadable frame answered; the third in a row closes the connection."""
        try:
            self.on_junk(self, kind)
        except Exception:
            logger.exception("An unreadable frame could not be answered")
            self.close(Close.BUG)
        self.strike(Close.TOO_FAST if kind == "too-fast" else Close.JUNK)

    def strike(self, code: int = Close.JUNK) -> None:
        """Count one unreadable frame; frame layers call it for text that is not a known message."""
        self.strikes += 1
        if self.strikes >= self.limits.strikes:
            self.close(code)

    def _is_too_fast(self) -> bool:
        now = monotonic()
        earned = (now - self._tokens_at) * self.limits.texts_per_second
        tokens = min(float(self.limits.text_burst), self._tokens + earned)
        self._tokens_at = now
        if tokens < 1.0:
            self._tokens = tokens
            return True
        self._tokens = tokens - 1.0
        return False

    # --- what the peer misses while it does not read ---

    def fall_behind(self, now: float) -> None:
        """Note which revision of each room was handed over last; later ones wait."""
        self.behind_at = now
        missed = self._missed
        if missed is None:
            missed = self._missed = {}
        for room in self.rooms:
            if room.remove(self):
                room.behind += 1
                missed[room] = room.revision

    def catch_up(self) -> None:
        """Hand over the latest frame of every room that moved on meanwhile.

        A room that got its frame goes to the end of the line, so a peer that can take one frame at
        a time still sees all of its rooms. Stops as soon as the peer is behind again.
        """
        self.behind_at = None
        missed = self._missed or {}
        for room, seen in list(missed.items()):
            if seen == room.revision or room.frame is None:
                continue
            del missed[room]
            missed[room] = room.revision
            self.outlet(room.frame)
            if self.is_behind:
                return
        self._missed = None
        for room in self.rooms:
            room.behind -= 1
            room.add(self)

    def enter(self, room: Room) -> None:
        """Join a room; its latest frame is owed at once."""
        if room in self.rooms:
            return
        self.rooms = _with(self.rooms, room)
        if self._missed is not None:
            self._missed[room] = NEVER
            room.behind += 1
            return
        room.add(self)
        if room.frame is not None:
            self.outlet(room.frame)

    def exit(self, room: Room) -> None:
        """Leave a room, if in it."""
        if room not in self.rooms:
            return
        self.rooms = _without(self.rooms, room)
        if not room.remove(self):
            room.behind -= 1
        if self._missed is not None:
            self._missed.pop(room, None)


# Thousands are in the same few rooms: they share the tuples.


@lru_cache(_KNOWN_COMBINATIONS)
def _with(rooms: tuple[Room, ...], room: Room) -> tuple[Room, ...]:
    return (*rooms, room)


@lru_cache(_KNOWN_COMBINATIONS)
def _without(rooms: tuple[Room, ...], room: Room) -> tuple[Room, ...]:
    return tuple(one for one in rooms if one is not room)


def _is_utf8(payload: bytes) -> bool:
    if payload.isascii():
        return True
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
