"""Several nodes, one ledger: one of them seals, another takes over, and closing waits for none."""

import asyncio

from expo.record import merkle, notes
from expo.record.keys.usecases import Keys
from tests.support.clock import Clock
from tests.support.contests import contest, person
from tests.support.ledgers import SECRET
from tests.support.voting_nodes import Node
from voting import moves
from voting.closing_follower import ClosingFollower
from voting.sealing.seal_follower import SealFollower
from voting.sealing.usecases import Ledgers


class Sealing:
    """A node that seals when it is its turn."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.node = Node(url, clock)
        self.keys = Keys(self.node.database, (SECRET,), "expo.example", clock)
        self.ledgers = Ledgers(self.node.database, self.keys, clock)
        self.node.closing = ClosingFollower(self.node.voting, self.node.leases, self.ledgers)
        self.follower = SealFollower(
            self.ledgers, self.node.database, self.node.notifier, clock, self.node.leases
        )
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.node.start(closing=True)
        await self.keys.begin()
        self.task = asyncio.create_task(self.follower.run())

    async def stop(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.node.stop()


async def test_one_node_seals_and_another_goes_on_when_it_dies(postgres_url: str) -> None:
    clock = Clock()
    first, second = Sealing(postgres_url, clock), Sealing(postgres_url, clock)
    await first.start()
    await second.start()
    await first.node.open(contest(stations=2))
    await second.node.voting.refresh()
    for n in range(20):
        await (first, second)[n % 2].node.vote(person(f"p{n}"))
    clock.move(seconds=10)
    await first.node.until(lambda: first.ledgers.sealed + second.ledgers.sealed == 20)
    one, other = (first, second) if first.ledgers.sealed else (second, first)
    assert other.ledgers.sealed == 0

    await one.stop()
    for n in range(20, 40):
        await other.node.vote(person(f"p{n}"))
    clock.move(seconds=10)
    await other.node.until(lambda: other.ledgers.sealed == 20)
    known = other.node.voting.contests.get("s1")
    assert known is not None
    async with other.node.database.write() as tx:
        await moves.close(tx, "s1", known.version, clock())
    await other.node.voting.refresh()
    clock.move(seconds=11)
    other.node.notifier.notify("contests")
    await other.node.until(lambda: other.node.voting.frozen("s1") is not None)

    leaves = [merkle.leaf_hash(one) async for one in other.ledgers.records("s1")]
    vkey = notes.parsed_vkey(await other.ledgers.vkey("s1") or "")
    assert len(leaves) == 1 + 40 + 1
    for note in await other.ledgers.checkpoints("s1"):
        point = notes.parsed_checkpoint(note, vkey)
        assert point.root == merkle.root(leaves[: point.size])
    await other.stop()
