"""Records with one mistake each, and how the fault runs find them out (D1, D8, X4)."""

import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from expo.db import RawPostgres, RawSqlite
from expo.errors import Fault
from tests.faults.test_catalogue_close import closes
from tests.support.contests import House, house, person
from tests.support.databases import url_in
from tests.support.killing import ROOT
from tests.support.logged import logged
from tests.support.postgres import Cluster
from voting import sqlite_store
from voting.batches import Head
from voting.postgres_store import PostgresRecord
from voting.protocol import Receipt
from voting.sqlite_store import SqliteRecord
from voting.usecases import Voting
from voting.writer import Writer

# --- D1: the receipt goes out before the commit ---


def lost_by_kill(folder: Path, mutant: str) -> int:
    """Ballots that were acknowledged by a desk that was then killed, and are not there."""
    url_in(folder)
    asyncio.run(_opened(folder))
    said = folder / "receipts.said"
    command = [sys.executable, "-m", "tests.support.recorded_desk", str(folder), "4000", mutant]
    with subprocess.Popen(command, cwd=ROOT) as desk:
        while not said.exists() or said.read_text().count("\n") < 60:
            assert desk.poll() is None
            time.sleep(0.01)  # another process: there is nothing to await
        desk.send_signal(signal.SIGKILL)
    promised = [
        line.split()[0] for line in said.read_text().splitlines(keepends=True) if "\n" in line
    ]
    with closing(sqlite3.connect(folder / "sawt.sqlite3")) as database:
        kept = {row[0] for row in database.execute("SELECT ballot_id FROM contest_line")}
    return len(set(promised) - kept)


async def _opened(folder: Path) -> None:
    async with house(folder) as there:
        await there.open()


@pytest.mark.sqlite_only
def test_receipt_before_the_commit_is_lost_by_a_kill(tmp_path: Path) -> None:
    assert lost_by_kill(tmp_path, "hasty") > 0


@pytest.mark.sqlite_only
def test_receipt_after_the_commit_is_not(tmp_path: Path) -> None:
    assert lost_by_kill(tmp_path, "none") == 0


# --- D8: the server says "committed" before it is ---


class Unsynced(PostgresRecord):
    """Asks the server not to wait for its disk."""

    @override
    def _connected(self) -> RawPostgres:
        raw = super()._connected()
        raw.execute("SET synchronous_commit = off")
        raw.commit()
        return raw


async def lost_by_crash(
    folder: Path, cluster: Cluster, crashes: int, kind: type[PostgresRecord]
) -> int:
    """Ballots that were acknowledged before so many crashes of the server and are gone after them."""
    acknowledged: list[str] = []
    async with house(folder, url=cluster.fresh()) as there:
        await there.open()
        there.voting.writer = Writer(there.database, there.notifier, kind(there.database))
        writing = asyncio.create_task(there.voting.writer.run())
        numbers = count()
        for _ in range(crashes):
            casting = [
                asyncio.create_task(_cast_on(there, numbers, acknowledged)) for _ in range(8)
            ]
            while len(acknowledged) % 200 < 150:  # noqa: ASYNC110 - a count has no event
                await asyncio.sleep(0.002)
            await asyncio.to_thread(cluster.abort)
            for one in casting:
                one.cancel()
            await asyncio.gather(*casting, return_exceptions=True)
            await asyncio.to_thread(cluster.start)
            acknowledged += await _resumed(there, numbers)
            acknowledged += ["-"] * (200 - len(acknowledged) % 200)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        wanted = set(acknowledged) - {"-"}
        found = await logged(there.database, "s1", wanted)
    return len(wanted - {line.ballot_id for line in found})


async def _cast_on(there: House, numbers: "count[int]", acknowledged: list[str]) -> None:
    for number in numbers:
        with contextlib.suppress(Fault):
            receipt = await there.vote(person(f"p{number % 100}"))
            acknowledged.append(receipt.id)
        await asyncio.sleep(0)


async def _resumed(there: House, numbers: "count[int]") -> list[str]:
    while True:
        try:
            receipt: Receipt = await there.vote(person(f"p{next(numbers) % 100}"))
        except Fault:
            await asyncio.sleep(0.05)
        else:
            return [receipt.id]


@pytest.mark.timeout(90)
async def test_server_that_answers_before_its_disk_loses_ballots(
    tmp_path: Path, own_cluster: Cluster
) -> None:
    assert await lost_by_crash(tmp_path, own_cluster, 3, Unsynced) > 0


@pytest.mark.timeout(90)
async def test_server_that_waits_for_its_disk_loses_none(
    tmp_path: Path, own_cluster: Cluster
) -> None:
    assert await lost_by_crash(tmp_path, own_cluster, 1, PostgresRecord) == 0


# --- X4: "is it open?" is asked before the lock ---


@pytest.mark.sqlite_only
@pytest.mark.timeout(90)
async def test_record_that_asks_too_early_whether_it_is_open_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head_in = sqlite_store._head_in
    first: dict[str, Head] = {}

    def early(row: tuple[Any, ...]) -> Head:
        now = head_in(row)
        seen = first.setdefault(now.contest.id, now)
        return Head(seen.contest, now.secret, now.position)

    async def hurried(_voting: Voting) -> None:
        """Closes without waiting for what has arrived."""

    commit = SqliteRecord._commit

    def slow(record: SqliteRecord, raw: RawSqlite) -> None:
        time.sleep(0.03)  # the writer's own thread: a disk that takes its time
        commit(record, raw)

    monkeypatch.setattr(sqlite_store, "_head_in", early)
    monkeypatch.setattr(Voting, "drain", hurried)
    monkeypatch.setattr(SqliteRecord, "_commit", slow)

    with pytest.raises((AssertionError, ExceptionGroup)):
        await closes(tmp_path, 8)
