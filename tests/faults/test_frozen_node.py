"""A node that freezes hurts no other, and does no harm when it wakes (A3), on PostgreSQL."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typing_extensions import override

from expo.db import Busy, Database, RawPostgres
from expo.errors import Fault
from tests.support.contests import House, cast, contest, house, person
from tests.support.killing import ROOT, check, desk
from voting import moves
from voting.contests import Contest
from voting.postgres_store import PostgresRecord
from voting.protocol import Receipt
from voting.writer import Writer

LET_GO_S = 4.0
"""How long a node that froze in the middle of a transaction may keep a contest from the others."""


class Frozen(PostgresRecord):
    """Falls asleep once with the contest locked, just before its commit: the worst moment."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asleep = threading.Event()
        self.awake = threading.Event()

    @override
    def _commit(self, raw: RawPostgres) -> None:
        if not self.asleep.is_set():
            self.asleep.set()
            self.awake.wait(60)
        super()._commit(raw)


async def until_taken(there: House, name: str) -> float:
    """Seconds until a ballot has its receipt, sent again while busy."""
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), cast("bca")
    while True:
        try:
            await there.voting.cast(person(name), sent, there.clock())
        except Fault:
            await asyncio.sleep(0.02)
        else:
            return loop.time() - began


@contextlib.asynccontextmanager
async def one_frozen(folder: Path, url: str) -> AsyncIterator[tuple[House, House, Frozen]]:
    """Two nodes; the first is to freeze at its first ballot."""
    async with house(folder, url=url) as one, house(folder, url=url) as two:
        await one.open()
        await two.voting.refresh()
        record = Frozen(one.database)
        one.voting.writer = Writer(one.database, one.notifier, record)
        writing = asyncio.create_task(one.voting.writer.run())
        try:
            yield one, two, record
        finally:
            record.awake.set()
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)


async def test_node_frozen_with_a_contest_in_its_hand_keeps_nobody_long(
    tmp_path: Path, postgres_url: str
) -> None:
    async with one_frozen(tmp_path, postgres_url) as (one, two, record):
        sent = cast("abc")
        casting = asyncio.create_task(one.voting.cast(person("p1"), sent, one.clock()))
        await asyncio.to_thread(record.asleep.wait)

        assert await until_taken(two, "p2") <= LET_GO_S

        record.awake.set()
        with pytest.raises(Busy):  # what it held was given up, and nobody was told otherwise
            await casting
        again = await one.voting.cast(person("p1"), sent, one.clock())
        assert isinstance(again, Receipt)
        await two.voting.refresh()
        assert two.voting.turnout("s1").position == 2


async def test_node_frozen_in_the_middle_of_a_message_keeps_nobody_long(
    tmp_path: Path, postgres_url: str
) -> None:
    async with house(tmp_path, url=postgres_url) as one, house(tmp_path, url=postgres_url) as two:
        await one.open()
        await two.voting.refresh()
        with frozen_in_a_message(one, "SELECT id FROM contest FOR UPDATE"):
            assert await until_taken(two, "p2") <= LET_GO_S


@contextlib.contextmanager
def frozen_in_a_message(there: House, lock: str) -> Iterator[None]:
    """A node that holds this lock and has sent half a message."""
    raw = there.database.raw_postgres()
    with contextlib.closing(raw):
        raw.execute(lock.encode())
        # Longer statements go out in pieces of 8 kB. A server that has the text of one and only
        # some of its values is no longer idle, and while it reads on no timeout ends it.
        text = b"\0SELECT $1\0\0\0"
        parse = b"P" + (4 + len(text)).to_bytes(4, "big") + text
        os.write(raw.fileno(), parse + b"B" + (9_000).to_bytes(4, "big") + b"half")
        yield


