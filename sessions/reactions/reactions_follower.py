"""Puts reactions together every ten seconds."""

import asyncio
import logging

from expo.errors import Fault
from sessions.reactions.usecases import Reactions
from sessions.reactions.values import EVERY_SECONDS

logger = logging.getLogger(__name__)


class ReactionsFollower:
    """One per process; run it under the supervisor."""

    def __init__(self, reactions: Reactions) -> None:
        self._reactions = reactions

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self._reactions.gather()
            except Fault:
                logger.warning("Reactions could not be put together; they are told the next time")
