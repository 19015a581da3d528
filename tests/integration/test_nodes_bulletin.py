"""A bulletin with an embargo on two nodes: published once, read on both, told once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from expo.rights import Role
from tests.support.bulletins import letters_about, local, press, reviewed, subscribed, until
from tests.support.whole import Whole, whole

SECRET = "two-nodes-of-tests: 6fhw-pzmv-77xk-wq83"
READER = "reader@paper.example"


@pytest.fixture
async def pair(tmp_path: Path, postgres_url: str) -> AsyncIterator[tuple[Whole, Whole]]:
    async with AsyncExitStack() as stack:
        made = []
        for name in ("a", "b"):
            folder = tmp_path / name
            folder.mkdir()
            environ = {
                "SAWT_DATABASE_URL": postgres_url,
                "SAWT_SECRET_KEY": SECRET,
                "SAWT_NODE": name,
            }
            made.append(await stack.enter_async_context(whole(folder, environ)))
        made[1].clock.go_to(made[0].clock())
        yield made[0], made[1]


@pytest.mark.timeout(60)
async def test_the_embargo_ends_once_and_every_node_shows_it(pair: tuple[Whole, Whole]) -> None:
    a, b = pair
    await subscribed(a, await a.person(Role.PUBLIC), READER)
    organiser, _ = await reviewed(a, embargo=local(a, hours=2))
    await press(organiser, "publish")
    readers = [await one.person(Role.PUBLIC) for one in pair]

    for one in pair:
        one.clock.go_to(one.clock() + timedelta(hours=2, minutes=1))

    async def is_everywhere() -> bool:
        found = [await one.get("/en/bulletin/day/1") for one in readers]
        return all(one.status_code == 200 for one in found)

    await until(a, is_everywhere, 20)
    body = [(await one.get("/bulletin/day/1/v1.json")).content for one in readers]
    assert body[0] == body[1]

    async def is_told() -> bool:
        return len(await letters_about(b, READER)) == 1

    await until(a, is_told, 20)
    control = await b.expo.show.control()
    assert [one.action for one in control.log].count("publish-bulletin") == 1
