"""Asks again, now and then, whether the visits behind open sockets still stand.

Revoking and leaving close sockets at once; this finds what that cannot: a visit whose time is up,
one that ended in another process, and one that ended while its handshake was under way.
"""

import asyncio
import logging
from collections.abc import Iterator
from typing import Final

from expo.clock import Now
from expo.db import Database
from expo.errors import Fault
from expo.identity import store
from expo.identity.people import VisitId
from expo.identity.usecases import closing_through, visit_of
from expo.wire.codes import Close
from expo.wire.hub import Hub

logger = logging.getLogger(__name__)

SECONDS: Final = 30.0  # between two looks; a visit that is over is heard for at most this long
_AT_ONCE: Final = 500  # visits asked about in one statement; the loop breathes in between


class VisitsFollower:
    """One per process, in the process that holds the hub.

    Args:
        database: Where visits are kept.
        hub: Has the sockets; a viewer's ``who`` is or has a visit.
        now: The clock.
    """

    def __init__(self, database: Database, hub: Hub, now: Now) -> None:
        self._database = database
        self._hub = hub
        self._now = now
        self._end_sockets = closing_through(hub)

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await asyncio.sleep(SECONDS)
            try:
                await self.look()
            except Fault:
                logger.warning("Visits could not be looked up; their sockets stay for now")

    async def look(self) -> None:
        """Close the sockets of visits that are over.

        Raises:
            Fault: The database cannot be read; nothing was closed.
        """
        over: set[VisitId] = set()
        for some in self._connected():
            async with self._database.read() as tx:
                over |= some - await store.standing(tx, some, self._now())
        self._end_sockets(frozenset(over), Close.REVOKED)

    def _connected(self) -> Iterator[frozenset[VisitId]]:
        """The visits that have a socket, a few hundred at a time."""
        visits = (visit_of(viewer.who) for viewer in self._hub.viewers())
        known = sorted({visit.id for visit in visits if visit is not None and visit.id is not None})
        for first in range(0, len(known), _AT_ONCE):
            yield frozenset(known[first : first + _AT_ONCE])