async def until_moved(there: House, move: Callable[..., Coroutine[Any, Any, Contest]]) -> float:
    """Seconds until an organiser who presses again and again has moved the contest."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        try:
            await there.move("s1", move)
        except Busy:
            await asyncio.sleep(0.05)
        else:
            return loop.time() - began


@pytest.mark.parametrize(
    ("stations", "lock"),
    [
        (1, "SELECT id FROM contest FOR NO KEY UPDATE"),
        (4, "SELECT position FROM station WHERE station = 2 FOR NO KEY UPDATE"),
    ],
)
async def test_node_frozen_in_a_message_keeps_no_organiser_and_no_close_long(
    tmp_path: Path, postgres_url: str, stations: int, lock: str
) -> None:
    async with house(tmp_path, url=postgres_url) as one, house(tmp_path, url=postgres_url) as two:
        await one.open(contest(stations=stations))
        await two.voting.refresh()
        await two.vote(person("p1"))
        with frozen_in_a_message(one, lock):  # and nobody casts any more
            assert await until_moved(two, moves.close) <= LET_GO_S
        two.clock.move(seconds=11)
        with frozen_in_a_message(one, lock):
            with pytest.raises(Busy):
                await two.closing.look()
            await two.closing.look()
        assert await two.voting.result("s1") is not None


async def test_frozen_message_that_nobody_ends_keeps_the_contest_for_ever(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expo.postgres.END_FROZEN", "SELECT 1")
    async with house(tmp_path, url=postgres_url) as one:
        await one.open()
        with (
            frozen_in_a_message(one, "SELECT id FROM contest FOR NO KEY UPDATE"),
            pytest.raises(TimeoutError),
        ):
            async with asyncio.timeout(LET_GO_S):
                await until_moved(one, moves.close)


async def test_server_that_waits_for_a_frozen_node_is_found_out(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = {"idle_in_transaction_session_timeout": "0"}
    monkeypatch.setattr("expo.postgres._BRIEF", endless)
    async with one_frozen(tmp_path, postgres_url) as (one, two, record):
        casting = asyncio.create_task(one.voting.cast(person("p1"), cast("abc"), one.clock()))
        await asyncio.to_thread(record.asleep.wait)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(LET_GO_S):
                await until_taken(two, "p2")

        record.awake.set()
        await casting


async def frozen_again_and_again(
    folder: Path, url: str, trials: int, seconds: float
) -> list[float]:
    """Waits of voters at one node while another, as busy, is frozen and woken so many times."""
    dice = random.Random(trials)
    waits: list[float] = []
    async with house(folder, url=url) as there:
        await there.open()
        async with desk(folder, 0, url) as other:
            for trial in range(trials):
                await other.casts(30)
                await asyncio.sleep(dice.uniform(0, 0.05))
                os.kill(other._process.pid, signal.SIGSTOP)
                try:
                    waits += await _voted_for(there, f"t{trial}", seconds)
                finally:
                    os.kill(other._process.pid, signal.SIGCONT)
            await other.casts(30)  # it works again by itself
    await check(folder, other.acknowledged, url=url)
    return waits


async def _voted_for(there: House, name: str, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    waits: list[float] = []
    while loop.time() < end:
        waits.append(await until_taken(there, f"{name}-{len(waits)}"))
        await asyncio.sleep(0.02)
    return waits


async def test_frozen_node_hurts_no_other_and_goes_on_when_woken(
    tmp_path: Path, postgres_url: str
) -> None:
    waits = await frozen_again_and_again(tmp_path, postgres_url, 2, 1.0)

    assert max(waits) <= LET_GO_S


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
async def test_node_frozen_for_fifteen_seconds_twenty_times_hurts_no_other(
    tmp_path: Path, postgres_url: str
) -> None:
    waits = sorted(await frozen_again_and_again(tmp_path, postgres_url, 20, 15.0))

    p99 = waits[len(waits) * 99 // 100]
    print(f"{len(waits)} ballots: p99 {p99 * 1000:.0f} ms, longest {waits[-1]:.1f} s")  # noqa: T201
    assert p99 <= 0.25
    assert waits[-1] <= LET_GO_S


# --- a job that one node does at a time ---


@contextlib.asynccontextmanager
async def worker(url: str, name: str, *how: str) -> AsyncIterator[int]:
    """A node in a process of its own that wants the job; its process id."""
    command = [sys.executable, "-m", "tests.support.leased_job", url, name, *how]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Work:
    """What the nodes have done, in order."""

    def __init__(self, url: str) -> None:
        dsn = Database(url).dsn
        assert dsn is not None
        self._dsn = dsn
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(b"CREATE TABLE done (n bigserial PRIMARY KEY, node text, fence int)")

    def done(self) -> list[tuple[str, int]]:
        """Node and fence of each piece of work."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            return connection.execute(b"SELECT node, fence FROM done ORDER BY n").fetchall()

    async def by(self, name: str, pieces: int = 1) -> None:
        """Wait until this node has done so much."""
        async with asyncio.timeout(20):
            while [node for node, _ in self.done()].count(name) < pieces:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.02)


async def taken_over(url: str, freezes: int, *how: str) -> Sequence[tuple[str, int]]:
    """What is done while the holder freezes, another takes over, and the first one wakes."""
    work = Work(url)
    async with worker(url, "a", *how) as first, worker(url, "b", *how) as second:
        pids = {"a": first, "b": second}
        await _anybody(work)
        for _ in range(freezes):
            holder = work.done()[-1][0]
            other = "ab"["ba".index(holder)]
            before = [node for node, _ in work.done()].count(other)
            os.kill(pids[holder], signal.SIGSTOP)
            await work.by(other, before + 3)
            os.kill(pids[holder], signal.SIGCONT)
            await work.by(other, before + 40)
        return work.done()


async def _anybody(work: Work) -> None:
    async with asyncio.timeout(20):
        while not work.done():  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)


def check_work(done: Sequence[tuple[str, int]], freezes: int) -> None:
    """Each holder worked alone: no row of an old fence comes after one of a newer."""
    fences = [fence for _, fence in done]
    assert fences == sorted(fences), "a holder that was replaced has written"
    assert len(set(fences)) >= freezes + 1


@pytest.mark.timeout(60)
async def test_woken_node_writes_nothing_with_its_old_lease(postgres_url: str) -> None:
    check_work(await taken_over(postgres_url, 2), 2)


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
async def test_woken_node_writes_nothing_with_its_old_lease_twenty_times(postgres_url: str) -> None:
    check_work(await taken_over(postgres_url, 20), 20)


@pytest.mark.timeout(60)
async def test_woken_node_that_does_not_ask_for_its_lease_is_found_out(postgres_url: str) -> None:
    done = await taken_over(postgres_url, 4, "careless")

    with pytest.raises(AssertionError):
        check_work(done, 4)
