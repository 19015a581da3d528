"""Asks again, now and then, whether the visits behind open sockets still stand.

Revoking and leaving close the sockets of this process at once and tell the other nodes; this finds
what that cannot: a visit that ended on another node, one whose time is up, one that ended while its
handshake was under way, and one whose person became somebody else there (a demoted organiser).
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
from expo.rights import Role
from expo.wire.codes import Close
from expo.wire.hub import Hub
from expo.wire.notifier import LocalNotifier, Notifier, heard

logger = logging.getLogger(__name__)

TOPIC: Final = "visits"
SECONDS: Final = 30.0  # between two looks; a visit that is over is heard for at most this long
_LEAST_SECONDS: Final = 1.0  # the same, when told: at a full door visits end all the time
_AT_ONCE: Final = 500  # visits asked about in one statement; the loop breathes in between
_Standing = tuple[Role, str | None, str | None]
"""Role, electorate and entity."""


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
        """Close the sockets of visits that are over, and of people who are something else by now.

        Raises:
            Fault: The database cannot be read; nothing was closed.
        """
        over: set[VisitId] = set()
        come_again: set[VisitId] = set()
        for some in self._connected():
            async with self._database.read() as tx:
                now = await store.standing(tx, some.keys(), self._now())
                if gone := some.keys() - now.keys():
                    over |= gone
                    come_again |= await store.given_up(tx, gone)
            come_again |= {id_ for id_, is_ in now.items() if some[id_] != {is_}}
        # Who left, came in anew or was changed elsewhere may come back as whoever the cookie now says.
        self._end_sockets(frozenset(come_again), Close.CHANGED)
        self._end_sockets(frozenset(over - come_again), Close.REVOKED)

    def _connected(self) -> Iterator[dict[VisitId, set[_Standing]]]:
        """The visits that have a socket, as what their people came, a few hundred at a time."""
        known: dict[VisitId, set[_Standing]] = {}
        for viewer in self._hub.viewers():
            visit = visit_of(viewer.who)
            if visit is not None and visit.id is not None and (person := visit.person) is not None:
                came = (person.role, person.electorate, person.entity)
                known.setdefault(visit.id, set()).add(came)
        ids = sorted(known)
        for first in range(0, len(ids), _AT_ONCE):
            yield {one: known[one] for one in ids[first : first + _AT_ONCE]}
