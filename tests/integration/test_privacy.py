"""A person's data: a copy of it, its end, and everything that must not change by that."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from expo.errors import NotFound
from expo.identity.people import Person
from expo.identity.privacy.values import BallotUnderWay
from expo.record import store as staff_log
from expo.rights import Role
from expo.words import ERASED
from tests.support.entering import by_employer, by_mail
from tests.support.privacy import ADDRESS, BOSS, NAME, Room, fatima, person_of, room_in
from voting.results import canonical

pytestmark = pytest.mark.each_database


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with room_in(tmp_path) as opened:
        yield opened


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
        result, closed = await house.voting.result("s1"), house.voting.contests.get("s1")
        assert result is not None
        assert closed is not None
        assert (await house.closing._recount(closed))[1] == house.voting.tally("s1")
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


async def test_what_a_copy_says_is_json(room: Room) -> None:
    copy = await room.privacy.copy(person_of(await fatima(room)))

    assert json.loads(msgspec.json.encode(copy))["person"] == copy.person
