"""Questions are answered together, fail together, and never hang."""

import asyncio
from typing import TypeAlias

import pytest

from expo import together
from expo.db import Busy
from expo.together import MOST_AT_ONCE, MOST_WAITING

Told: TypeAlias = tuple[str | Exception, ...]


class Disk:
    """Commits when it is told to; remembers each batch."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, ...]] = []
        self.started = asyncio.Event()
        self.may_commit = asyncio.Event()
        self.failure: Exception | None = None

    async def write(self, devices: tuple[str, ...]) -> Told:
        self.batches.append(devices)
        self.started.set()
        await self.may_commit.wait()
        if self.failure:
            raise self.failure
        return tuple(
            Busy() if device.startswith("bad") else f"token of {device}" for device in devices
        )


def joining(disk: Disk) -> together.Together[str, str]:
    return together.Together(disk.write)


async def test_whoever_comes_during_a_commit_goes_with_the_next_one() -> None:
    disk = Disk()
    joins = joining(disk)
    first = asyncio.create_task(joins.ask("a"))
    await disk.started.wait()
    others = [asyncio.create_task(joins.ask(device)) for device in "bcd"]
    await asyncio.sleep(0)
    disk.may_commit.set()

    assert await asyncio.gather(first, *others) == [f"token of {device}" for device in "abcd"]
    assert disk.batches == [("a",), ("b", "c", "d")]


async def test_failed_commit_is_told_to_everybody_in_it_and_to_nobody_later() -> None:
    disk = Disk()
    disk.may_commit.set()
    joins = joining(disk)
    disk.failure = Busy()
    failed = await asyncio.gather(*(joins.ask(d) for d in "ab"), return_exceptions=True)
    disk.failure = None

    assert all(isinstance(one, Busy) for one in failed)
    assert await joins.ask("c") == "token of c"


async def test_refusal_of_one_is_no_refusal_of_its_neighbours() -> None:
    disk = Disk()
    disk.may_commit.set()
    joins = joining(disk)

    told = await asyncio.gather(joins.ask("bad"), joins.ask("good"), return_exceptions=True)

    assert isinstance(told[0], Busy)
    assert told[1] == "token of good"


async def test_whoever_leaves_takes_nobody_along() -> None:
    disk = Disk()
    joins = joining(disk)
    leaver = asyncio.create_task(joins.ask("a"))
    beside = asyncio.create_task(joins.ask("b"))
    await disk.started.wait()
    later = asyncio.create_task(joins.ask("c"))
    await asyncio.sleep(0)

    leaver.cancel()
    disk.may_commit.set()

    with pytest.raises(asyncio.CancelledError):
        await leaver
    assert await beside == "token of b"
    assert await later == "token of c"


async def test_work_that_is_cut_off_is_told_as_busy() -> None:
    disk = Disk()
    joins = joining(disk)
    asking = asyncio.create_task(joins.ask("a"))
    await disk.started.wait()

    assert joins._working is not None
    joins._working.cancel()

    with pytest.raises(Busy):
        await asking


async def test_crowd_beyond_the_limit_is_told_to_come_back() -> None:
    disk = Disk()
    joins = joining(disk)
    first = asyncio.create_task(joins.ask("first"))
    await disk.started.wait()
    crowd = [asyncio.create_task(joins.ask(str(n))) for n in range(MOST_WAITING)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await joins.ask("one too many")
    disk.may_commit.set()
    await asyncio.gather(first, *crowd)

    assert max(map(len, disk.batches)) == MOST_AT_ONCE
    assert sum(map(len, disk.batches)) == MOST_WAITING + 1
