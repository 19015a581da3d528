"""A node dies in the middle of an election on PostgreSQL: what was acknowledged stays (D1 on D8's database)."""

from pathlib import Path

import msgspec
import pytest

from tests.support.held_elections import Killing, held, look, made_up_election

SECRET = "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"


async def _killed(folder: Path, url: str, kills: Killing, size: int) -> None:
    there = await held(folder, made_up_election(size), kills, pace=8, most_seconds=1_500)

    look(msgspec.structs.replace(there, database=url))
    assert kills.done == kills.times
    assert there.audience.report.lost_connections > 0


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> str:
    """The settings of every process this test starts."""
    monkeypatch.setenv("SAWT_DATABASE_URL", postgres_url)
    monkeypatch.setenv("SAWT_SECRET_KEY", SECRET)
    return postgres_url


@pytest.mark.timeout(240)
async def test_killed_node_keeps_what_it_acknowledged(tmp_path: Path, node: str) -> None:
    await _killed(tmp_path, node, Killing(2, seed=1), 80)


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
async def test_node_killed_thirty_times_loses_nothing(tmp_path: Path, node: str) -> None:
    await _killed(tmp_path, node, Killing(30, seed=4), 600)
