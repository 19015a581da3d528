"""The organiser who is not there: runs the show by its programme until somebody takes over."""

import asyncio
import contextlib
import logging
from typing import Final

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from expo.clock import Now
from sessions.orders import Kind
from sessions.protocol import ControlView
from sessions.rehearsal.direction import next_order, taken_over
from sessions.rehearsal.door import Door, TurnedAway

LABEL: Final = "Rehearsal director"
"""How the staff log names it."""

_LOOK_SECONDS: Final = 1.0
_REVEAL_SECONDS: Final = 5.0  # between two places: long enough to read a name
_RECONNECT_SECONDS: Final = 2.0

logger = logging.getLogger(__name__)


class Director:
    """Follows the control room over its own socket and gives orders over its own form.

    Args:
        door: Where the server is.
        cookies: Of an organiser's visit, whose label is `LABEL`.
        now: The show's clock.
    """

    def __init__(self, door: Door, cookies: str, now: Now) -> None:
        self._door = door
        self._cookies = cookies
        self._now = now
        self._since = now()
        self._view: ControlView | None = None

    async def run(self) -> None:
        """Direct until cancelled, or until somebody else has given an order."""
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch())
            await self._direct()
            watching.cancel()

    async def _watch(self) -> None:
        url = self._door.url.replace("http", "ws", 1) + "/live/staff"
        headers = {"origin": self._door.origin, "cookie": self._cookies}
        while True:
            with contextlib.suppress(OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                async with connect(url, additional_headers=headers, proxy=None) as socket:
                    async for message in socket:
                        self._take(message)
            await asyncio.sleep(_RECONNECT_SECONDS)

    def _take(self, message: str | bytes) -> None:
        frame = msgspec.json.decode(message)
        if frame["type"] == "control":
            self._view = msgspec.convert(frame, ControlView)

    async def _direct(self) -> None:
        while True:
            view, wait = self._view, _LOOK_SECONDS
            if view is not None:
                other = taken_over(view, director=LABEL, since=self._since)
                if other is not None:
                    logger.info("An organiser has taken over the rehearsal")
                    return
                order = next_order(view, self._now())
                if order is not None:
                    with contextlib.suppress(TurnedAway):  # somebody was faster: look again
                        await self._door.order(self._cookies, msgspec.to_builtins(order))
                    wait = _REVEAL_SECONDS if order.kind is Kind.REVEAL else _LOOK_SECONDS
            await asyncio.sleep(wait)
