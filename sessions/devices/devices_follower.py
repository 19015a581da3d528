"""Tells every device what is set about it, and those with a scene of their own what they show.

A device hears either the stage's room or its own: it is moved between them when that is set, wherever
it is connected. Frames are whole states and follow each other at most twice a second (rulings 7).
"""

import asyncio
import logging
from typing import Final

from expo.errors import Fault
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier, heard, listening
from sessions.devices.protocol import device_state
from sessions.devices.usecases import TOPIC, Devices
from sessions.devices.values import Device
from sessions.frames import Caller
from sessions.screens import device_of, device_room, stage_room
from sessions.show_follower import PUBLIC_SECONDS, STAGE, StateRoom, still
from sessions.usecases import TOPIC as SHOW
from sessions.usecases import Show

logger = logging.getLogger(__name__)

_TICK_SECONDS: Final = 0.5  # how late a change is seen that nobody announced


class DevicesFollower:
    """One per process; run it under the supervisor."""

    def __init__(self, devices: Devices, show: Show, hub: Hub, notifier: Notifier) -> None:
        self._devices = devices
        self._show = show
        self._hub = hub
        self._notifier = notifier
        self._stages: dict[str, StateRoom] = {}
        self._own: dict[str, StateRoom] = {}
        self._moved_for: tuple[Device, ...] = ()

    async def run(self) -> None:
        """Follow until cancelled."""
        async with listening(self._notifier, TOPIC, SHOW) as bell:
            while True:
                bell.clear()
                await self.look()
                await heard(bell, _TICK_SECONDS, least=PUBLIC_SECONDS)

    async def look(self) -> None:
        """Look once, and publish what is new."""
        try:
            await self._devices.refresh()
        except Fault:
            logger.warning("Devices could not be looked at; they keep their last state")
            return
        if self._moved_for != self._devices.known:
            self._moved_for = self._devices.known
            self._move()
        now = asyncio.get_running_loop().time()
        for device in self._devices.known:
            self._tell(device.id, now)

    def _tell(self, device: str, now: float) -> None:
        state = device_state(self._devices.of(device))
        room = self._own.setdefault(device, StateRoom(device_room(device), PUBLIC_SECONDS))
        room.offer(self._hub, state, state, now)
        if self._devices.scene_of(device) is not None:
            stage = self._show.stage(device)
            own = self._stages.setdefault(device, StateRoom(stage_room(device), PUBLIC_SECONDS))
            own.offer(self._hub, still(stage), stage, now)
        elif (old := self._stages.pop(device, None)) is not None:
            old.empty(self._hub)

    def _move(self) -> None:
        """Let every device hear its own stage, or the one of all."""
        for viewer in self._hub.viewers():
            if not isinstance(viewer.who, Caller) or viewer.who.screen is None:
                continue
            device = device_of(viewer.who.screen)
            has_own = self._devices.scene_of(device) is not None
            here, there = (stage_room(device), STAGE) if has_own else (STAGE, stage_room(device))
            if any(room.name == there for room in viewer.rooms):  # consoles are in neither
                self._hub.leave(viewer, there)
                self._hub.join(viewer, here)
