"""Forgets the addresses of letters whose links open nothing any more."""

import asyncio
import logging
from typing import Final

from expo.clock import Now
from expo.db import Database
from expo.errors import Fault
from expo.identity.signin import store
from expo.wire.ending import heed_cancelling

logger = logging.getLogger(__name__)

_SECONDS: Final = 30.0  # between two looks; an address is kept so much longer than it is needed


class ForgettingFollower:
    """One per process; of several nodes whichever looks first does it.

    Args:
        database: Where letters that were asked for are kept.
        now: The clock.
    """

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self.look()
            except Fault:
                logger.warning("Addresses could not be forgotten yet; trying again")
            heed_cancelling()
            await asyncio.sleep(_SECONDS)

    async def look(self) -> None:
        """Forget what is over.

        Raises:
            Fault: The database failed; nothing was forgotten.
        """
        now = self._now()
        async with self._database.read() as tx:
            if not await store.is_over(tx, now):
                return
        async with self._database.write() as tx:
            await store.forget(tx, now)
