"""Keeps what this process's viewers say of their delay where every process finds it at a close."""

import asyncio
import logging
import secrets
from typing import Final

from expo.clock import Now
from expo.db import Database
from expo.errors import Fault
from sessions.streams import store
from sessions.streams.delays import DelayBook

logger = logging.getLogger(__name__)

_EVERY: Final = 5.0  # seconds between two notes


class DelayFollower:
    """One per process; run it under the supervisor.

    Args:
        database: Where all processes look.
        book: What this one's viewers said.
        now: The clock.
    """

    def __init__(self, database: Database, book: DelayBook, now: Now) -> None:
        self._database = database
        self._book = book
        self._now = now
        self._node = secrets.token_hex(8)

    async def run(self) -> None:
        """Note every few seconds until cancelled."""
        while True:
            try:
                await self.note()
            except Fault:
                logger.warning("The delays of viewers could not be noted; the next time will do")
            await asyncio.sleep(_EVERY)

    async def note(self) -> None:
        """Write down the last minute, if anybody said anything in it.

        Raises:
            Fault: The database failed.
        """
        delays = self._book.lately(self._now())
        if delays:
            async with self._database.write() as tx:
                await store.note(tx, self._node, delays, self._now())
