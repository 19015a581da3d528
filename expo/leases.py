"""Jobs that exactly one node does at a time: held by a lease, guarded by a fence.

A lease says who should work; it cannot stop a node that slept past its end. So whatever the job
writes is written in a transaction that confirms the fence first (`Lease.confirm`): a holder that
was replaced while it was paused is refused there by the database, whatever its own clock says.

A claim is lighter: it saves the other nodes work that would be harmless if two did it. It is free
again the moment its holder's connection ends, without waiting for a time to pass.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Final

import psycopg

from expo.db import Database, Tx
from expo.errors import Fault
from expo.leasing import store
from expo.wire.ending import ended, heed_cancelling

logger = logging.getLogger(__name__)

TTL_S: Final = 10.0  # a killed holder is replaced within this; a garbage collection is far shorter
RENEW_S: Final = 3.0  # two renewals may fail before the third is too late
_CLAIM: Final = (
    "SELECT name FROM unnest(%s::text[]) AS name"
    " WHERE pg_try_advisory_lock(('x' || left(encode(sha256(name::bytea), 'hex'), 16))::bit(64)::bigint)"
)
_SILENT_S: Final = 5.0  # a server that does not answer for so long keeps no claim of ours
_ASK_S: Final = 1.0  # between two questions of somebody who waits


class LeaseLost(Fault):
    """Another node does this job by now; nothing of this transaction may stay."""


class Lease:
    """A job held by this node.

    ``fence`` grows with every change of holder. ``lost`` is set when another node has the job, or
    when the lease could not be renewed in time and another may take it at any moment.
    """

    def __init__(self, job: str, fence: int) -> None:
        self.job = job
        self.fence = fence
        self.lost = asyncio.Event()

    async def confirm(self, tx: Tx) -> None:
        """Make sure, until this transaction ends, that nobody took the job over.

        Raises:
            LeaseLost: Somebody did; let the transaction roll back.
        """
        if await store.fence(tx, self.job) != self.fence:
            self.lost.set()
            raise LeaseLost


class Leases:
    """Takes jobs for this node.

    Args:
        database: Keeps the leases; its clock alone counts.
        node: Name of this node, for people who look into the table.
        alone: No other process can be at work (SQLite, whose folder is locked): what an earlier
            process left held is taken at once.
        ttl_s: Seconds a lease lasts without being renewed.
        renew_s: Seconds between two renewals.
    """

    def __init__(
        self,
        database: Database,
        node: str,
        *,
        alone: bool = False,
        ttl_s: float = TTL_S,
        renew_s: float = RENEW_S,
    ) -> None:
        self._database = database
        self._process = f"{node}/{secrets.token_hex(4)}"  # two starts of one node are two holders
        self._alone = alone
        self._ttl_ms = round(ttl_s * 1000)
        self._renew_s = renew_s
        self.held = 0
        """How many jobs this node holds."""

    @contextlib.asynccontextmanager
    async def hold(self, job: str) -> AsyncIterator[Lease]:
        """Wait until this node has the job, hold it during the block, and let it go at the end.

        The block has to end soon after ``lost`` is set; what it writes has to be confirmed.
        """
        lease = await self._taken(job)
        renewing = asyncio.create_task(self._renew(lease))
        self.held += 1
        try:
            yield lease
        finally:
            self.held -= 1
            await ended(renewing)
            await self._release(lease)

    async def _taken(self, job: str) -> Lease:
        while True:
            with contextlib.suppress(Fault):  # asked again until the database answers
                if fence := await self._take(job):
                    return Lease(job, fence)
            heed_cancelling()
            await asyncio.sleep(min(_ASK_S, self._ttl_ms / 4000))

    async def _take(self, job: str) -> int | None:
        async with self._database.write() as tx:
            orphaned = self._alone and await store.holder(tx, job) != self._process
            return await store.take(tx, job, self._process, self._ttl_ms, from_others=orphaned)

    async def _renew(self, lease: Lease) -> None:
        """Renew until it is lost; the time until then counts from before the last good asking."""
        loop = asyncio.get_running_loop()
        good = loop.time()
        while not lease.lost.is_set():
            await asyncio.sleep(self._renew_s)
            asked = loop.time()
            try:
                async with self._database.write() as tx:
                    is_mine = await store.renew(tx, lease.job, lease.fence, self._ttl_ms)
            except Fault:
                if (loop.time() - good) * 1000 >= self._ttl_ms:
                    lease.lost.set()
            else:
                good = asked
                if not is_mine:
                    lease.lost.set()
        logger.warning("A job went to another node", extra={"job": lease.job})

    async def _release(self, lease: Lease) -> None:
        with contextlib.suppress(Fault):  # then it ends by itself
            async with self._database.write() as tx:
                await store.release(tx, lease.job, lease.fence)


class Claims:
    """Work this node does for the others while it has the time; for the loop's thread alone.

    Before `run` and without a server there are no others: everything is this node's.

    Args:
        dsn: Of the server for psycopg; None on SQLite.
    """

    def __init__(self, dsn: str | None) -> None:
        self._dsn = dsn
        self._held: set[str] = set()
        self._wanted: frozenset[str] = frozenset()
        self._bell = asyncio.Event()
        self.is_shared = False
        """Whether other nodes may do the work."""
        self.on_gain: Callable[[], None] = lambda: None
        """Called when there is more to do."""

    @property
    def held(self) -> int:
        """How many claims this node holds."""
        return len(self._held)

    def is_mine(self, name: str) -> bool:
        """Whether this node is to do this work, as far as it knows."""
        return not self.is_shared or name in self._held

    def want(self, names: Collection[str]) -> None:
        """What work there is; what nobody does will be taken on."""
        if not self._wanted.issuperset(names):
            self._bell.set()
        self._wanted = frozenset(names)

    async def run(self) -> None:
        """Share the work until cancelled; then the others may have it."""
        if self._dsn is None:
            return
        self.is_shared = True
        try:
            while True:
                try:
                    await self._hold(self._dsn)
                except (psycopg.Error, TimeoutError) as error:
                    logger.warning("Work cannot be claimed: %s", type(error).__name__)
                    self._held.clear()  # the claims went with the connection
                heed_cancelling()
                await asyncio.sleep(_ASK_S)
        finally:
            self.is_shared = False
            self._held.clear()

    async def _hold(self, dsn: str) -> None:
        """Ask for new work at once, and each second whether anything has become free."""
        async with contextlib.AsyncExitStack() as stack:
            connection = await psycopg.AsyncConnection.connect(
                dsn, autocommit=True, application_name="sawt claiming"
            )
            stack.push_async_callback(connection.close)
            while True:
                self._bell.clear()
                wanted = sorted(self._wanted - self._held)
                async with asyncio.timeout(_SILENT_S):  # a connection that broke is noticed, too
                    found = await connection.execute(_CLAIM, [wanted])
                    gained = {str(name) for (name,) in await found.fetchall()}
                if gained:
                    self._held |= gained
                    self.on_gain()
                heed_cancelling()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_ASK_S):
                        await self._bell.wait()


class Turn:
    """The turn of this node to do a job: always where there is one node, else while its lease lasts.

    Args:
        job: Its name among the leases.
        leases: Say which node does it; None where there is one only.
    """

    def __init__(self, job: str, leases: Leases | None) -> None:
        self._job = job
        self._leases = leases
        self._lease: Lease | None = None

    @property
    def is_ours(self) -> bool:
        """Whether nobody else may have the job by now, as far as is known here."""
        return self._lease is None or not self._lease.lost.is_set()

    async def run(self, follow: Callable[[], Awaitable[None]]) -> None:
        """Do the job until cancelled, whenever it is our turn; ``follow`` ends once it is not."""
        if self._leases is None:
            await follow()
            return
        while True:
            async with self._leases.hold(self._job) as lease:
                self._lease = lease
                try:
                    await follow()
                finally:
                    self._lease = None

    async def confirm(self, tx: Tx) -> None:
        """Make sure that only the node whose turn it is can commit this transaction.

        Raises:
            LeaseLost: Another node has the job by now.
        """
        if self._lease is not None:
            await self._lease.confirm(tx)

    @contextlib.asynccontextmanager
    async def write(self, database: Database) -> AsyncIterator[Tx]:
        """A transaction that only the node whose turn it is can commit.

        Raises:
            LeaseLost: Another node has the job by now.
        """
        async with database.write() as tx:
            await self.confirm(tx)
            yield tx
