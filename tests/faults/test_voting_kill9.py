"""A server that is killed at any instant loses no acknowledged ballot and doubles none (D1)."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.contests import house
from tests.support.killed_desk import ballot_id
from voting import store
from voting.closing_follower import ClosingFollower

ROOT = Path(__file__).resolve().parents[2]


def run_and_kill(folder: Path, first: int, seconds: float) -> dict[int, str]:
    """What was acknowledged (ballot number → tracker and revision) until the kill."""
    desk = subprocess.Popen(
        [sys.executable, "-m", "tests.support.killed_desk", str(folder), str(first)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert desk.stdout is not None
    with desk:
        heard = [desk.stdout.readline()]
        time.sleep(seconds)
        desk.send_signal(signal.SIGKILL)
        heard += desk.stdout.readlines()
    lines = [line.decode().split(maxsplit=1) for line in heard if line.endswith(b"\n")]
    return {int(number): said.strip() for number, said in lines}


async def check(folder: Path, acknowledged: dict[int, str]) -> None:
    """Every acknowledged ballot is on record once, as acknowledged; the count is what is there."""
    async with house(folder) as there:
        wanted = {ballot_id(number): said for number, said in acknowledged.items()}
        async with there.database.read() as tx:
            found = await store.with_ids(tx, "s1", list(wanted))
            position, lines = await store.lines(tx, "s1", 0, 1_000_000)
        assert {line.ballot_id: f"{line.tracker} {line.revision}" for line in found} == wanted
        assert max(Counter(line.ballot_id for line in found).values()) == 1
        assert [line.position for line in lines] == list(range(1, position + 1))
        contest = there.voting.contests.get("s1")
        assert contest is not None
        _, recount = await ClosingFollower(there.voting)._recount(contest)
        assert recount == there.voting.tally("s1")


async def _trials(folder: Path, trials: int) -> None:
    dice = random.Random(trials)
    acknowledged: dict[int, str] = {}
    for _ in range(trials):
        first = max(0, max(acknowledged, default=0) - 60)  # answers may have been lost: ask again
        heard = run_and_kill(folder, first, dice.uniform(0, 0.4))
        assert heard
        for number in acknowledged.keys() & heard.keys():
            assert acknowledged[number] == heard[number]
        acknowledged |= heard
    await check(folder, acknowledged)


@pytest.mark.timeout(180)
async def test_killed_server_keeps_every_acknowledged_ballot(tmp_path: Path) -> None:
    await _trials(tmp_path, 6)


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
async def test_killed_server_keeps_every_acknowledged_ballot_all_night(tmp_path: Path) -> None:
    await _trials(tmp_path, 200)
