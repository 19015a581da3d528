"""Close is a point in the log: ballots around it are counted before it or refused, nothing between.

Each try opens a contest, closes it, lets the clock run through the hard close while a crowd casts
from 20 ms before to 20 ms after it, and compares what the voters were told with the database file.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from expo.errors import Fault, Refusal
from expo.wire.supervisor import Supervisor
from tests.support.clock import Clock
from tests.support.contests import House, contest, house, person
from voting import moves
from voting.closing_follower import ClosingFollower
from voting.protocol import Receipt

AROUND = timedelta(milliseconds=20)
VOTERS = 24


class Running(Clock):
    """A clock that runs on from wherever it is put."""

    def __init__(self) -> None:
        super().__init__()
        self._put_at = datetime.now(UTC)

    @override
    def __call__(self) -> datetime:
        return self.at + (datetime.now(UTC) - self._put_at)

    def put(self, at: datetime) -> None:
        """Show this instant now."""
        self.at, self._put_at = at, datetime.now(UTC)


@asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[House]:
    """A house whose followers run by themselves, on a clock that runs."""
    async with house(folder, Running()) as found, Supervisor(lambda: None) as followers:
        followers.run("tally", found.voting.follower.run())
        followers.run("closing", ClosingFollower(found.voting).run())
        yield found


async def voted(found: House, name: str, voter: int, told: list[Receipt | str]) -> None:
    """One voter who casts at an instant of their own around the close."""
    await asyncio.sleep(2 * AROUND.total_seconds() * voter / VOTERS)
    try:
        told.append(await found.vote(person(f"{name}-{voter}"), "abc", contest=name))
    except (Refusal, Fault) as refusal:
        told.append(refusal.code)


async def one_try(found: House, clock: Running, number: int) -> tuple[int, int]:
    """Receipts and refusals of one close; what does not fit together fails."""
    name = f"close-{number}"
    await found.open(contest(name))
    await found.move(name, moves.close)
    closing = found.voting.contests.get(name)
    assert closing is not None
    assert closing.hard_close_at is not None
    clock.put(closing.hard_close_at - AROUND)
    told: list[Receipt | str] = []
    await asyncio.gather(*(voted(found, name, voter, told) for voter in range(VOTERS)))
    async with asyncio.timeout(15):
        while (result := await found.voting.result(name)) is None:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.005)

    receipts = [one for one in told if isinstance(one, Receipt)]
    assert {one for one in told if isinstance(one, str)} <= {"contest-closed"}
    assert all(one.accepted_at <= closing.hard_close_at for one in receipts)
    assert result.ballots == len(receipts)
    assert not result.disputed
    return len(receipts), len(told) - len(receipts)


def lines_of(folder: Path) -> dict[str, list[str]]:
    """Ballot ids and the word "closed" in the order of each contest's log, read from the file."""
    found: dict[str, list[str]] = {}
    with sqlite3.connect(f"file:{folder / 'sawt.sqlite3'}?mode=ro", uri=True) as database:
        query = "SELECT contest, kind, ballot_id FROM contest_line ORDER BY contest, position"
        for name, kind, ballot in database.execute(query):
            found.setdefault(name, []).append(ballot if kind == "cast" else kind)
    database.close()
    return found


async def closes(folder: Path, tries: int) -> None:
    """So many closes; every acknowledged ballot stands before its closing line, and none after."""
    receipts = refusals = 0
    async with at_work(folder) as found:
        clock = found.clock
        assert isinstance(clock, Running)
        for number in range(tries):
            accepted, refused = await one_try(found, clock, number)
            receipts, refusals = receipts + accepted, refusals + refused
    logs = lines_of(folder)

    assert len(logs) == tries
    assert all(log[-1] == "closed" and log.count("closed") == 1 for log in logs.values())
    assert sum(len(log) - 1 for log in logs.values()) == receipts
    assert receipts > 0
    assert refusals > 0


@pytest.mark.sqlite_only
@pytest.mark.timeout(90)
async def test_ballots_around_the_close_count_or_are_refused(tmp_path: Path) -> None:
    await closes(tmp_path, 8)


@pytest.mark.nightly
async def test_ballots_around_a_thousand_closes_count_or_are_refused(tmp_path: Path) -> None:
    await closes(tmp_path, 1_000)
