"""Everybody comes back at once (R6): quickly, without a question to the database, and votes go on."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from expo.db import Busy, Database
from expo.rights import Role
from sessions import sockets, store
from tests.support.contests import person
from tests.support.live import each
from tests.support.rawsocket import RawSocket
from tests.support.whole import Whole, cookie_of, whole
from voting.protocol import Cast

CROWD = 300
BACK_WITHIN_S = 5.0
VOTE_WITHIN_S = 1.0
QUESTIONS = 60
"""Statements the followers may send meanwhile by themselves; a crowd's would be hundreds."""


class Questions:
    """Counts the statements a database is sent for reading."""

    def __init__(self, database: Database) -> None:
        self.asked = 0
        event.listen(database._reading.sync_engine, "before_cursor_execute", self._count)

    def _count(self, *_statement: Any) -> None:
        self.asked += 1


class Crowd:
    """Viewers of one session page."""

    def __init__(self, house: Whole, size: int, cookies: Sequence[str] = ()) -> None:
        self._house = house
        self._cookies = [*cookies, *[""] * (size - len(cookies))]
        self._there: list[RawSocket] = []

    async def come(self) -> float:
        """Everybody connects at once; seconds until each has read the state of the contest."""
        began = time.monotonic()
        await each(*(self._enter(cookie) for cookie in self._cookies))
        return time.monotonic() - began

    async def _enter(self, cookie: str) -> None:
        one = RawSocket(self._house.url)
        await one.__aenter__()
        self._there.append(one)
        headers = {"Origin": self._house.url, "Cookie": cookie}
        assert await one.upgrade("/live/khda", headers) == 101
        while b'"type":"contest"' not in await one.text():
            pass

    async def vanish(self) -> None:
        """Everybody's connection breaks."""
        for one in self._there:
            one.reset()
        self._there.clear()
        while self._house.expo.hub.connected:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def voting_meanwhile(house: Whole) -> AsyncIterator[list[float]]:
    """Somebody casts all the time; seconds from each ballot to its receipt."""
    waits: list[float] = []
    over = asyncio.Event()

    async def vote() -> None:
        options = [option.id for option in house.contest().options]
        number = 0
        while not over.is_set():
            began, number = time.monotonic(), number + 1
            sent = Cast(str(uuid.uuid4()), "khda", tuple(options[:3]))
            with contextlib.suppress(Busy):
                await house.expo.voting.cast(person(f"v{number % 50}"), sent, house.clock())
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.02)

    voting = asyncio.create_task(vote())
    try:
        yield waits
    finally:
        # The ballot on its way is waited for: a quick crowd is back before the first receipt.
        over.set()
        await voting


async def storm(folder: Path, size: int, cookies: int) -> tuple[float, int, float]:
    """Seconds until all were back, questions asked meanwhile, and the longest wait of a vote (p99)."""
    async with whole(folder) as house:
        await house.open()
        customers = [await house.person(Role.CUSTOMER, f"c{n}") for n in range(cookies)]
        crowd = Crowd(house, size, [cookie_of(one) for one in customers])
        await crowd.come()
        await crowd.vanish()
        questions = Questions(house.expo.voting.database)
        async with voting_meanwhile(house) as waits:
            seconds = await crowd.come()
            asked = questions.asked
        await crowd.vanish()
        return seconds, asked, sorted(waits)[len(waits) * 99 // 100]


async def test_crowd_that_comes_back_at_once_asks_the_database_nothing(tmp_path: Path) -> None:
    seconds, asked, wait = await storm(tmp_path, CROWD, 0)

    assert seconds <= BACK_WITHIN_S
    assert asked <= QUESTIONS
    assert wait <= VOTE_WITHIN_S


async def test_voters_who_come_back_at_once_are_looked_up_together(tmp_path: Path) -> None:
    seconds, asked, _ = await storm(tmp_path, 60, 60)

    assert seconds <= BACK_WITHIN_S
    assert asked <= QUESTIONS


@pytest.mark.nightly
async def test_thousand_viewers_are_back_within_five_seconds(tmp_path: Path) -> None:
    seconds, asked, wait = await storm(tmp_path, 1_000, 0)

    print(f"{seconds:.1f} s, {asked} statements, votes p99 {wait * 1000:.0f} ms")  # noqa: T201
    assert seconds <= BACK_WITHIN_S
    assert asked <= QUESTIONS
    assert wait <= VOTE_WITHIN_S


async def test_page_that_looks_its_visitors_up_one_by_one_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sockets.Live.session

    async def curious(self: sockets.Live, socket: sockets.Socket) -> None:
        database: Database = socket.scope["state"]["database"]
        async with database.read() as tx:
            await store.version(tx)
        await session(self, socket)

    monkeypatch.setattr(sockets.Live, "session", curious)

    _, asked, _ = await storm(tmp_path, 80, 80)

    assert asked > QUESTIONS
