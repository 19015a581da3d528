"""Tells whoever follows a session what is asked in it, and desks that something has moved.

Frames are whole states; a room gets one only when something in it changed, at most twice a second
(rulings 7). Rooms in which nobody is are not looked at.
"""

import logging
from typing import Final

import msgspec

from expo.errors import Fault
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier, heard
from sessions.questions.protocol import DESK, QuestionDesk, room_of
from sessions.questions.usecases import TOPIC, Questions
from sessions.show_follower import StateRooms
from sessions.usecases import Show

logger = logging.getLogger(__name__)

SECONDS: Final = 0.5
"""Between two frames of a room, and until a change is seen that nobody announced."""


class QuestionsFollower:
    """One per process; run it under the supervisor."""

    def __init__(self, questions: Questions, show: Show, hub: Hub, notifier: Notifier) -> None:
        self._questions = questions
        self._show = show
        self._hub = hub
        self._notifier = notifier
        self._rooms = StateRooms(hub)
        self._desks: dict[str, int] = {}

    async def run(self) -> None:
        """Follow until cancelled."""
        async with self._notifier.listen(TOPIC) as bell:
            while True:
                bell.clear()
                await self.look()
                await heard(bell, SECONDS, least=SECONDS)

    async def look(self) -> None:
        """Look once, and publish what is new."""
        try:
            await self._questions.refresh()
        except Fault:
            logger.warning("Questions could not be looked at; pages keep their last state")
            return
        for session in self._show.programme.sessions:
            self._tell(session.id)
            self._ring(session.id)

    def _tell(self, session: str) -> None:
        """Publish a session's questions to those who follow them, if anything in them is news."""
        room = room_of(session)
        if self._rooms.is_followed(room):
            state = self._questions.public(session)
            self._rooms.offer(room, state, state)

    def _ring(self, session: str) -> None:
        version = self._questions.version(session)
        if self._desks.get(session, 0) != version:
            self._desks[session] = version
            frame = QuestionDesk(session, version, self._questions.waiting(session))
            self._hub.publish(DESK, msgspec.json.encode(frame))
