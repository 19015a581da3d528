"""Several nodes on one PostgreSQL, each with its followers at work and a notifier one can choose."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import text

from expo.db import Database
from expo.errors import Fault
from expo.wire.hub import Hub
from expo.wire.notifier import LocalNotifier
from expo.wire.notifier_shared import SharedNotifier
from tests.support.clock import Clock
from tests.support.contests import House, employee, member, person
from voting.closing_follower import ClosingFollower
from voting.methods.group_tally import GroupTally
from voting.methods.tally import Tally
from voting.usecases import Voting

AnyNotifier = LocalNotifier | SharedNotifier


class Node(House):
    """A house that tells and hears other houses.

    Args:
        url: Of the database all of them share.
        clock: The same for all of them.
        notifier: Of this node.
    """

    def __init__(self, url: str, clock: Clock, notifier: AnyNotifier | None = None) -> None:
        super().__init__(url, clock)
        self.hub = Hub()
        self.teller: AnyNotifier = notifier or LocalNotifier()
        self.voting = Voting(database=self.database, notifier=self.teller, hub=self.hub, now=clock)
        self.closing = ClosingFollower(self.voting)

    @property
    def shows(self) -> tuple[int, Tally | None]:
        """Position and count as this node shows them."""
        follower = self.voting.follower
        return follower.position("s1"), follower.tally("s1")

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["Node"]:
        """Writer, tally follower and notifier run until the block ends."""
        await self.voting.refresh()
        running = [self.voting.writer.run(), self.voting.follower.run()]
        if isinstance(self.teller, SharedNotifier):
            running.append(self.teller.run())
        tasks = [asyncio.create_task(one) for one in running]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.database.close()


@contextlib.asynccontextmanager
async def nodes(url: str, notifiers: Sequence[AnyNotifier | None]) -> AsyncIterator[list[Node]]:
    """One node for each notifier; the contest ``s1`` is open on all of them."""
    clock = Clock()
    first = Node(url, clock)
    await first.open()
    await first.database.close()
    async with contextlib.AsyncExitStack() as stack:
        made = [Node(url, clock, one) for one in notifiers]
        yield [await stack.enter_async_context(one.at_work()) for one in made]


async def cast_everywhere(there: Sequence[Node], ballots: int, tabs: int = 2) -> None:
    """So many ballots of many voters, through all nodes at once."""
    numbers = count()

    async def tab(node: Node) -> None:
        for number in numbers:
            if number >= ballots:
                return
            await cast_one(node, number)

    await asyncio.gather(*[tab(node) for node in there for _ in range(tabs)])


async def cast_one(node: Node, number: int) -> None:
    """Ballot ``number``, sent again while the node is busy."""
    kinds = (person, employee, member)
    who = kinds[number % 3](f"p{number % 120}")
    while True:
        try:
            await node.vote(who, ("abc", "bca", "dab", "cd")[number % 4])
        except Fault:
            await asyncio.sleep(0.05)
        else:
            return


async def agreed(there: Sequence[Node], position: int, seconds: float) -> float:
    """Wait until all nodes show this position; how long it took.

    Raises:
        TimeoutError: Not within so many seconds.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(seconds):
        while any(one.shows[0] < position for one in there):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    return loop.time() - began


async def head(database: Database) -> int:
    """The last position of the contest's log."""
    async with database.read() as tx:
        found: int = (await tx.execute(text("SELECT position FROM contest"))).scalar_one()
    return found


@dataclass
class Watch:
    """Looks at what every node shows, fifty times a second."""

    there: Sequence[Node]
    at: dict[int, tuple[GroupTally, ...]] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    seen: int = 0

    def look(self) -> None:
        """Positions never go back, and who is at the same position shows the same count."""
        for number, node in enumerate(self.there):
            position, tally = node.shows
            assert position >= self.last.get(number, 0), "a node went back"
            self.last[number] = position
            if tally is not None:
                shown = self.at.setdefault(position, tally.groups())
                assert shown == tally.groups(), "two nodes differ at one position"
                self.seen += 1

    async def until(self, done: Awaitable[Any]) -> None:
        """Look until this is done."""
        waiting = asyncio.ensure_future(done)
        try:
            while not waiting.done():
                self.look()
                await asyncio.sleep(0.02)
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        waiting.result()
