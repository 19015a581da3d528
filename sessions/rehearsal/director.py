"""The organiser who is not there: runs the show by its programme until somebody takes over."""

import asyncio
import contextlib
import logging
from typing import Final

import httpx2

from expo.clock import Now
from sessions.orders import Kind
from sessions.rehearsal.control_room import ControlRoom
from sessions.rehearsal.direction import next_order, taken_over
from sessions.rehearsal.door import Door, TurnedAway

LABEL: Final = "Rehearsal director"
"""How the staff log names it."""

_LOOK_SECONDS: Final = 1.0
_REVEAL_SECONDS: Final = 5.0  # between two places: long enough to read a name

logger = logging.getLogger(__name__)


class Director:
    """Follows the control room over its own socket and gives orders over its own form.

    Args:
        door: Where the server is.
        cookies: Of an organiser's visit, whose label is `LABEL`.
        now: The show's clock.
        pace: How much faster than a show; 1 for people who watch.
    """

    def __init__(self, door: Door, cookies: str, now: Now, *, pace: float = 1.0) -> None:
        self._room = ControlRoom(door, cookies)
        self._now = now
        self._since = now()
        self._pace = pace

    async def run(self) -> None:
        """Direct until cancelled, or until somebody else has given an order."""
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._room.watch())
            await self._direct()
            watching.cancel()

    async def _direct(self) -> None:
        while True:
            view, wait = self._room.view, _LOOK_SECONDS
            if view is not None:
                if taken_over(view, director=LABEL, since=self._since) is not None:
                    logger.info("An organiser has taken over the rehearsal")
                    return
                order = next_order(view, self._now())
                if order is not None:
                    # Somebody was faster, or the server is on its way down: look again.
                    with contextlib.suppress(TurnedAway, httpx2.TransportError):
                        await self._room.order(order)
                    wait = _REVEAL_SECONDS if order.kind is Kind.REVEAL else _LOOK_SECONDS
            await asyncio.sleep(wait / self._pace)
