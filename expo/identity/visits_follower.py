"""Asks again, now and then, whether the visits behind open sockets still stand.

Revoking and leaving close the sockets of this process at once and tell the other nodes; this finds
what that cannot: a visit that ended on another node, one whose time is up, and one that ended while
its handshake was under way.
"""

import asyncio
import logging
from collections.abc import Collection, Iterator
from typing import Final

from expo.clock import Now
from expo.db import Database
from expo.errors import Fault
from expo.identity import store
from expo.identity.moves import EndSockets
from expo.identity.people import VisitId
from expo.identity.usecases import closing_through, visit_of
from expo.wire.codes import Close
from expo.wire.hub import Hub
from expo.wire.notifier import LocalNotifier, Notifier, heard

logger = logging.getLogger(__name__)

TOPIC: Final = "visits"
SECONDS: Final = 30.0  # between two looks; a visit that is over is heard for at most this long
_LEAST_SECONDS: Final = 1.0  # the same, when told: at a full door visits end all the time
_AT_ONCE: Final = 500  # visits asked about in one statement; the loop breathes in between


def closing_everywhere(hub: Hub, notifier: Notifier) -> EndSockets:
    """Closes sockets through the hub of this process, and has the other nodes look at theirs."""
    close_here = closing_through(hub)

    def close(ended: Collection[VisitId], code: int) -> None:
        close_here(frozenset(ended), code)
        if ended:
            notifier.notify(TOPIC)

    return close


class VisitsFollower:
    """One per process, in the process that holds the hub.

    Args:
        database: Where visits are kept.
        hub: Has the sockets; a viewer's ``who`` is or has a visit.
        now: The clock.
        notifier: Says when a visit has ended anywhere.
    """

    def __init__(
        self, database: Database, hub: Hub, now: Now, notifier: Notifier | None = None
    ) -> None:
        self._notifier = notifier or LocalNotifier()
        self._database = database
        self._hub = hub
        self._now = now
        self._end_sockets = closing_through(hub)

    async def run(self) -> None:
        """Follow until cancelled."""
        async with self._notifier.listen(TOPIC) as event:
            while True:
                await heard(event, SECONDS)
                event.clear()
                try:
                    await self.look()
                except Fault:
                    logger.warning("Visits could not be looked up; their sockets stay for now")
                await asyncio.sleep(_LEAST_SECONDS)

    async def look(self) -> None:
        """Close the sockets of visits that are over.

        Raises:
            Fault: The database cannot be read; nothing was closed.
        """
        over: set[VisitId] = set()
        given_up: set[VisitId] = set()
        for some in self._connected():
            async with self._database.read() as tx:
                if gone := some - await store.standing(tx, some, self._now()):
                    over |= gone
                    given_up |= await store.given_up(tx, gone)
        # Who left or came in anew elsewhere may come back as whoever the cookie now says.
        self._end_sockets(frozenset(given_up), Close.CHANGED)
        self._end_sockets(frozenset(over - given_up), Close.REVOKED)

    def _connected(self) -> Iterator[frozenset[VisitId]]:
        """The visits that have a socket, a few hundred at a time."""
        visits = (visit_of(viewer.who) for viewer in self._hub.viewers())
        known = sorted({visit.id for visit in visits if visit is not None and visit.id is not None})
        for first in range(0, len(known), _AT_ONCE):
            yield frozenset(known[first : first + _AT_ONCE])
