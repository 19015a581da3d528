"""One job, one holder: the same promises on both databases, by the database's clock alone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from expo.db import Database, sqlite_url
from expo.leases import Claims, Lease, LeaseLost, Leases
from expo.wire.ending import ended
from expo.wire.notifier import heard
from migrations.upgrade import migrate
from tests.support.postgres import Cluster

TTL = 1.0


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
        migrate(url)
    else:
        url = request.getfixturevalue("postgres_url")
    opened = Database(url)
    yield opened
    await opened.close()


def node(database: Database, name: str, *, renew_s: float = 0.2) -> Leases:
    return Leases(database, name, ttl_s=TTL, renew_s=renew_s)


async def stale_write(database: Database, lease: Lease) -> None:
    """What a job does that does not know yet that it was replaced."""
    async with database.write() as tx:
        await tx.execute(text("UPDATE lease SET holder = 'stale write'"))
        await lease.confirm(tx)


async def test_two_nodes_never_hold_a_job_at_once(database: Database) -> None:
    inside, most, fences = 0, 0, []

    async def work(name: str) -> None:
        nonlocal inside, most
        for _ in range(3):
            async with node(database, name).hold("tally") as lease:
                inside += 1
                most = max(most, inside)
                fences.append(lease.fence)
                await asyncio.sleep(0)
                inside -= 1

    async with asyncio.timeout(30):
        await asyncio.gather(*(work(name) for name in "abc"))

    assert most == 1
    assert fences == sorted(set(fences))
    assert len(fences) == 9


async def test_holder_that_renews_keeps_the_job_beyond_one_term(database: Database) -> None:
    async with node(database, "a").hold("tally") as lease:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(TTL * 2), node(database, "b").hold("tally"):
                pytest.fail("two holders at once")
        assert not lease.lost.is_set()
        async with database.write() as tx:
            await lease.confirm(tx)


async def test_holder_that_stalls_is_replaced_and_refused_by_the_fence(database: Database) -> None:
    asleep = node(database, "a", renew_s=60)  # as a process that is paused: it renews nothing
    async with asleep.hold("tally") as old:
        before = asyncio.get_running_loop().time()
        async with asyncio.timeout(TTL * 3), node(database, "b").hold("tally") as new:
            assert asyncio.get_running_loop().time() - before <= TTL * 2
            assert new.fence > old.fence
            with pytest.raises(LeaseLost):
                await stale_write(database, old)
            assert old.lost.is_set()
            async with database.write() as tx:
                await new.confirm(tx)
                found = await tx.execute(text("SELECT holder FROM lease WHERE job = 'tally'"))
                assert found.scalar_one().startswith("b/")


async def test_only_process_takes_at_once_what_an_earlier_one_left(database: Database) -> None:
    earlier = Leases(database, "a", alone=True, ttl_s=600, renew_s=60)
    later = Leases(database, "a", alone=True, ttl_s=600, renew_s=60)
    async with earlier.hold("tally") as old, asyncio.timeout(5), later.hold("tally") as new:
        assert new.fence == old.fence + 1


@contextlib.asynccontextmanager
async def claiming(*several: Claims) -> AsyncIterator[None]:
    """Nodes that share work."""
    tasks = [asyncio.create_task(one.run()) for one in several]
    try:
        yield
    finally:
        await ended(*tasks)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)


def test_work_is_ones_own_where_nobody_else_is() -> None:
    alone = Claims(None)

    assert alone.is_mine("s1")
    assert not alone.is_shared


async def test_claim_is_held_by_one_node_and_free_when_it_has_gone(postgres_url: str) -> None:
    dsn = Database(postgres_url).dsn
    a, b = Claims(dsn), Claims(dsn)
    async with claiming(b):
        async with claiming(a):
            await until(lambda: a.is_shared and b.is_shared)
            assert not a.is_mine("s1")
            a.want(["s1", "s2"])
            await until(lambda: a.held == 2)
            gained: list[int] = []
            b.on_gain = lambda: gained.append(b.held)
            b.want(["s1", "s2", "s3"])
            await until(lambda: b.held == 1)
            assert b.is_mine("s3")
            assert not b.is_mine("s1")

        assert a.held == 0
        await until(lambda: b.held == 3)
        assert gained[-1] == 3


async def test_claims_of_a_connection_that_broke_are_taken_again(own_cluster: Cluster) -> None:
    url = own_cluster.fresh()
    one = Claims(Database(url).dsn)
    async with claiming(one):
        one.want(["s1"])
        await until(lambda: one.held == 1)

        own_cluster.stop()
        await until(lambda: one.held == 0)
        own_cluster.start()

        await until(lambda: one.held == 1)


async def test_loop_whose_cancellation_was_swallowed_ends_all_the_same() -> None:
    swallowed = asyncio.Event()

    async def deaf() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.set()
        while True:
            await heard(asyncio.Event(), 0.01)

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    task.cancel()

    async with asyncio.timeout(5):
        await asyncio.gather(task, return_exceptions=True)
    assert swallowed.is_set()
    assert task.cancelled()


async def test_task_that_swallows_its_cancellation_is_cancelled_again() -> None:
    swallowed = 0

    async def deaf() -> None:
        nonlocal swallowed
        while swallowed < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await ended(task)
    assert (task.cancelled(), swallowed) == (True, 3)
