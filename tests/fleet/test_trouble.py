"""Nodes are killed, frozen and restarted, NATS goes away and comes back: nobody is told a lie."""

import asyncio
import os
import signal
import time
import uuid
from pathlib import Path

import pytest

from sessions.rehearsal.audience import Audience
from sessions.rehearsal.door import Door
from tests.support.fleet import Fleet
from tests.support.fleet_elections import Walkers, control_room, held_by_fleet, opened
from tests.support.held_elections import Election, look, made_up_election
from tests.support.onlookers import Onlooker, all_there, share, watching

PAGES = ("/en/", "/ar/schedule", "/en/session/election", "/en/results/day/1")
RANKING = ["khda-transfer", "khda-inclusion"]
SOON = 1.0  # seconds within which all screens are equal
TAKEOVER = 3.0  # until another node counts for one that was killed


class Voters:
    """New customers who each cast one ballot over HTTP, at nginx or at a node itself."""

    def __init__(self, there: Fleet) -> None:
        self._there = there
        self.done = 0

    async def cast(self, url: str | None = None) -> None:
        """One more ballot; it is acknowledged."""
        async with Door(url or self._there.address, self._there.address) as door:
            cookies = await door.join()
            ballot = {"id": str(uuid.uuid4()), "contest": "khda", "ranking": RANKING}
            receipt = await door.post("/en/ballots/khda", cookies, ballot)
        self.done += 1
        assert receipt["revision"] == 1


async def all_know(them: list[Onlooker], ballots: int, within: float) -> float:
    """Seconds until everybody is shown so many ballots.

    Raises:
        AssertionError: It took longer.
    """
    began = time.monotonic()
    while not all(one.frames["turnout"]["ballots"] == ballots for one in them):
        shown = {one.frames["turnout"]["ballots"] for one in them}
        assert time.monotonic() - began < within, f"{shown} instead of {ballots}"
        await asyncio.sleep(0.01)
    return time.monotonic() - began


# --- nodes ---


@pytest.mark.parametrize("size", [60, pytest.param(200, marks=pytest.mark.nightly)])
async def test_killed_node_costs_its_viewers_one_reconnect(two: Fleet, size: int) -> None:
    voters = Voters(two)
    async with control_room(two) as room:
        await opened(room)
        async with watching(two.address, size) as them:
            for _ in range(5):
                await voters.cast()
            await all_know(them, 5, SOON)
            killed = time.monotonic()
            await two.nodes[0].kill()
            await voters.cast()
            await back_again(them)
            gone = [one.absences[-1].back - killed for one in them if one.absences]
            assert size / 5 < len(gone) < size  # the other node's viewers noticed nothing
            assert share(gone, 0.95) < 3
            await all_know(them, 6, TAKEOVER)
            await two.nodes[0].start()
            await two.nodes[1].kill()
            await voters.cast()
            await back_again(them)
            await all_know(them, 7, TAKEOVER)
            assert sum(one.told_older for one in them) == 0


async def back_again(them: list[Onlooker]) -> None:
    """Returns when everybody has noticed what happened and is connected again."""
    async with asyncio.timeout(10):
        await asyncio.sleep(0.3)  # who has been cut off knows it by now
        await all_there(them)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("size", [90, pytest.param(2_000, marks=pytest.mark.nightly)])
async def test_rolling_restart_under_casting_loses_nothing_and_shows_no_error(
    tmp_path: Path, postgres_url: str, size: int
) -> None:
    walkers: list[Walkers] = []

    async def rolling(there: Fleet, audience: Audience) -> None:
        walkers.append(Walkers(there.address, PAGES))
        async with asyncio.TaskGroup() as tasks:
            walking = tasks.create_task(walkers[0].walk())
            await some_receipts(audience, size // 10)
            for _ in range(1 if size < 1_000 else 5):
                await there.rolling_restart()
            walking.cancel()

    found = await held_by_fleet(tmp_path, postgres_url, election(size), rolling, pace=8)

    look(found)
    assert walkers[0].wrong == []
    assert walkers[0].pages > 50


@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_nodes_killed_in_turn_in_an_election_lose_nothing(
    tmp_path: Path, postgres_url: str
) -> None:
    async def killing(there: Fleet, audience: Audience) -> None:
        for n in range(6):
            await some_receipts(audience, 20)
            await there.nodes[n % 2].kill()
            await asyncio.sleep(0.2)
            await there.nodes[n % 2].start()

    look(await held_by_fleet(tmp_path, postgres_url, election(600), killing, pace=6))


@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_frozen_node_does_no_harm_when_it_wakes(tmp_path: Path, postgres_url: str) -> None:
    async def freezing(there: Fleet, audience: Audience) -> None:
        for node in there.nodes:
            await some_receipts(audience, 20)
            os.kill(node.pid, signal.SIGSTOP)
            await asyncio.sleep(15)
            os.kill(node.pid, signal.SIGCONT)

    look(await held_by_fleet(tmp_path, postgres_url, election(400), freezing, pace=4))


# --- NATS ---


async def test_screens_are_equal_with_nats_without_it_and_with_it_again(two: Fleet) -> None:
    nats, (one, other) = two.nats, two.nodes
    assert nats is not None
    voters = Voters(two)
    async with control_room(two) as room:
        await opened(room)
    async with (
        watching(one.url, 5, origin=two.address) as here,
        watching(other.url, 5, origin=two.address) as there,
    ):
        everybody = [*here, *there]
        await voters.cast(one.url)
        await all_know(everybody, 1, SOON)
        nats.servers[0].kill()  # one of three: whoever was there goes to another
        await voters.cast(other.url)
        await all_know(everybody, 2, 2 * SOON)
        nats.stop()
        await voters.cast(one.url)
        await voters.cast(other.url)
        await all_know(everybody, 4, 2 * SOON)  # each node looks by itself
        nats.start()
        await voters.cast(one.url)
        await all_know(everybody, 5, 2 * SOON)
        assert sum(one.told_older for one in everybody) == 0


@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_election_in_which_nats_splits_stops_and_returns_is_counted_right(
    tmp_path: Path, postgres_url: str
) -> None:
    async def breaking(there: Fleet, audience: Audience) -> None:
        nats = there.nats
        assert nats is not None
        for _ in range(2):
            await some_receipts(audience, 20)
            frozen = nats.servers[1].pid  # takes what it is told and passes nothing on
            os.kill(frozen, signal.SIGSTOP)
            await asyncio.sleep(4)
            os.kill(frozen, signal.SIGCONT)
            nats.stop()
            await asyncio.sleep(2)
            nats.start()

    look(await held_by_fleet(tmp_path, postgres_url, election(400), breaking, pace=6))


def election(size: int) -> Election:
    """The one that is held."""
    return made_up_election(size)


async def some_receipts(audience: Audience, more: int) -> None:
    """Returns after so many more receipts, or when the voting is over."""
    wanted = len(audience.report.acknowledged) + more
    while len(audience.report.acknowledged) < wanted:
        if audience.finished.is_set():
            return
        await asyncio.sleep(0.01)
