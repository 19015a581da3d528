"""Writes down, every second while ballots arrive, what was noted about them; forgets in time."""

import logging
from time import monotonic
from typing import Final

from expo.errors import Fault
from expo.wire.notifier import Notifier, heard
from voting.integrity.usecases import FairPlay
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

_SECONDS: Final = 1.0
_IDLE_SECONDS: Final = 60.0
_FORGET_SECONDS: Final = 600.0


class ArrivalsFollower:
    """One per node: each writes what it saw itself.

    Args:
        fair_play: Has the notes.
        notifier: Says when a contest moves.
    """

    def __init__(self, fair_play: FairPlay, notifier: Notifier) -> None:
        self._fair_play = fair_play
        self._notifier = notifier
        self._forget_at = 0.0

    async def run(self) -> None:
        """Follow until cancelled."""
        async with self._notifier.listen(ANY_CONTEST) as event:
            while True:
                event.clear()
                await self.look()
                if self._fair_play.is_at_work:
                    await heard(event, _SECONDS, least=_SECONDS)
                else:
                    await heard(event, _IDLE_SECONDS)

    async def look(self) -> None:
        """Write what there is, now and then forget what is due."""
        try:
            if self._fair_play.is_at_work:
                await self._fair_play.keep()
            if monotonic() >= self._forget_at:
                await self._fair_play.forget()
                self._forget_at = monotonic() + _FORGET_SECONDS
        except Fault:
            logger.warning("What was noted about arrivals waits for the database")
