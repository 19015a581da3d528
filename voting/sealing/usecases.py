"""Ledgers of all contests in one process: sealing what waits, and everything that is asked of them."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic
from typing import Final

import msgspec

from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import Fault
from expo.record import merkle, notes
from expo.record.keys.usecases import KeyLost, Keys
from expo.record.merkle import Node
from expo.record.notes import VKey
from expo.record.signing import SigningKey
from voting.ledger import records
from voting.sealing import moves, store
from voting.sealing.batching import Grown, closed, cut, grown, made, needed, next_parts, positions
from voting.sealing.store import LedgerHead

logger = logging.getLogger(__name__)

Write = Callable[[], AbstractAsyncContextManager[Tx]]
"""Opens a transaction that may be committed by whoever seals."""
_MOST_KNOWN: Final = (
    200_000  # hashes at hand, some 30 MB: all that is kept of twelve million leaves
)
_LIST_SECONDS: Final = 1.0
_STATUS: Final = {"counted": "counted", "quarantined": "held", "void": "void"}


class Opening(msgspec.Struct, frozen=True):
    """What opens one ballot's commitment: of its voter's latest revision, with how that stands.

    ``status`` is ``counted`` (be it withdrawn), ``held`` or ``void``.
    """

    content: bytes
    nonce: bytes
    status: str
    electorate: str
    tracker: str
    revision: int


class Closing(msgspec.Struct, frozen=True):
    """The ledger at its close, and the seed of the lot, which is public from then on."""

    size: int
    root: bytes
    seed: bytes


class Ledgers:
    """One per process.

    Args:
        database: Where the record and the ledgers are.
        keys: Sign checkpoints.
        now: The clock.
    """

    def __init__(self, database: Database, keys: Keys, now: Now) -> None:
        self._database = database
        self._keys = keys
        self._now = now
        self._known: dict[tuple[str, int, int], bytes] = {}
        self._listed: tuple[tuple[str, str, str], ...] = ()
        self._listed_at = -math.inf
        self._listing = asyncio.Lock()
        self.sealed = 0
        """Leaves this process has sealed since start."""

    # --- sealing ---

    async def seal(
        self, contest_id: str, write: Write | None = None, *, gently: bool = False
    ) -> None:
        """Seal everything that waits in a contest, in as many transactions as it takes.

        Whoever does so meanwhile elsewhere is no harm: of two batches that begin at the same place one
        is committed, and the other is made again.

        Args:
            contest_id: The contest; without a ledger nothing happens.
            write: Opens the transactions; the database's own where None.
            gently: Rest after each transaction as long as it took: ballots go first.

        Raises:
            KeyLost: Its key cannot be opened.
            Fault: The database failed; what is sealed by then stays so.
        """
        while True:
            began = monotonic()
            found = await self._batch(contest_id)
            if found is None:
                return
            head, batch = found
            key = await self._keys.by_id(head.key)
            async with (write or self._database.write)() as tx:
                is_in = await moves.append(tx, head, batch, key, self._now())
            if is_in:
                self.sealed += len(batch.leaves)
            if gently:
                await asyncio.sleep(monotonic() - began)

    async def finish(self, contest_id: str, write: Write | None = None) -> Closing | None:
        """The ledger's close, sealed now if it is not yet; None where there is no ledger.

        Raises:
            Fault: The database failed.
        """
        try:
            await self.seal(contest_id, write)
        except KeyLost:
            logger.critical("A ledger's key cannot be opened", extra={"contest": contest_id})
        return await self.closing(contest_id)

    async def _batch(self, contest_id: str) -> tuple[LedgerHead, Grown] | None:
        """The ledger and what comes next; None where nothing waits."""
        async with self._database.read() as tx:
            head = await store.find(tx, contest_id)
            if head is None:
                return None
            log = await store.log(tx, contest_id)
            state = head.state
            secret, groups = await store.secret(tx, contest_id)
            if state.is_ended:
                return head, closed(state, head.seed, groups)
            found = []
            for part in next_parts(state, log.lengths):
                lines = await store.lines(tx, contest_id, positions(part, len(log.lengths)))
                found.append((part, cut(lines) if state.closed_size is None else lines))
        if not found:
            return None
        return head, await asyncio.to_thread(grown, state, found, secret)

    # --- what is asked ---

    async def all_keys(self) -> tuple[tuple[str, str, str], ...]:
        """Contest, origin and line to verify with, of every ledger, as it was a second ago at most.

        Whoever looks at a receipt asks for them: a crowd costs the database one question a second, and
        what was known is told while it does not answer.

        Raises:
            Fault: It never answered.
        """
        async with self._listing:
            if monotonic() - self._listed_at >= _LIST_SECONDS:
                try:
                    self._listed = await self._list()
                except Fault:
                    if not self._listed:
                        raise
                self._listed_at = monotonic()
            return self._listed

    async def _list(self) -> tuple[tuple[str, str, str], ...]:
        async with self._database.read() as tx:
            found = await store.all_(tx)
        return tuple(
            [
                (contest, origin, str(VKey(origin, await self._keys.public_of(key))))
                for contest, origin, key in found
            ]
        )

    async def without(self) -> frozenset[str]:
        """Contests that opened before the expo had a key: they have no ledger and never get one."""
        async with self._database.read() as tx:
            return await store.without(tx)

    async def checkpoint(self, contest_id: str) -> str | None:
        """The newest checkpoint; None where there is none."""
        async with self._database.read() as tx:
            found = await store.checkpoint(tx, contest_id)
        return None if found is None else found[1]

    async def checkpoints(self, contest_id: str) -> list[str]:
        """All checkpoints, the oldest first."""
        async with self._database.read() as tx:
            return await store.checkpoints(tx, contest_id)

    async def origin(self, contest_id: str) -> str | None:
        """The name the contest's ledger signs under; None where there is no ledger."""
        head = await self.head(contest_id)
        return None if head is None else head.origin

    async def vkey(self, contest_id: str) -> str | None:
        """The line to verify the ledger's notes with; None where there is no ledger."""
        head = await self.head(contest_id)
        if head is None:
            return None
        return str(VKey(head.origin, await self._keys.public_of(head.key)))

    async def key(self, contest_id: str) -> SigningKey | None:
        """The key that signs for this contest; None where there is no ledger.

        Raises:
            KeyLost: It cannot be opened.
        """
        head = await self.head(contest_id)
        return None if head is None else await self._keys.by_id(head.key)

    async def rules(self, contest_id: str) -> tuple[bytes, bytes] | None:
        """The rules in words as they were fixed at the opening, in Arabic and in English."""
        async with self._database.read() as tx:
            head = await store.find(tx, contest_id)
            if head is None:
                return None
            arabic, english = head.rules_ar, head.rules_en
            return (await _text(tx, arabic)), (await _text(tx, english))

    async def verifier(self, contest_id: str) -> bytes | None:
        """The verifier as it was fixed at the opening."""
        async with self._database.read() as tx:
            head = await store.find(tx, contest_id)
            return None if head is None else await _text(tx, head.code)

    async def closing(self, contest_id: str) -> Closing | None:
        """The ledger's close; None where there is no ledger, or before its close is sealed."""
        head = await self.head(contest_id)
        if head is None or head.state.closed_size is None or head.state.closed_root is None:
            return None
        return Closing(head.state.closed_size, head.state.closed_root, head.seed)

    async def root_at_close(self, contest_id: str) -> bytes | None:
        """The root of the tree that ends with the contest's close; None as for `closing`."""
        closing = await self.closing(contest_id)
        return closing.root if closing else None

    async def proof(self, contest_id: str, tracker: str, revision: int) -> str | None:
        """The proof, to keep, that a ballot is in the ledger; None while it is not sealed."""
        async with self._database.read() as tx:
            place = await store.place_of(tx, contest_id, tracker, revision)
            found = await store.checkpoint(tx, contest_id)
            if place is None or found is None or place >= found[0]:
                return None
            parts = merkle.inclusion_nodes(place, found[0])
            path = await self._path(tx, contest_id, parts)
        return notes.tlog_proof(place, path, found[1])

    async def consistency(self, contest_id: str, old: int, size: int) -> tuple[bytes, ...] | None:
        """The proof that the ledger of ``old`` leaves is the beginning of that of ``size``.

        Only sizes that a checkpoint was signed for have one: others would show more of the order.
        """
        async with self._database.read() as tx:
            for one in (old, size):
                found = await store.checkpoint(tx, contest_id, one)
                if found is None or found[0] != one:
                    return None
            if not 0 < old <= size:
                return None
            return await self._path(tx, contest_id, merkle.consistency_nodes(old, size))

    async def _path(
        self, tx: Tx, contest_id: str, parts: Sequence[Sequence[Node]]
    ) -> tuple[bytes, ...]:
        """The hashes of a proof; subtrees never change, so what was read once is not read again."""
        wanted = needed([node for part in parts for node in part])
        found = {
            (level, n): self._known[contest_id, level, n]
            for level, places in wanted.items()
            for some in places
            for n in some
            if (contest_id, level, n) in self._known
        }
        missing = {
            level: [some for some in places if not all((level, n) in found for n in some)]
            for level, places in wanted.items()
        }
        read = await store.hashes(tx, contest_id, missing)
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._known |= {
            (contest_id, level, place): one for (level, place), one in read.items() if level
        }
        found |= read
        return tuple(merkle.joined([made(node, found) for node in part]) for part in parts)

    async def records(self, contest_id: str) -> AsyncIterator[bytes]:
        """All records, in order."""
        async with self._database.read() as tx:
            async for record in store.leaves(tx, contest_id):
                yield record

    async def openings(self, contest_id: str) -> AsyncIterator[Opening]:
        """What opens every voter's latest ballot, by tracker."""
        async with self._database.read() as tx:
            async for one in store.openings(tx, contest_id):
                yield _opening(contest_id, one)

    async def head(self, contest_id: str) -> LedgerHead | None:
        """What is kept of a contest's ledger; its seed is not for the public before the close."""
        async with self._database.read() as tx:
            return await store.find(tx, contest_id)


async def _text(tx: Tx, hashed: str) -> bytes:
    return (await store.text_of(tx, hashed)).encode()


def _opening(contest_id: str, one: store.Opened) -> Opening:
    said = records.content(
        sid=contest_id,
        electorate=one.electorate,
        ranking=one.ranking,
        tracker=one.tracker,
        revision=one.revision,
        own=one.own,
    )
    nonce = records.from_base64url(one.nonce, records.NONCE_BYTES)
    status = _STATUS[one.status]
    return Opening(said, nonce, status, one.electorate, one.tracker, one.revision)
