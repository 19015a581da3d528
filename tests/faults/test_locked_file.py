"""Another program holds the database file: votes are put off, pages and screens stay, all by itself (A1)."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from expo.db import Busy
from expo.rights import Role
from tests.support.stagehouse import Ear
from tests.support.whole import ballot, whole
from voting.ballot_record import Recorded
from voting.ballots import Ballot
from voting.batches import Kept
from voting.sqlite_store import SqliteRecord

pytestmark = pytest.mark.sqlite_only

BACK_WITHIN_S = 3.0
PATIENCE_MS = 1_000
"""Instead of the product's 5 s, so that a test need not hold the file for so long."""


@contextlib.asynccontextmanager
async def held(folder: Path) -> AsyncIterator[None]:
    """The file belongs to somebody else meanwhile."""
    other = sqlite3.connect(folder / "sawt.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def voted_around(folder: Path, seconds: float) -> dict[str, int]:
    """Statuses and counts of a vote before, during and after the file was held; promises are kept."""
    async with whole(folder) as there:
        await there.open()
        voter = await there.person(Role.CUSTOMER)
        options = [option.id for option in there.contest().options]
        async with there.ear("/live/khda", voter) as ear:
            first, second = ballot(*options[:2]), ballot(*options[1:3])
            told = [await _told(ear, first)]
            async with held(folder):
                loop = asyncio.get_running_loop()
                end = loop.time() + seconds
                told.append(await _told(ear, second))
                page = await voter.get("/en/")
                await asyncio.sleep(max(0.0, end - loop.time()))
            async with asyncio.timeout(BACK_WITHIN_S):
                told.append(await _told(ear, second))
                while told[-1]["type"] != "receipt":
                    await asyncio.sleep(0.1)
                    told.append(await _told(ear, second))
    with contextlib.closing(sqlite3.connect(folder / "sawt.sqlite3")) as database:
        lines = database.execute(
            "SELECT ballot_id, revision FROM contest_line ORDER BY position"
        ).fetchall()
    promised = [(one["id"], one["revision"]) for one in told if one["type"] == "receipt"]
    assert sorted(set(promised)) == sorted(lines)
    busy = [one["code"] for one in told if one["type"] == "refused"]
    return {"page": page.status_code, "busy": busy.count("busy"), "lines": len(lines)}


async def _told(ear: Ear, sent: dict[str, Any]) -> dict[str, Any]:
    await ear.say({"type": "cast", **sent})
    while True:
        answer: dict[str, Any] = await asyncio.wait_for(_next(ear), 15)
        if answer.get("id") == sent["id"]:
            return answer


async def _next(ear: Ear) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(await ear.socket.recv())
    return found


async def test_held_file_puts_votes_off_and_keeps_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expo.db.BUSY_TIMEOUT_MS", PATIENCE_MS)

    found = await voted_around(tmp_path, 2.5)

    assert found["page"] == 200
    assert found["busy"] >= 1
    assert found["lines"] == 2


async def test_file_that_is_held_shortly_is_waited_for(tmp_path: Path) -> None:
    async with whole(tmp_path) as there:
        await there.open()
        voter = await there.person(Role.CUSTOMER)
        options = [option.id for option in there.contest().options]
        async with there.ear("/live/khda", voter) as ear:
            sent = ballot(*options[:2])
            async with held(tmp_path):
                asking = asyncio.create_task(_told(ear, sent))
                await asyncio.sleep(0.5)
                assert not asking.done()
            answer = await asking
    assert answer["type"] == "receipt"


@pytest.mark.nightly
async def test_file_held_for_ten_seconds_puts_votes_off_and_keeps_the_pages(tmp_path: Path) -> None:
    found = await voted_around(tmp_path, 10.0)

    assert found["page"] == 200
    assert found["busy"] >= 1
    assert found["lines"] == 2


class Soothing(SqliteRecord):
    """Says "recorded" when the database did not answer."""

    @override
    def record(self, ballots: Sequence[Ballot]) -> Recorded:
        try:
            return super().record(ballots)
        except Busy:
            return Recorded(tuple(map(_soothing, ballots)), ())


def _soothing(ballot: Ballot) -> Kept:
    return Kept(
        ballot.contest, 0, ballot.id, "nobody", ballot.electorate, 2, ballot.ranking, (), "none",
        ballot.arrived_at,
    )  # fmt: skip


async def test_record_that_promises_what_it_could_not_write_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expo.db.BUSY_TIMEOUT_MS", PATIENCE_MS)
    monkeypatch.setattr("voting.usecases.SqliteRecord", Soothing)

    found = await voted_around(tmp_path, 2.5)

    assert found["busy"] == 0  # it was told while nothing could be written
