"""A person's data: a copy of it, its end, and everything that must not change by that."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from expo.db import Row, Tx
from expo.errors import NotFound
from expo.identity.entering.usecases import Arrival
from expo.identity.people import Person, PersonId
from expo.identity.privacy.retention_follower import RetentionFollower
from expo.identity.privacy.usecases import Privacy
from expo.identity.privacy.values import BallotUnderWay
from expo.leases import LeaseLost, Leases
from expo.record import store as staff_log
from expo.rights import Role
from expo.wire.ending import ended
from expo.words import ERASED
from tests.support.contests import contest
from tests.support.entering import Hall, by_employer, by_mail, hall
from voting import moves
from voting.ballots import tag_of
from voting.forgetting.usecases import Forgetting
from voting.forgetting.windows import COMPLAINT_HOURS
from voting.results import canonical

pytestmark = pytest.mark.each_database

BOSS = Person(PersonId("boss-1"), Role.ORGANISER, label="Mariam Bossmark")
NAME = "Fatima Namemark"
ADDRESS = "fatima.mailmark@x.ae"


@dataclass
class Room:
    """A hall, and whoever takes care of its people's data."""

    hall: Hall
    privacy: Privacy

    async def everything(self) -> str:
        """All text there is in the database."""
        found = []
        async with self.hall.house.database.read() as tx:
            for table in Row.metadata.sorted_tables:
                found += [str(tuple(row)) for row in await tx.execute(table.select())]
        return "\n".join(found)

    async def one(self, statement: str, **values: Any) -> Any:
        """The only value a statement finds."""
        async with self.hall.house.database.read() as tx:
            return (await tx.execute(text(statement), values)).scalar_one_or_none()

    async def publish(self, contest_id: str = "s1") -> None:
        """Finish a contest and publish its result."""
        house = self.hall.house
        await house.finish(contest_id)
        await house.move(contest_id, moves.review)
        await house.move(contest_id, moves.reveal)
        await house.move(contest_id, moves.publish)


@asynccontextmanager
async def room_in(folder: Path) -> AsyncIterator[Room]:
    """A room in a folder."""
    async with hall(folder) as found:
        house = found.house

        def end_sockets(ended: Any, code: int) -> None:
            found.closed.append((ended, code))

        votes = Forgetting(house.voting)
        yield Room(found, Privacy(house.database, house.clock, end_sockets, votes, found.voters))


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with room_in(tmp_path) as opened:
        yield opened


def person_of(arrival: Arrival) -> Person:
    assert arrival.visit.person is not None
    return arrival.visit.person


async def fatima(room: Room, device: str = "phone") -> Arrival:
    """Somebody with a name, an address and a device that joined before."""
    claim = by_mail(ADDRESS)
    claim = type(claim)(
        claim.kind, "", ADDRESS, claim.assurance, claim.role, label=NAME, contact=ADDRESS
    )
    return await room.hall.enter(await room.hall.joined(device), claim)


async def test_copy_has_everything_about_a_person_and_nothing_about_others(room: Room) -> None:
    await room.hall.house.open()
    mine = await fatima(room)
    other = await room.hall.enter(await room.hall.joined("other"), by_mail("stranger@y.ae"))
    receipt = await room.hall.house.vote(person_of(mine), "bca")
    foreign = await room.hall.house.vote(person_of(other), "abc")

    copy = await room.privacy.copy(person_of(mine))

    assert copy.rows["persons"][0]["label"] == NAME
    assert [row["contact"] for row in copy.rows["identities"]] == [ADDRESS]
    assert len(copy.rows["visits"]) == 2  # joined, then signed in
    assert [(one.tracker, one.ranking) for one in copy.ballots] == [
        (receipt.tracker, ("b", "c", "a"))
    ]
    said = str(copy)
    assert "stranger" not in said
    assert foreign.tracker not in said
    assert person_of(other).id not in said


async def test_copy_holds_no_secret_and_no_mark(room: Room) -> None:
    mine = await fatima(room)
    hidden = {
        str(await room.one(statement))
        for statement in (
            "SELECT fingerprint FROM visits LIMIT 1",
            "SELECT mark FROM identities LIMIT 1",
            "SELECT device FROM held_devices LIMIT 1",
        )
    }

    said = str((await room.privacy.copy(person_of(mine))).rows)

    assert not [one for one in hidden if one in said]


async def test_erasing_leaves_nothing_that_tells_who_it_was(room: Room) -> None:
    await room.hall.house.open()
    mine = await fatima(room)
    person = person_of(mine)
    device = await room.one("SELECT device FROM held_devices LIMIT 1")
    await room.hall.house.vote(person, "bca")
    await room.hall.house.finish()
    assert NAME in await room.everything()

    await room.privacy.erase(person, person.id)

    left = await room.everything()
    assert not [one for one in (NAME, ADDRESS, str(device)) if one in left]
    assert await room.one("SELECT count(*) FROM persons WHERE id = :id", id=person.id) == 1
    assert await room.one("SELECT count(*) FROM visits WHERE person_id = :id", id=person.id) == 0


