"""Keeps the presenters' consoles up to date: looks when told, and twice a second anyway.

Only consoles somebody looks at are made; a frame goes out when something on one has changed.
"""

import logging
from typing import Final

import msgspec

from expo.errors import Fault
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier, heard, listening
from sessions.presenting.protocol import room_of
from sessions.presenting.usecases import TOPIC, Presenting
from sessions.programme import Session
from sessions.questions.usecases import TOPIC as QUESTIONS
from sessions.show_follower import StateRooms
from sessions.usecases import TOPIC as SHOW
from sessions.usecases import Show

logger = logging.getLogger(__name__)

SECONDS: Final = 0.5
"""Until a change is seen that nobody announced, e.g. that the time is up."""
LEAST: Final = 0.25
"""Between two looks: the rate of staff rooms (rulings 7)."""


class ConsoleFollower:
    """One per process; run it under the supervisor."""

    def __init__(self, presenting: Presenting, show: Show, hub: Hub, notifier: Notifier) -> None:
        self._presenting = presenting
        self._show = show
        self._notifier = notifier
        self._rooms = StateRooms(hub)

    async def run(self) -> None:
        """Follow until cancelled."""
        async with listening(self._notifier, TOPIC, SHOW, QUESTIONS) as bell:
            while True:
                bell.clear()
                await self.look()
                await heard(bell, SECONDS, least=LEAST)

    async def look(self) -> None:
        """Look once, and publish what is new."""
        sessions = self._show.programme.sessions
        followed = [one for one in sessions if self._rooms.is_followed(room_of(one.id))]
        if not followed:
            return
        try:
            await self._show.refresh()
            await self._presenting.refresh()
        except Fault:
            logger.warning("Consoles could not be looked at; they keep their last state")
            return
        for session in followed:
            self._tell(session)

    def _tell(self, session: Session) -> None:
        state = self._presenting.console(session)
        still = msgspec.structs.replace(state, server_at=None)
        self._rooms.offer(room_of(session.id), still, state)
