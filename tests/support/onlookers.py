"""An audience that only watches, as browsers do: back by itself after every lost connection.

Each notes when it was cut off and when it was right again, and whether the server ever told it
something older than it knew.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from tests.support.serving import socket_url

_FIRST_WAIT: Final = 1.0  # as static/js/socket.js: drawn from zero to this, growing
_GROWTH: Final = 1.7
_LONGEST_WAIT: Final = 10.0


class Absence(NamedTuple):
    """From when to when (monotonic seconds) somebody was cut off."""

    lost: float
    back: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.back - self.lost


class Onlooker:
    """One browser tab that watches a session.

    Args:
        url: Where it goes; nginx, or a node itself.
        origin: What the expo calls itself.
        session: What it watches.
        seed: Of its waiting times.
    """

    def __init__(self, url: str, origin: str, session: str, seed: int) -> None:
        self.knows: dict[str, int] = {}
        """The newest version or position heard of each thing: what a page shows."""
        self.frames: dict[str, dict[str, Any]] = {}
        """The newest frame of each thing."""
        self.absences: list[Absence] = []
        self.told_older = 0
        """How often the server said something older than was known."""
        self.codes: Counter[int] = Counter()
        """Why connections ended; 1006 where nobody said."""
        self.refused = 0
        self.is_there = asyncio.Event()
        """Whether it is connected and knows everything."""
        self._address = socket_url(url, f"/live/{session}")
        self._origin = origin
        self._chance = random.Random(seed)
        self._lost: float | None = None

    async def watch(self) -> None:
        """Until cancelled."""
        tries = 0
        while True:
            try:
                async with connect(
                    self._address,
                    origin=Origin(self._origin),
                    proxy=None,
                    compression=None,
                    ping_interval=None,
                    close_timeout=1,
                    max_queue=None,
                ) as socket:
                    async for message in socket:
                        tries = 0
                        self._take(msgspec.json.decode(message))
                self.codes[socket.close_code or 1006] += 1
            except ConnectionClosed as closed:
                self.codes[closed.rcvd.code if closed.rcvd else 1006] += 1
            except (OSError, TimeoutError, InvalidHandshake):
                self.refused += 1
            if self.is_there.is_set():
                self.is_there.clear()
                self._lost = time.monotonic()
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * _GROWTH**tries)
            tries += 1
            await asyncio.sleep(self._chance.random() * wait)

    def _take(self, frame: dict[str, Any]) -> None:
        rank = frame.get("version") if "version" in frame else frame.get("position")
        if frame["type"] == "hello" or not isinstance(rank, int):
            return
        thing = f"{frame['type']} {frame.get('contest', '')}"
        if rank < self.knows.get(thing, -1):
            self.told_older += 1
            return
        self.knows[thing] = rank
        self.frames[frame["type"]] = frame
        if frame["type"] == "turnout" and not self.is_there.is_set():  # the last room of a greeting
            self.is_there.set()
            if self._lost is not None:
                self.absences.append(Absence(self._lost, time.monotonic()))
                self._lost = None


@contextlib.asynccontextmanager
async def watching(
    url: str, size: int, *, origin: str | None = None, session: str = "khda"
) -> AsyncIterator[list[Onlooker]]:
    """So many onlookers, all of them there."""
    them = [Onlooker(url, origin or url, session, seed) for seed in range(size)]
    async with asyncio.TaskGroup() as tasks:
        going = [tasks.create_task(one.watch()) for one in them]
        try:
            await all_there(them)
            yield them
        finally:
            for one in going:
                one.cancel()


async def all_there(them: list[Onlooker]) -> None:
    """Returns when every one is connected and knows everything."""
    await asyncio.gather(*(one.is_there.wait() for one in them))


def share(values: list[float], part: float) -> float:
    """The value below which this part of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
