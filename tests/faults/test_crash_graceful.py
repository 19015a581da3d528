"""The server is asked to end, or its disk is full, while people vote (promises D4 and D6)."""

import asyncio
import contextlib
import resource
import time
from pathlib import Path

import httpx2
import pytest

from command.child import Child
from sessions.rehearsal.audience import Audience
from tests.support.held_elections import held, look, made_up_election
from tests.support.rawsocket import RawSocket

STALLED = 50
ENDS_WITHIN_S = 8.0
BY_DAY_S = (
    20.0  # on a machine that runs other tests beside; the nightly run asks for the promise itself
)
FULL_BYTES = 4_096  # no file may grow beyond it: less than any of the database's


async def voted(audience: Audience, ballots: int) -> None:
    """So many ballots more have their receipt."""
    enough = len(audience.report.acknowledged) + ballots
    while len(audience.report.acknowledged) < enough:
        assert not audience.finished.is_set(), "the voting was over too early"
        await asyncio.sleep(0.005)


@pytest.mark.timeout(240)
async def test_server_that_is_asked_to_end_leaves_nobody_with_a_broken_promise(
    tmp_path: Path,
) -> None:
    ended: list[tuple[int, float]] = []

    async def trouble(child: Child, audience: Audience) -> None:
        await voted(audience, 20)
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(STALLED):
                viewer = await stack.enter_async_context(RawSocket(child.url, 4_096))
                assert await viewer.upgrade("/live/day") == 101
            started = time.monotonic()
            status = await child.terminate()
            ended.append((status, time.monotonic() - started))
        await child.start()

    there = await held(tmp_path, made_up_election(100), trouble, pace=16)

    look(there)
    ((status, seconds),) = ended
    assert status == 0
    assert seconds <= BY_DAY_S
    assert "Traceback" not in (tmp_path / "server.log").read_text()


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
async def test_server_that_is_asked_to_end_thirty_times_breaks_no_promise(tmp_path: Path) -> None:
    ended: list[tuple[int, float]] = []

    async def trouble(child: Child, audience: Audience) -> None:
        while len(ended) < 30 and not audience.finished.is_set():
            await _receipts(audience, 8)
            started = time.monotonic()
            status = await child.terminate()
            ended.append((status, time.monotonic() - started))
            await child.start()

    there = await held(tmp_path, made_up_election(600), trouble, pace=20, most_seconds=900)

    look(there)
    print(f"{len(ended)} ends, the longest {max(s for _, s in ended):.1f} s")  # noqa: T201
    assert len(ended) >= 10
    assert {status for status, _ in ended} == {0}
    assert max(seconds for _, seconds in ended) <= ENDS_WITHIN_S
    assert "Traceback" not in (tmp_path / "server.log").read_text()


async def _receipts(audience: Audience, more: int) -> None:
    """So many more ballots have their receipt, or there are no more to come."""
    enough = len(audience.report.acknowledged) + more
    while len(audience.report.acknowledged) < enough and not audience.finished.is_set():  # noqa: ASYNC110 - a count has no event
        await asyncio.sleep(0.005)


@pytest.mark.timeout(240)
async def test_full_disk_puts_votes_off_and_keeps_the_pages_until_there_is_room_again(
    tmp_path: Path,
) -> None:
    pages: list[int] = []

    async def trouble(child: Child, audience: Audience) -> None:
        await voted(audience, 20)
        _, hard = resource.prlimit(child.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (FULL_BYTES, hard))
        put_off = audience.report.put_off
        while audience.report.put_off < put_off + 5:  # noqa: ASYNC110 - a count has no event
            await asyncio.sleep(0.01)
        async with httpx2.AsyncClient(base_url=child.url, trust_env=False, timeout=20) as http:
            addresses = ("/en/", "/ar/schedule", "/healthz")
            answers = await asyncio.gather(*(http.get(address) for address in addresses))
            pages.extend(answer.status_code for answer in answers)
        recorded = len(audience.report.acknowledged)
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (hard, hard))
        while len(audience.report.acknowledged) == recorded:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
        assert child.starts == 1  # voting came back by itself

    there = await held(tmp_path, made_up_election(150), trouble, pace=8)

    look(there)
    assert pages == [200, 200, 200]
    assert there.audience.report.put_off >= 5
