"""Rooms of viewers: one frame made once, the same bytes for everybody, nobody waited for.

The hub never awaits a viewer and never queues for one: a viewer whose buffer is full is *behind*,
and when it has drained it is given the latest frame of each room that moved on (whole states with a
position, so what was skipped is not missed). One stalled phone costs the others nothing (F3).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Final

import msgspec

from expo.wire.beat import at_the_latest
from expo.wire.burst import COMPILED, Burst
from expo.wire.framing import frame
from expo.wire.viewer import Limits, Room, Viewer

_TICK_SECONDS: Final = 1.0  # pings and reaping are late by at most this


class Counters(msgspec.Struct):
    """What happened since start, for the metrics page."""

    sent: int = 0
    """Frames handed to viewers by `Hub.publish`."""
    coalesced: int = 0
    """Frames a viewer that was behind never needed."""
    shed: int = 0
    """Connections cut: behind too long, dead, or flooding."""
    replies: int = 0
    replies_dropped: int = 0
    """Answers lost because their connection closed with 4008; the peer asks again."""
    connections: int = 0
    """Viewers ever admitted."""


class Hub:
    """All viewers of this process, by room. Everything here belongs to the loop's thread.

    Args:
        limits: What one peer may do.
        burst: Sends one frame to many sockets; None writes to one after the other.
    """

    def __init__(self, limits: Limits | None = None, *, burst: Burst | None = COMPILED) -> None:
        self._burst = burst
        self.limits: Final = limits or Limits()
        self.counters: Final = Counters()
        self.refused: Final[Counter[str]] = Counter()
        """Handshakes refused since start, by reason; see `expo.wire.handshake`."""
        self._rooms: dict[str, Room] = {}
        self._viewers: dict[Viewer, None] = {}
        self._looks: dict[int, list[Viewer]] = {}  # by the second of the clock they are due in
        self._timer: asyncio.TimerHandle | None = None

    @property
    def connected(self) -> int:
        """How many viewers are connected now."""
        return len(self._viewers)

    def admit(self, viewer: Viewer) -> None:
        """Count a viewer in, before it joins any room; one that has gone stays gone."""
        if viewer not in self._viewers and not viewer.is_gone:
            self._viewers[viewer] = None
            self.counters.connections += 1
            self._look_at(viewer, monotonic())

    def join(self, viewer: Viewer, room: str) -> None:
        """Put a viewer into a room; the room's latest frame, if any, is sent at once.

        A use case may finish after its viewer has left; then nothing happens.
        """
        self.admit(viewer)
        if not viewer.is_gone:
            viewer.enter(self._room(room))

    def leave(self, viewer: Viewer, room: str) -> None:
        """Take a viewer out of one room."""
        found = self._rooms.get(room)
        if found is not None:
            viewer.exit(found)
            self._tidy(found)

    def drop(self, viewer: Viewer) -> None:
        """Take a viewer out of the hub; harmless when it has gone already."""
        viewer.is_gone = True
        self._viewers.pop(viewer, None)
        for room in viewer.rooms:
            viewer.exit(room)
            self._tidy(room)

    def publish(self, room: str, payload: bytes) -> None:
        """Hand a JSON text to everybody in the room who can take it now, and keep it as the latest."""
        found = self._room(room)
        found.payload = payload
        found.frame = data = frame(payload)
        found.revision += (
            1  # before writing: a viewer that falls behind now has been given this one
        )
        self.counters.coalesced += found.behind
        line = found.line
        self.counters.sent += len(found.ready)
        for viewer in line.others:
            viewer.outlet(data)
        if self._burst is None:
            for viewer in line.direct:
                viewer.outlet(data)
            return
        for place, taken in self._burst(line.descriptors, data):
            line.direct[place].outlet(data[taken:])

    def latest(self, room: str) -> bytes | None:
        """The last payload published to a room, or None."""
        found = self._rooms.get(room)
        return found.payload if found else None

    def forget(self, room: str) -> None:
        """Delete a room's latest frame: who joins or catches up later is sent nothing."""
        found = self._rooms.get(room)
        if found is not None:
            found.payload = found.frame = None
            found.revision += 1
            self._tidy(found)

    def members(self, room: str) -> int:
        """How many viewers are in a room."""
        found = self._rooms.get(room)
        return found.members if found else 0

    def rooms(self) -> Mapping[str, int]:
        """How many viewers are in each room; one viewer may be in several."""
        return {name: room.members for name, room in self._rooms.items()}

    def viewers(self) -> Iterable[Viewer]:
        """Everybody connected now, in order of arrival; a snapshot."""
        return tuple(self._viewers)

    def close_where(self, predicate: Callable[[object], bool], code: int) -> int:
        """Close the viewers whose ``who`` the predicate names, e.g. of a revoked pass; how many."""
        chosen = [viewer for viewer in self._viewers if predicate(viewer.who)]
        for viewer in chosen:
            viewer.close(code)
        return len(chosen)

    def reap(self, now: float | None = None) -> int:
        """Cut the viewers that have been behind for too long; how many."""
        limit = (monotonic() if now is None else now) - self.limits.behind_seconds
        stuck = [v for v in self._viewers if v.behind_at is not None and v.behind_at < limit]
        for viewer in stuck:
            self.cut(viewer)
        return len(stuck)

    def cut(self, viewer: Viewer) -> None:
        """Let go of a viewer that is stuck, dead or flooding."""
        self.counters.shed += 1
        self.drop(viewer)
        viewer.abort()

    def watch(self) -> None:
        """Start the one timer that pings and reaps for all viewers; it ends with the last of them."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(at_the_latest(loop.time(), _TICK_SECONDS), self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = monotonic()
        self.reap(now)
        for second in [second for second in self._looks if second <= now]:
            for viewer in self._looks.pop(second):
                self._look_at(viewer, now)
        if self._viewers:
            self.watch()
        else:
            self._looks.clear()

    def _look_at(self, viewer: Viewer, now: float) -> None:
        """Ask or cut a silent peer; whoever speaks is looked at again when it could be silent."""
        if not viewer.is_gone and (seconds := viewer.keep_alive(now)) is not None:
            self._looks.setdefault(int(now + seconds), []).append(viewer)

    def _room(self, name: str) -> Room:
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room(name)
        return room

    def _tidy(self, room: Room) -> None:
        if room.payload is None and not room.members:
            self._rooms.pop(room.name, None)
