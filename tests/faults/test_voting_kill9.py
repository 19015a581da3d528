"""A server that is killed at any instant loses no acknowledged ballot and doubles none (D1)."""

import random
from pathlib import Path

import pytest

from tests.support.killing import check, run_and_kill


async def _trials(folder: Path, trials: int, url: str | None = None) -> None:
    dice = random.Random(trials)
    acknowledged: dict[int, str] = {}
    for _ in range(trials):
        first = max(0, max(acknowledged, default=0) - 60)  # answers may have been lost: ask again
        heard = run_and_kill(folder, first, dice.uniform(0, 0.4), url=url)
        assert heard
        for number in acknowledged.keys() & heard.keys():
            assert acknowledged[number] == heard[number]
        acknowledged |= heard
    await check(folder, acknowledged, url=url)


@pytest.mark.sqlite_only
@pytest.mark.timeout(180)
async def test_killed_server_keeps_every_acknowledged_ballot(tmp_path: Path) -> None:
    await _trials(tmp_path, 6)


@pytest.mark.timeout(180)
async def test_killed_node_keeps_every_acknowledged_ballot(
    tmp_path: Path, postgres_url: str
) -> None:
    await _trials(tmp_path, 6, postgres_url)


@pytest.mark.sqlite_only
@pytest.mark.nightly
@pytest.mark.timeout(1_800)
async def test_killed_server_keeps_every_acknowledged_ballot_all_night(tmp_path: Path) -> None:
    await _trials(tmp_path, 200)


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
async def test_killed_node_keeps_every_acknowledged_ballot_all_night(
    tmp_path: Path, postgres_url: str
) -> None:
    await _trials(tmp_path, 200, postgres_url)
