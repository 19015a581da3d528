"""The control room from far away: its latest frame over a socket, its buttons over HTTP."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import httpx2
import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from sessions.orders import NEEDS_CONFIRMATION, OF_SESSION, Kind, Order
from sessions.protocol import ControlView, RundownLine
from sessions.rehearsal.door import Door, TurnedAway

_RECONNECT_SECONDS: Final = 0.5
_PRESS_AGAIN_SECONDS: Final = 1.0  # when what was ordered does not show by then

Seen = Callable[[ControlView, RundownLine], bool]
"""Whether a session stands as wanted."""


class ControlRoom:
    """Sees what an organiser sees, and presses what an organiser presses.

    Args:
        door: Where the server is.
        cookies: Of an organiser's visit.
    """

    def __init__(self, door: Door, cookies: str) -> None:
        self.view: ControlView | None = None
        """As last heard; None before the first frame."""
        self._door = door
        self._cookies = cookies
        self._heard = asyncio.Event()

    async def watch(self) -> None:
        """Follow until cancelled; a lost connection is made again."""
        url = self._door.url.replace("http", "ws", 1) + "/live/staff"
        headers = {"origin": self._door.origin, "cookie": self._cookies}
        while True:
            with contextlib.suppress(OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                async with connect(url, additional_headers=headers, proxy=None) as socket:
                    async for message in socket:
                        self._take(message)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def order(self, order: Order) -> None:
        """Give an order.

        Raises:
            TurnedAway: It was refused.
            httpx2.TransportError: Nobody answered; it may have been carried out.
        """
        await self._door.order(self._cookies, msgspec.to_builtins(order))

    async def press(self, session: str, kind: Kind, until: Seen) -> None:
        """Order something about a session or its contest, again if need be, until it shows.

        An old version, a lost answer and a server that is just starting again are no obstacles.
        """
        while not self._shows(session, until):
            line = self._line(session)
            if line is not None and (kind in OF_SESSION or line.contest is not None):
                with contextlib.suppress(TurnedAway, httpx2.TransportError):
                    await self.order(_order(kind, line))
            await self._news(_PRESS_AGAIN_SECONDS)

    async def until(self, session: str, wanted: Seen) -> None:
        """Wait until a session stands as wanted."""
        while not self._shows(session, wanted):
            await self._news(_PRESS_AGAIN_SECONDS)

    def _shows(self, session: str, wanted: Seen) -> bool:
        line = self._line(session)
        return self.view is not None and line is not None and wanted(self.view, line)

    def _line(self, session: str) -> RundownLine | None:
        lines = self.view.sessions if self.view else ()
        return next((line for line in lines if line.id == session), None)

    async def _news(self, seconds: float) -> None:
        """Wait for the next frame, or so long."""
        self._heard.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard.wait()

    def _take(self, message: str | bytes) -> None:
        frame = msgspec.json.decode(message)
        if frame["type"] == "control":
            self.view = msgspec.convert(frame, ControlView)
            self._heard.set()


def _order(kind: Kind, line: RundownLine) -> Order:
    """The press, with every question answered yes: a rehearsal has no officers who decide."""
    confirmed = kind in NEEDS_CONFIRMATION
    if kind in OF_SESSION or line.contest is None:
        return Order(kind, version=line.version, session=line.id, confirmed=confirmed)
    contest = line.contest
    order = Order(kind, version=contest.version, contest=contest.id, confirmed=confirmed)
    return msgspec.structs.replace(order, may_stay_held=kind is Kind.REVIEW)
