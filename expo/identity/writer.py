"""Writes the people who join with a device: whoever comes while one batch commits goes with the next.

A QR code on a big screen brings a thousand joins in a few seconds. One transaction each would be a
thousand syncs of the disk; together they are a handful.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from expo.db import Busy
from expo.identity.people import Visit

MOST_AT_ONCE: Final = 500  # joins in one transaction; keeps the write lock below about 50 ms
MOST_WAITING: Final = 5_000  # beyond it a newcomer is told to come back in a second


class Joined(msgspec.Struct, frozen=True):
    """A visit that has its person, with the token for its cookie."""

    visit: Visit
    token: str


Write = Callable[[tuple[str, ...]], Awaitable[tuple[Joined, ...]]]
"""Commits the joins of these devices in one transaction; one result for each, in order."""


class JoinWriter:
    """Gathers joins into few transactions.

    Args:
        write: Commits one batch.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._turn = asyncio.Lock()
        self._waiting: list[tuple[str, asyncio.Future[Joined]]] = []

    async def join(self, device: str) -> Joined:
        """The new visit of this device, once it is committed.

        Raises:
            Busy: Too many wait already, or the batch could not be written.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Busy
        future: asyncio.Future[Joined] = asyncio.get_running_loop().create_future()
        self._waiting.append((device, future))
        async with self._turn:
            while not future.done():
                await self._commit_next()
        return await future

    async def _commit_next(self) -> None:
        batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        try:
            joined = await self._write(tuple(device for device, _ in batch))
        except BaseException as error:
            failure = error if isinstance(error, Exception) else Busy()
            for _, future in batch:
                if not future.done():
                    future.set_exception(failure)
                    future.exception()  # whoever waits reads it; whoever left is no news
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), one in zip(batch, joined, strict=True):
            if not future.done():
                future.set_result(one)
