"""Ready means: the database answers, every follower is at work, the disk has room."""

from pathlib import Path

import httpx2
import pytest

from tests.support.whole import whole


async def test_whole_expo_is_ready_part_by_part(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{house.url}/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "followers": "ok", "disk": "ok"}


async def test_expo_whose_followers_are_gone_is_not_ready(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        probe = house.expo.state["probes"]["followers"]
        await probe()

    with pytest.raises(OSError, match="follower"):
        await probe()
