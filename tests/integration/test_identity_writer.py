"""Joins are written together, fail together, and never hang."""

import asyncio

import pytest

from expo.db import Busy
from expo.identity import writer
from expo.identity.people import Visit
from expo.identity.writer import MOST_WAITING, Joined, JoinWriter


class Disk:
    """Commits when it is told to; remembers each batch."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, ...]] = []
        self.started = asyncio.Event()
        self.may_commit = asyncio.Event()
        self.failure: Exception | None = None

    async def write(self, devices: tuple[str, ...]) -> tuple[Joined, ...]:
        self.batches.append(devices)
        self.started.set()
        await self.may_commit.wait()
        if self.failure:
            raise self.failure
        return tuple(Joined(Visit(device=device), f"token of {device}") for device in devices)


async def test_whoever_comes_during_a_commit_goes_with_the_next_one() -> None:
    disk = Disk()
    joins = JoinWriter(disk.write)
    first = asyncio.create_task(joins.join("a"))
    await disk.started.wait()
    others = [asyncio.create_task(joins.join(device)) for device in "bcd"]
    await asyncio.sleep(0)
    disk.may_commit.set()

    joined = await asyncio.gather(first, *others)

    assert [one.token for one in joined] == [f"token of {device}" for device in "abcd"]
    assert disk.batches == [("a",), ("b", "c", "d")]


async def test_failed_commit_is_told_to_everybody_in_it_and_to_nobody_later() -> None:
    disk = Disk()
    disk.may_commit.set()
    joins = JoinWriter(disk.write)
    disk.failure = Busy()
    failed = await asyncio.gather(*(joins.join(d) for d in "ab"), return_exceptions=True)
    disk.failure = None

    assert all(isinstance(one, Busy) for one in failed)
    assert (await joins.join("c")).token == "token of c"


async def test_impatient_leader_takes_nobody_with_it_for_ever() -> None:
    disk = Disk()
    joins = JoinWriter(disk.write)
    leader = asyncio.create_task(joins.join("a"))
    await disk.started.wait()
    later = asyncio.create_task(joins.join("b"))
    await asyncio.sleep(0)

    leader.cancel()
    disk.may_commit.set()

    with pytest.raises(asyncio.CancelledError):
        await leader
    assert (await later).token == "token of b"


async def test_crowd_beyond_the_limit_is_told_to_come_back() -> None:
    disk = Disk()
    joins = JoinWriter(disk.write)
    first = asyncio.create_task(joins.join("first"))
    await disk.started.wait()
    crowd = [asyncio.create_task(joins.join(str(n))) for n in range(MOST_WAITING)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await joins.join("one too many")
    disk.may_commit.set()
    await asyncio.gather(first, *crowd)

    assert max(map(len, disk.batches)) == writer.MOST_AT_ONCE
    assert sum(map(len, disk.batches)) == MOST_WAITING + 1
