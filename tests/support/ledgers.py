"""A voting house with a public ledger, and what anybody can read off one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from expo.record import canonical, merkle, notes
from expo.record.keys.usecases import Keys
from tests.support.clock import Clock
from tests.support.contests import House, house
from voting.closing_follower import ClosingFollower
from voting.ledger import records
from voting.sealing.seal_follower import SealFollower
from voting.sealing.usecases import Ledgers

SECRET = "a secret of this test, long enough to close keys with"


class Sealed:
    """A house whose contests have ledgers."""

    def __init__(self, there: House, secrets: tuple[str, ...] = (SECRET,)) -> None:
        self.house = there
        self.keys = Keys(there.database, secrets, "expo.example", there.clock)
        self.ledgers = Ledgers(there.database, self.keys, there.clock)
        self.follower = SealFollower(self.ledgers, there.database, there.notifier, there.clock)
        there.closing = ClosingFollower(there.voting, ledgers=self.ledgers)

    async def records(self, contest: str = "s1") -> list[dict[str, Any]]:
        """All records, as values."""
        return [canonical.decode(one) for one in await self.raw(contest)]

    async def raw(self, contest: str = "s1") -> list[bytes]:
        """All records, as bytes."""
        return [one async for one in self.ledgers.records(contest)]

    async def kinds(self, contest: str = "s1") -> list[str]:
        """What kind each record is."""
        return [record["t"] for record in await self.records(contest)]

    async def verify(self, contest: str = "s1") -> int:
        """Check as a stranger would: checkpoints, proofs of every ballot, openings; leaves seen.

        Raises:
            AssertionError: Something does not hold.
        """
        leaves = [merkle.leaf_hash(one) for one in await self.raw(contest)]
        vkey = notes.parsed_vkey(await self.ledgers.vkey(contest) or "")
        sizes = []
        for note in await self.ledgers.checkpoints(contest):
            point = notes.parsed_checkpoint(note, vkey)
            assert point.root == merkle.root(leaves[: point.size])
            sizes.append(point.size)
        assert sizes == sorted(set(sizes))
        assert not sizes or sizes[-1] == len(leaves)
        await self._verify_proofs(contest, leaves, vkey)
        await self._verify_openings(contest)
        return len(leaves)

    async def _verify_proofs(self, contest: str, leaves: list[bytes], vkey: notes.VKey) -> None:
        for n, record in enumerate(await self.records(contest)):
            if record["t"] != "ballot":
                continue
            text = await self.ledgers.proof(contest, record["trk"], record["rev"])
            proof = notes.parsed_proof(text or "")
            point = notes.parsed_checkpoint(proof.note, vkey)
            assert proof.index == n
            assert merkle.verify_inclusion(leaves[n], n, point.size, proof.path, point.root)

    async def _verify_openings(self, contest: str) -> None:
        committed = {
            (one["trk"], one["rev"]): one["com"]
            for one in await self.records(contest)
            if one["t"] == "ballot"
        }
        latest = dict(sorted(committed))
        opened = [one async for one in self.ledgers.openings(contest)]
        assert [(one.tracker, one.revision) for one in opened] == sorted(latest.items())
        for one in opened:
            com = records.to_base64url(records.commitment(one.nonce, one.content))
            assert committed[one.tracker, one.revision] == com


@asynccontextmanager
async def sealed(folder: Path, clock: Clock | None = None, **more: Any) -> AsyncIterator[Sealed]:
    """A house with ledgers in a folder; opening it again there is a restart, meanwhile another node."""
    async with house(folder, clock, **more) as there:
        found = Sealed(there)
        await found.keys.begin()
        yield found
