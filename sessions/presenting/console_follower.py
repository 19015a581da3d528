"""Keeps the presenters' consoles up to date: looks when told, and twice a second anyway.

Only consoles somebody looks at are made; a frame goes out when something on one has changed.
"""

import logging
from functools import partial
from typing import Final

import msgspec

from expo.errors import Fault
from expo.rights import Action, may_with
from expo.wire.codes import Close
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier, heard, listening
from sessions.frames import Caller
from sessions.presenting.protocol import room_of
from sessions.presenting.usecases import TOPIC, Presenting
from sessions.programme import Session
from sessions.questions.usecases import TOPIC as QUESTIONS
from sessions.screens import console_line
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
        self._hub = hub
        self._led: dict[str, str | None] = {}
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
            self._turn_out(session)
            self._tell(session)

    def _turn_out(self, session: Session) -> None:
        """Close the consoles of a session that is another team's since they were opened."""
        if self._led.get(session.id, "") != session.entity:
            self._led[session.id] = session.entity
            self._hub.close_where(partial(_is_others, session), Close.NOT_ALLOWED)

    def _tell(self, session: Session) -> None:
        state = self._presenting.console(session)
        still = msgspec.structs.replace(state, server_at=None)
        self._rooms.offer(room_of(session.id), still, state)


def _is_others(session: Session, who: object) -> bool:
    """Whether this is a console of the session in the hands of somebody it is not for."""
    if not isinstance(who, Caller) or who.screen != console_line(session.id):
        return False
    return not may_with(who.visit.person, Action.PRESENT, session.entity)
