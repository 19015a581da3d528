"""A viewer that comes to another node is told nothing older than it knew (R4): whoever is, is found out."""

import asyncio
from pathlib import Path

from expo.rights import Role
from tests.support.live import until
from tests.support.onlookers import watching
from tests.support.whole import Whole, ballot, whole
from voting.visibility import turnout_room

THING = "turnout khda"


async def cast_and_wait(house: Whole, times: int) -> None:
    """So many ballots of one voter, on record and counted."""
    voter = await house.person(Role.CUSTOMER)
    options = [option.id for option in house.contest().options]
    for number in range(times):
        answer = await voter.post("/en/ballots/khda", json=ballot(*options[number : number + 2]))
        assert answer.status_code == 200, answer.text
    await house.position()


async def older_states(folder: Path, *, is_behind: bool) -> int:
    """How often viewers were told something older after their connections broke.

    Args:
        folder: Of the expo.
        is_behind: Whether the node they come back to has not read the newest lines.
    """
    async with whole(folder) as house:
        await house.open()
        async with watching(house.url, 3) as them:
            room = turnout_room("khda")
            before = house.expo.hub.latest(room)
            await cast_and_wait(house, 2)
            await until(lambda: all(one.knows.get(THING, 0) == 2 for one in them))
            if is_behind:
                assert before is not None
                house.expo.hub.publish(room, before)
            house.expo.hub.close_where(lambda _who: True, 4001)
            async with asyncio.timeout(20):
                await until(lambda: all(one.absences or one.told_older for one in them))
            return sum(one.told_older for one in them)


async def test_viewer_that_comes_back_is_told_nothing_older(tmp_path: Path) -> None:
    assert await older_states(tmp_path, is_behind=False) == 0


async def test_node_that_is_behind_is_found_out(tmp_path: Path) -> None:
    assert await older_states(tmp_path, is_behind=True) > 0
