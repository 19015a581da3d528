"""The end of a contest: everybody casts in its last moments, the organiser closes it and waits.

The organiser is a program on the generator's core that does what the control room's page does:
orders over HTTP, news over ``/live/staff``.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from bench.peers import Server, Stage
from bench.programs import Failed
from bench.scenarios.ballots import Ballots, finished, voters
from sessions.orders import Kind
from sessions.rehearsal.door import Door, TurnedAway

_SETTLE_SECONDS: Final = 0.5
_WAIT_SECONDS: Final = 30.0
_ASK_SECONDS: Final = 0.02
_NO_CONTEST: Final = "only Sawt has contests to close"
_NOT_COUNTED: Final = "the contest was not counted in time"
_DECODER: Final = msgspec.json.Decoder()


class Closing(msgspec.Struct, frozen=True):
    """How the end of one contest went.

    ``shown_ms``: from the organiser's order to close until the exact order of all ballots stood on
    the organiser's screen. ``result_ms``: from the hard close (after it nothing is accepted) until
    the recounted, frozen result was the organiser's to review. ``missing`` ballots are in neither.
    """

    ballots: Ballots
    shown_ms: float
    result_ms: float
    missing: int


def measure(server: Server, people: int, seconds: float) -> Closing:
    """So many voters cast once each in the last seconds of the contest.

    Raises:
        Failed: The contest could not be closed or counted.
    """
    stage = server.stage
    if stage is None:
        raise Failed(_NO_CONTEST)
    with voters(server, people) as crowd:
        crowd.come()
        time.sleep(_SETTLE_SECONDS)
        crowd.begin()
        before = server.cpu()
        crowd.cast(seconds)
        last_cast = time.monotonic() + seconds
        organiser = _Organiser(server, stage, people)
        shown, result, seen = asyncio.run(organiser.close_at(last_cast))
        figures = finished(server, crowd, people, before)
    return Closing(figures, shown * 1000, result * 1000, people - seen)


class _Organiser:
    """One organiser at one contest."""

    def __init__(self, server: Server, stage: Stage, people: int) -> None:
        self._url = f"http://127.0.0.1:{server.port}"
        self._stage = stage
        self._people = people
        self._control: dict[str, Any] = {}
        self._ballots = 0
        self._all_in_at = 0.0
        self._closed = asyncio.Event()
        self._ahead = float("inf")
        """Our clock less the server's, as the quickest frame shows it."""

    async def close_at(self, instant: float) -> tuple[float, float, int]:
        """Close then; seconds until all ballots showed, until the result stood, ballots in it."""
        try:
            async with asyncio.timeout(instant - time.monotonic() + _WAIT_SECONDS):
                async with Door(self._url) as door, self._watching(door) as cookies:
                    await asyncio.sleep(instant - time.monotonic())
                    return await self._close(door, cookies)
        except TimeoutError:
            raise Failed(_NOT_COUNTED) from None

    async def _close(self, door: Door, cookies: str) -> tuple[float, float, int]:
        began = time.monotonic()
        await self._order(door, cookies, Kind.CLOSE)
        all_in_at = await self._closed.wait() and self._all_in_at
        hard_close = datetime.fromisoformat(self._control["hard_close_at"]).timestamp()
        await self._order(door, cookies, Kind.REVIEW)
        result = time.monotonic() - (hard_close + self._ahead)
        return max(0.0, all_in_at - began), result, self._ballots

    async def _order(self, door: Door, cookies: str, kind: Kind) -> None:
        """Ask again until it is allowed: "not counted yet" is no reason to stop."""
        while True:
            order = {"kind": kind.value, "version": self._control.get("version", 1)}
            order |= {"contest": self._stage.contest, "confirmed": True, "may_stay_held": True}
            try:
                await door.order(cookies, order)
            except TurnedAway:
                await asyncio.sleep(_ASK_SECONDS)
            else:
                return

    @contextlib.asynccontextmanager
    async def _watching(self, door: Door) -> AsyncIterator[str]:
        cookies = await door.redeem(self._stage.organiser)
        url = self._url.replace("http", "ws", 1) + "/live/staff"
        headers = {"origin": self._url, "cookie": cookies}
        async with connect(url, additional_headers=headers, proxy=None, max_size=None) as socket:
            watching = asyncio.create_task(self._watch(socket))
            yield cookies
            watching.cancel()

    async def _watch(self, socket: ClientConnection) -> None:
        async for message in socket:
            at = time.monotonic()
            frame = _DECODER.decode(message)
            if frame["type"] == "control" and frame["contest"]:
                self._control = frame["contest"]
                told = datetime.fromisoformat(frame["now_at"]).timestamp()
                self._ahead = min(self._ahead, at - told)
            elif frame["type"] == "tally":
                self._ballots = frame["ballots"]
                if self._ballots >= self._people and not self._all_in_at:
                    self._all_in_at = at
            if self._all_in_at and self._control.get("phase") == "closed":
                self._closed.set()
