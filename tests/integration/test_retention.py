"""What has had its time is taken away: visits, and whatever ties a ballot to a person."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from expo.db import Tx
from expo.identity.privacy.retention_follower import RetentionFollower
from expo.leases import LeaseLost, Leases
from expo.wire.ending import ended
from tests.support.contests import contest
from tests.support.entering import by_mail
from tests.support.privacy import Room, fatima, person_of, room_in
from voting.ballots import tag_of
from voting.forgetting.windows import COMPLAINT_HOURS

pytestmark = pytest.mark.each_database


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with room_in(tmp_path) as opened:
        yield opened


async def test_secret_goes_after_the_complaint_window_and_everything_still_holds(
    room: Room,
) -> None:
    house = room.hall.house
    await house.open()
    person = person_of(await fatima(room))
    receipt = await house.vote(person, "bca")
    idle = person_of(await room.hall.enter(await room.hall.joined("idle"), by_mail("i@x.ae")))
    await room.publish()
    follower = RetentionFollower(room.privacy)
    secret = await room.one("SELECT secret FROM contest")
    result = await house.voting.result("s1")

    assert (await follower.look())["windows_begun"] == 1
    house.clock.move(hours=COMPLAINT_HOURS - 1)
    assert "secrets_destroyed" not in await follower.look()
    assert await room.one("SELECT secret FROM contest") == secret
    house.clock.move(hours=1)
    assert (await follower.look())["secrets_destroyed"] == 1

    after = await room.one("SELECT secret FROM contest")
    assert after != secret
    tag = tag_of(bytes.fromhex(after), person.id)
    assert await room.one("SELECT count(*) FROM ballot WHERE voter = :tag", tag=tag) == 0
    assert secret not in await room.everything()
    assert await house.voting.result("s1") == result
    await house.voting.refresh()
    found = await house.voting.receipt(await room.hall.at_door("phone"), receipt.tracker)
    assert found is not None
    assert (found[1].ranking, found[2]) == (("b", "c", "a"), False)
    assert (await house.voting.mine(person, "s1")).receipt is None
    assert (await room.privacy.copy(person)).ballots == ()
    assert await room.hall.entering.has_cast(person)
    assert not await room.hall.entering.has_cast(idle)
    assert "secrets_destroyed" not in await follower.look()


async def test_secret_of_a_contest_that_is_never_published_goes_too(room: Room) -> None:
    house = room.hall.house
    await house.open()
    await house.open(contest("s2"))
    await house.finish("s1")
    secret = await room.one("SELECT secret FROM contest WHERE id = 's1'")
    running = await room.one("SELECT secret FROM contest WHERE id = 's2'")

    house.clock.move(hours=24 * 90)
    await RetentionFollower(room.privacy).look()

    assert await room.one("SELECT secret FROM contest WHERE id = 's1'") != secret
    assert await room.one("SELECT secret FROM contest WHERE id = 's2'") == running


async def test_visits_go_a_week_after_they_are_over(room: Room) -> None:
    first = await fatima(room)
    await fatima(room, "laptop")
    assert first.visit.person is not None
    await room.hall.visits.leave(first.visit)
    before = await room.one("SELECT count(*) FROM visits")

    room.hall.house.clock.move(hours=6 * 24)
    follower = RetentionFollower(room.privacy)
    assert await follower.look() == {}
    room.hall.house.clock.move(hours=24)
    gone = (await follower.look())["visits"]

    assert 0 < gone < before or before == gone
    assert follower.gone["visits"] == gone
    assert await room.one("SELECT count(*) FROM visits WHERE ended_at IS NOT NULL") == 0


async def test_one_node_takes_away_and_another_goes_on_when_it_stops(room: Room) -> None:
    await fatima(room)
    database = room.hall.house.database
    total = await room.one("SELECT count(*) FROM visits")
    room.hall.house.clock.move(hours=24 * 60)
    nodes = [
        RetentionFollower(room.privacy, Leases(database, name, ttl_s=1.0, renew_s=0.2))
        for name in ("one", "other")
    ]
    tasks = [asyncio.create_task(node.run()) for node in nodes]
    try:
        async with asyncio.timeout(60):
            while not any(node.gone for node in nodes):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)
            first = next(n for n, node in enumerate(nodes) if node.gone)
            # The first looks again in a minute; the other as soon as it has taken over.
            await fatima(room, "laptop")
            room.hall.house.clock.move(hours=24 * 60)
            await ended(tasks[first])
            while not nodes[1 - first].gone:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)
    finally:
        await ended(*tasks)

    assert nodes[first].gone["visits"] == total
    assert await room.one("SELECT count(*) FROM visits") == 0


async def test_node_that_lost_its_turn_takes_nothing_away(room: Room) -> None:
    await fatima(room)
    database = room.hall.house.database
    room.hall.house.clock.move(hours=24 * 60)

    async def confirm(tx: Tx) -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        await room.privacy.expire(confirm)

    async with database.read() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM visits"))).scalar_one() > 0
