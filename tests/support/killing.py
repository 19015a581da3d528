"""A vote desk in a process of its own, killed at any instant, and what must be true afterwards."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from tests.support.contests import house
from tests.support.killed_desk import ballot_id
from tests.support.logged import logged
from voting import store
from voting.closing_follower import ClosingFollower

ROOT = Path(__file__).resolve().parents[2]


def run_and_kill(
    folder: Path, first: int, seconds: float, *, url: str | None = None
) -> dict[int, str]:
    """What was acknowledged (ballot number → tracker and revision) until the kill."""
    desk = subprocess.Popen(_command(folder, first, url), stdout=subprocess.PIPE, cwd=ROOT)
    assert desk.stdout is not None
    with desk:
        heard = [desk.stdout.readline()]
        time.sleep(seconds)
        desk.send_signal(signal.SIGKILL)
        heard += desk.stdout.readlines()
    return _said(heard)


class Desk:
    """A desk that casts until the block ends; ``acknowledged`` grows as it is told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._more = asyncio.Event()
        self.acknowledged: dict[int, str] = {}

    async def follow(self) -> None:
        """Read what it says until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.acknowledged |= _said([line])
            self._more.set()

    async def casts(self, more: int) -> None:
        """Wait until so many more ballots are acknowledged."""
        wanted = len(self.acknowledged) + more
        while len(self.acknowledged) < wanted:
            self._more.clear()
            await self._more.wait()


@contextlib.asynccontextmanager
async def desk(
    folder: Path, first: int, url: str, *, program: str = "killed_desk"
) -> AsyncIterator[Desk]:
    """A desk at work, killed when the block ends; ``program`` may be one with a mistake."""
    process = await asyncio.create_subprocess_exec(
        *_command(folder, first, url, program), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    found = Desk(process)
    reading = asyncio.create_task(found.follow())
    try:
        yield found
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await reading


async def check(folder: Path, acknowledged: dict[int, str], *, url: str | None = None) -> None:
    """Every acknowledged ballot is on record once, as acknowledged; the count is what is there."""
    async with house(folder, url=url) as there:
        wanted = {ballot_id(number): said for number, said in acknowledged.items()}
        found = await logged(there.database, "s1", wanted)
        async with there.database.read() as tx:
            position, lines = await store.lines(tx, "s1", 0, 1_000_000)
        assert {line.ballot_id: f"{line.tracker} {line.revision}" for line in found} == wanted
        assert max(Counter(line.ballot_id for line in found).values()) == 1
        assert [line.position for line in lines] == list(range(1, position + 1))
        contest = there.voting.contests.get("s1")
        assert contest is not None
        _, recount = await ClosingFollower(there.voting)._recount(contest)
        assert recount == there.voting.tally("s1")


def _command(folder: Path, first: int, url: str | None, program: str = "killed_desk") -> list[str]:
    more = [url] if url else []
    return [sys.executable, "-m", f"tests.support.{program}", str(folder), str(first), *more]


def _said(heard: list[bytes]) -> dict[int, str]:
    lines = [line.decode().split(maxsplit=1) for line in heard if line.endswith(b"\n")]
    return {int(number): said.strip() for number, said in lines}