async def test_erasing_changes_no_count_no_result_and_no_record(room: Room) -> None:
    house = room.hall.house
    await house.open()
    people = [await fatima(room)]
    people += [
        await room.hall.enter(await room.hall.joined(f"d{n}"), by_mail(f"v{n}@x.ae"))
        for n in range(6)
    ]
    trackers = [
        (await house.vote(person_of(one), ranking)).tracker
        for one, ranking in zip(people, ("abc", "bca", "cab", "abd", "da", "b", "abc"), strict=True)
    ]
    await house.finish()

    async def record() -> tuple[object, ...]:
        async with house.database.read() as tx:
            lines = (await tx.execute(text("SELECT * FROM contest_line ORDER BY position"))).all()
            ballots = (await tx.execute(text("SELECT * FROM ballot ORDER BY voter"))).all()
        result = await house.voting.result("s1")
        assert result is not None
        _, recount = await house.closing._recount(house.voting.contests.get("s1"))  # type: ignore[arg-type]
        assert recount == house.voting.tally("s1")
        return canonical(result), str(lines), str(ballots), str(house.voting.turnout("s1"))

    before = await record()
    for one in people[:3]:
        await room.privacy.erase(BOSS, person_of(one).id)
    await house.voting.refresh()

    assert await record() == before
    found = await house.voting.receipt(await room.hall.at_door("nobody"), trackers[0])
    assert found is not None
    assert found[1].ranking == ("a", "b", "c")


async def test_results_read_the_same_on_a_node_started_after_an_erasure(
    room: Room, tmp_path: Path
) -> None:
    house = room.hall.house
    await house.open()
    mine = await fatima(room)
    await house.vote(person_of(mine), "bca")
    await house.finish()
    before = await house.voting.result("s1")
    await room.privacy.erase(BOSS, person_of(mine).id)

    async with room_in(tmp_path) as again:
        after = await again.hall.house.voting.result("s1")

    assert before is not None
    assert after is not None
    assert canonical(after) == canonical(before)


async def test_nobody_is_erased_while_their_ballot_is_open_to_a_second_one(room: Room) -> None:
    await room.hall.house.open()
    person = person_of(await fatima(room))
    await room.hall.house.vote(person, "bca")

    with pytest.raises(BallotUnderWay):
        await room.privacy.erase(person, person.id)
    assert NAME in await room.everything()

    await room.hall.house.vote(person, "")
    await room.privacy.erase(person, person.id)
    assert NAME not in await room.everything()


async def test_erased_person_is_out_everywhere_and_comes_back_as_somebody_new(room: Room) -> None:
    phone = await fatima(room)
    laptop = await fatima(room, "laptop")
    person = person_of(phone)

    await room.privacy.erase(person, person.id)

    assert (await room.hall.at_door("phone", phone.token)).person is None
    assert (await room.hall.at_door("laptop", laptop.token)).person is None
    assert phone.visit.id in room.hall.closed[-1][0]
    again = await fatima(room)
    assert person_of(again).id != person.id
    with pytest.raises(NotFound):
        await room.privacy.erase(BOSS, person.id)


async def test_log_keeps_its_lines_and_loses_the_name(room: Room) -> None:
    staff = person_of(
        await room.hall.enter(await room.hall.at_door("desk"), by_employer("s", Role.ORGANISER))
    )
    named = Person(staff.id, Role.ORGANISER, label="Layla Logmark")
    database = room.hall.house.database
    async with database.write() as tx:
        await staff_log.append(
            tx, at=room.hall.house.clock(), actor=named, action="x", subject="y", facts={}
        )
    async with database.read() as tx:
        assert (await staff_log.latest(tx, 1))[0].actor == "Layla Logmark"

    await room.privacy.erase(BOSS, staff.id)

    async with database.read() as tx:
        lines = await staff_log.latest(tx, 2)
    assert [(one.actor, one.action) for one in lines] == [
        ("Mariam Bossmark", "erase-person"),
        (ERASED, "x"),
    ]
    assert "Logmark" not in await room.everything()
    async with database.write() as tx:
        await staff_log.append(
            tx, at=room.hall.house.clock(), actor=named, action="z", subject="y", facts={}
        )
    assert "Logmark" not in await room.everything()


async def test_pass_of_one_person_loses_its_label_and_opens_nothing(room: Room) -> None:
    at = room.hall.house.clock() + timedelta(hours=1)
    issued = await room.hall.passes.issue(
        None, role=Role.EMPLOYEE, electorate="employees", entity=None, label="Omar Passmark",
        expires_at=at,
    )  # fmt: skip
    token = issued.path.rpartition("/")[2]
    joined = await room.hall.passes.redeem(token, await room.hall.at_door("phone"))
    person = joined[0].person
    assert person is not None
    assert (await room.privacy.copy(person)).rows["passes"][0]["label"] == "Omar Passmark"

    await room.privacy.erase(BOSS, person.id)

    assert "Passmark" not in await room.everything()
    assert await room.one("SELECT revoked_at FROM passes WHERE id = :id", id=issued.issued.id)


# --- what has had its time ---


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


async def test_what_a_copy_says_is_json(room: Room) -> None:
    copy = await room.privacy.copy(person_of(await fatima(room)))

    assert json.loads(msgspec.json.encode(copy))["person"] == copy.person


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
        async with asyncio.timeout(10):
            while not any(node.gone for node in nodes):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)
            first = next(n for n, node in enumerate(nodes) if node.gone)
            await ended(tasks[first])
            await fatima(room, "laptop")
            room.hall.house.clock.move(hours=24 * 60)
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
