"""A node with a job that one node does at a time, to be frozen and woken.

    python -m tests.support.leased_job URL NAME [careless]

Every 5 ms the holder writes a row (node, fence) into ``done``; one that is careless does not confirm
its fence in the transaction.
"""

import asyncio
import contextlib
import sys

from sqlalchemy import text

import expo  # noqa: F401 - puts the bundled SQLite in place
from expo.db import Database
from expo.errors import Fault
from expo.leases import Lease, Leases

TTL_S = 1.0
_RENEW_S = 0.3
_EVERY_S = 0.005
_DONE = text("INSERT INTO done (node, fence) VALUES (:node, :fence)")


async def main(url: str, name: str, *, careless: bool) -> None:
    """Work whenever it is our turn, until killed."""
    database = Database(url)
    leases = Leases(database, name, ttl_s=TTL_S, renew_s=_RENEW_S)
    while True:
        async with leases.hold("publisher") as lease:
            while not lease.lost.is_set():
                with contextlib.suppress(Fault):
                    await _work(database, name, lease, careless=careless)
                await asyncio.sleep(_EVERY_S)


async def _work(database: Database, name: str, lease: Lease, *, careless: bool) -> None:
    async with database.write() as tx:
        if not careless:
            await lease.confirm(tx)
        await tx.execute(_DONE, {"node": name, "fence": lease.fence})


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], careless="careless" in sys.argv[3:]))
