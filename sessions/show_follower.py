"""Keeps board, screens and control room up to date: looks when told, and twice a second anyway.

Frames are whole states, so looking once too often costs a comparison, and missing a notification
half a second. A room gets a frame only when something in it changed, and never more often than
its rate (rulings 7: public rooms two a second, staff rooms four).
"""

import asyncio
import logging
from typing import Final

import msgspec

from expo.errors import Fault
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier, heard, listening
from sessions.control_view import board_state
from sessions.frames import Caller
from sessions.protocol import ControlView, StageState
from sessions.usecases import TOPIC, Show
from voting.visibility import staff_room
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

BOARD: Final = "board"
STAGE: Final = "stage"
STAFF: Final = "staff"

PUBLIC_SECONDS: Final = 0.5
STAFF_SECONDS: Final = 0.25
_TICK_SECONDS: Final = (
    0.5  # how late a change that nobody announced is seen, e.g. the clock's close
)
_SAVE_SECONDS: Final = 10.0  # what screens say is written at most this often


class StateRoom:
    """One room's last frame, and when the next may follow."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._seconds = seconds
        self._said: bytes | None = None
        self._free_at = 0.0

    def offer(self, hub: Hub, content: msgspec.Struct, frame: msgspec.Struct, now: float) -> float:
        """Publish the frame if its content is news and it is time.

        Args:
            hub: Where the room is.
            content: The frame without what changes by itself, e.g. the server's clock.
            frame: What is sent.
            now: The loop's clock.

        Returns:
            Seconds until it may be offered again, 0 when there is nothing to wait for.
        """
        said = msgspec.json.encode(content)
        if said == self._said:
            return 0.0
        if now < self._free_at:
            return self._free_at - now
        self._said = said
        self._free_at = now + self._seconds
        hub.publish(self._name, msgspec.json.encode(frame))
        return 0.0

    def empty(self, hub: Hub) -> None:
        """Nobody listens: what is old by the time somebody comes must not be sent."""
        if self._said is not None:
            self._said = None
            hub.forget(self._name)


class StateRooms:
    """Rooms of one kind, e.g. one for each session; whoever looks at them keeps their pace."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rooms: dict[str, StateRoom] = {}

    def is_followed(self, name: str) -> bool:
        """Whether somebody is in a room; where nobody is, what was said there is forgotten."""
        if self._hub.members(name):
            return True
        room = self._rooms.pop(name, None)
        if room is not None:
            room.empty(self._hub)
        return False

    def offer(self, name: str, content: msgspec.Struct, frame: msgspec.Struct) -> None:
        """Publish the frame if its content is news in this room; see `StateRoom.offer`."""
        room = self._rooms.setdefault(name, StateRoom(name, 0.0))
        room.offer(self._hub, content, frame, 0.0)


class ShowFollower:
    """One per process; run it under the supervisor."""

    def __init__(self, show: Show, hub: Hub, notifier: Notifier) -> None:
        self._show = show
        self._hub = hub
        self._notifier = notifier
        self._board = StateRoom(BOARD, PUBLIC_SECONDS)
        self._stage = StateRoom(STAGE, PUBLIC_SECONDS)
        self._staff = StateRoom(STAFF, STAFF_SECONDS)
        self._save_at = 0.0
        self._contest: str | None = None

    async def run(self) -> None:
        """Follow until cancelled."""
        async with listening(self._notifier, TOPIC, ANY_CONTEST) as bell:
            while True:
                bell.clear()
                wait = await self.look()
                await heard(bell, wait, least=STAFF_SECONDS)  # every batch of ballots rings it

    async def look(self) -> float:
        """Look at everything once and publish what is new; seconds until the next look is due."""
        now = asyncio.get_running_loop().time()
        try:
            await self._show.refresh()
            await self._show.fill_finals()
            await self._show.look_up_root()
            self._move_desks()
            waits = [
                self._look_at_board(now),
                self._look_at_stage(now),
                await self._look_at_staff(now),
            ]
            if now >= self._save_at:
                self._save_at = now + _SAVE_SECONDS
                await self._show.save_screens()
        except Fault:
            logger.warning("The show could not be looked at; screens keep their last state")
            return _TICK_SECONDS
        return min((wait for wait in waits if wait > 0), default=_TICK_SECONDS)

    def _move_desks(self) -> None:
        """Let every control room hear the contest on the stage, and no other any more."""
        contest = self._show.rundown.stage.contest
        if contest == self._contest:
            return
        for viewer in self._hub.viewers():
            if isinstance(viewer.who, Caller) and viewer.who.is_staff:
                if self._contest is not None:
                    self._hub.leave(viewer, staff_room(self._contest))
                if contest is not None:
                    self._hub.join(viewer, staff_room(contest))
        self._contest = contest

    def _look_at_board(self, now: float) -> float:
        rundown = self._show.rundown
        state = board_state(self._show.board(), rundown.statuses, rundown.stage)
        return self._board.offer(self._hub, state, state, now)

    def _look_at_stage(self, now: float) -> float:
        state = self._show.stage()
        return self._stage.offer(self._hub, still(state), state, now)

    async def _look_at_staff(self, now: float) -> float:
        if not self._hub.members(STAFF):
            self._staff.empty(self._hub)
            return 0.0
        view = await self._show.control()
        return self._staff.offer(self._hub, still(view), view, now)


def still(frame: StageState | ControlView) -> msgspec.Struct:
    """The frame with its clocks stopped."""
    epoch = frame.contest.opened_at if frame.contest else None
    contest = msgspec.structs.replace(frame.contest, server_at=epoch) if frame.contest else None
    if isinstance(frame, StageState):
        return msgspec.structs.replace(frame, contest=contest)
    return msgspec.structs.replace(frame, contest=contest, now_at=None)
