"""Voting on several nodes in one process: each with its own connections, notifier, hub and followers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import msgspec

from expo.clock import Now
from expo.db import Database
from expo.identity.people import Person
from expo.leases import Leases
from expo.wire.hub import Hub
from expo.wire.notifier_shared import SharedNotifier
from expo.wire.notifiers import notifier
from tests.support.contests import cast
from voting import moves
from voting.closing_follower import ClosingFollower
from voting.contests import Contest
from voting.usecases import Voting

_STOP_WITHIN_S = 15


class Node:
    """Voting as one node has it; nothing runs until `start`."""

    def __init__(self, url: str, now: Now, nats: str = "") -> None:
        self.database = Database(url)
        made = notifier(nats, self.database.dsn)
        assert isinstance(made, SharedNotifier)
        self.notifier = made
        self.hub = Hub()
        self.now = now
        self.voting = Voting(database=self.database, notifier=self.notifier, hub=self.hub, now=now)
        self.leases = Leases(self.database, "node", ttl_s=2.0, renew_s=0.5)
        self.closing = ClosingFollower(self.voting, self.leases)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, *, closing: bool = False) -> None:
        """Everything at work, as the assembly does it; returns when other nodes hear this one."""
        await self.voting.refresh()
        works: list[Coroutine[Any, Any, None]] = [
            self.notifier.run(),
            self.voting.writer.run(),
            self.voting.follower.run(),
        ]
        if closing:
            works.append(self.closing.run())
        self._tasks = [asyncio.create_task(work) for work in works]
        await self.until(lambda: self.notifier.is_connected)

    async def stop(self) -> None:
        """Everything ended and every connection given back."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            _, stuck = await asyncio.wait(self._tasks, timeout=_STOP_WITHIN_S)
            assert not stuck, [task.get_stack() for task in stuck]
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended
        self._tasks = []
        await self.database.close()

    async def open(self, new: Contest) -> None:
        """A contest that takes ballots."""
        async with self.database.write() as tx:
            made = await moves.create(tx, new)
            made = await moves.ready(tx, made.id, made.version)
            await moves.open(tx, made.id, made.version, self.now())
        await self.voting.refresh([made.id])

    async def vote(self, who: Person, ranking: str = "abc", *, contest: str = "s1") -> None:
        """A ballot of somebody, recorded."""
        await self.voting.cast(who, cast(ranking, contest=contest), self.now())

    def told(self, room: str) -> Any:
        """The last frame of a room, or None."""
        payload = self.hub.latest(room)
        return None if payload is None else msgspec.json.decode(payload)

    async def until(self, is_so: Callable[[], bool], seconds: float = 20.0) -> float:
        """Wait until something is so; how long it took.

        Raises:
            TimeoutError: It was not.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110 - the hub has no event for it
                await asyncio.sleep(0.005)
        return loop.time() - began


@contextlib.asynccontextmanager
async def nodes(
    url: str, now: Now, *, how_many: int = 2, nats: str = "", closing: bool = False
) -> AsyncIterator[list[Node]]:
    """So many nodes at work on one database."""
    made: list[Node] = []
    try:
        for _ in range(how_many):
            made.append(Node(url, now, nats))
            await made[-1].start(closing=closing)
        yield made
    finally:
        for node in made:
            await node.stop()
