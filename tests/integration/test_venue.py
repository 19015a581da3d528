"""Badges and the hall's code on a real database: who gets in, once, on which device."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from expo.errors import BadRequest, NotAllowed, NotFound, Refusal
from expo.identity.people import Assurance, Visit
from expo.identity.usecases import AlreadyIssued, SignInAgain
from expo.identity.venue.codes import (
    BadgeExpired,
    BadgeOrder,
    BadgeRevoked,
    BadgeUsed,
    HallCodeOver,
)
from expo.identity.venue.usecases import Printed, Venue
from expo.rights import Role
from tests.support.contests import ORGANISER
from tests.support.entering import SECRETS, Hall, by_mail, hall, known

pytestmark = pytest.mark.each_database
BATCH = "0123456789abcdef"


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall(tmp_path) as opened:
        yield opened


def venue_of(door: Hall) -> Venue:
    common = (door.house.database, door.house.clock)
    return Venue(*common, SECRETS, door.visits, door.entering)


@pytest.fixture
def venue(door: Hall) -> Venue:
    return venue_of(door)


async def sheet(door: Hall, venue: Venue, count: int = 1, **more: str) -> tuple[Printed, ...]:
    order = BadgeOrder(
        electorate=more.get("electorate", "customers"),
        label="Door A",
        expires_at=door.house.clock() + timedelta(hours=1),
        count=count,
    )
    return await venue.issue(ORGANISER, order, more.get("batch", BATCH))


async def test_badge_lets_its_wearer_in_as_somebody_who_is_here(door: Hall, venue: Venue) -> None:
    (one,) = await sheet(door, venue, electorate="employees")

    arrival = await venue.come_in(one.shown, await door.at_door("phone"))

    person = known(arrival.visit)
    assert (person.role, person.electorate) == (Role.EMPLOYEE, "employees")
    assert person.assurance is Assurance.CONTACT


async def test_badge_comes_in_on_one_device_and_there_again(door: Hall, venue: Venue) -> None:
    (one,) = await sheet(door, venue)
    first = await venue.come_in(one.code, await door.at_door("phone"))
    again = await venue.come_in(one.code, await door.at_door("phone"))

    with pytest.raises(BadgeUsed):
        await venue.look(one.code, await door.at_door("laptop"))
    with pytest.raises(BadgeUsed):
        await venue.come_in(one.code, await door.at_door("laptop"))
    assert known(first.visit).id == known(again.visit).id


async def test_of_two_devices_at_once_one_wins(door: Hall, venue: Venue, tmp_path: Path) -> None:
    (one,) = await sheet(door, venue)
    async with hall(tmp_path) as other:
        doors = [venue, venue_of(other)]
        visits = [await door.at_door(f"phone-{n}") for n in range(6)]
        told = await asyncio.gather(
            *(doors[n % 2].come_in(one.code, visit) for n, visit in enumerate(visits)),
            return_exceptions=True,
        )

    assert sum(isinstance(one, BadgeUsed) for one in told) == 5


async def test_badge_on_a_device_that_voted_keeps_its_ballot(door: Hall, venue: Venue) -> None:
    await door.house.open()
    (one,) = await sheet(door, venue)
    joined = await door.joined("phone")
    receipt = await door.house.vote(known(joined), "ab")

    arrival = await venue.come_in(one.code, joined)

    mine = await door.house.voting.mine(known(arrival.visit), "s1")
    assert mine.receipt is not None
    assert mine.receipt.tracker == receipt.tracker


async def test_released_badge_is_the_same_person_on_the_next_device(
    door: Hall, venue: Venue
) -> None:
    (one,) = await sheet(door, venue)
    first = await venue.come_in(one.code, await door.at_door("phone"))

    await venue.release(ORGANISER, one.shown.lower())
    moved = await venue.come_in(one.code, await door.at_door("new"))

    assert known(first.visit).id == known(moved.visit).id


async def test_badge_ends_with_its_time_and_with_its_sheet(door: Hall, venue: Venue) -> None:
    one, other = await sheet(door, venue, 2)
    await venue.come_in(one.code, await door.at_door("early"))
    door.house.clock.move(hours=2)

    with pytest.raises(BadgeExpired):
        await venue.come_in(other.code, await door.at_door("late"))
    await venue.come_in(one.code, await door.at_door("early"))
    await venue.revoke(ORGANISER, BATCH)
    with pytest.raises(BadgeRevoked):
        await venue.come_in(one.code, await door.at_door("early"))
    with pytest.raises(NotFound):
        await venue.revoke(ORGANISER, BATCH)


async def test_sheet_is_issued_once_and_counted(door: Hall, venue: Venue) -> None:
    printed = await sheet(door, venue, 3)
    await venue.come_in(printed[0].code, await door.at_door("phone"))

    with pytest.raises(AlreadyIssued):
        await sheet(door, venue, 3)
    (listed,) = await venue.sheets()
    assert (listed.count, listed.used, listed.is_revoked) == (3, 1, False)
    assert (listed.label, listed.electorate) == ("Door A", "customers")


@pytest.mark.parametrize(
    ("electorate", "count"), [("teams", 1), ("", 1), ("customers", 0), ("customers", 501)]
)
async def test_senseless_order_is_refused(
    door: Hall, venue: Venue, electorate: str, count: int
) -> None:
    with pytest.raises(BadRequest):
        await sheet(door, venue, count, electorate=electorate)


async def test_no_code_is_in_the_database(door: Hall, venue: Venue) -> None:
    (one,) = await sheet(door, venue)

    async with door.house.database.read() as tx:
        rows = (await tx.execute(text("SELECT * FROM badges"))).all()

    assert one.code not in repr(rows)
    assert one.shown not in repr(rows)


async def test_device_that_tries_a_thousand_codes_is_stopped(door: Hall, venue: Venue) -> None:
    await sheet(door, venue, 3)
    visit = await door.at_door("guesser")
    codes = [f"{n:010}".translate({48: "A", 49: "B"}) for n in range(1_000)]

    told = [await _told(venue, code, visit) for code in codes]

    assert told == ["badge-unknown"] * 10 + ["too-fast"] * 990


async def _told(venue: Venue, code: str, visit: Visit) -> str:
    try:
        await venue.come_in(code, visit)
    except Refusal as refusal:
        return refusal.code
    return "let in"


async def test_hall_code_makes_a_customer_who_is_here(door: Hall, venue: Venue) -> None:
    arrival = await venue.come_in(venue.shown().code, await door.at_door("phone"))

    person = known(arrival.visit)
    assert (person.electorate, person.assurance) == ("customers", Assurance.CONTACT)
    seen = await door.at_door("phone", arrival.token)
    assert known(seen).assurance is Assurance.CONTACT


async def test_hall_code_keeps_the_person_and_lasts_as_long_as_the_visit(
    door: Hall, venue: Venue
) -> None:
    joined = await door.joined("phone")
    arrival = await venue.come_in(venue.shown().code, joined)
    await door.visits.leave(arrival.visit)

    back = await door.joined("phone")

    assert known(back).id == known(arrival.visit).id == known(joined).id
    assert known(back).assurance is Assurance.DEVICE


async def test_old_hall_code_and_foreign_grant_open_nothing(door: Hall, venue: Venue) -> None:
    phone, other = await door.at_door("phone"), await door.at_door("other")
    code = venue.shown().code
    grant = venue.grant(code, phone)

    with pytest.raises(HallCodeOver):
        await venue.be_here(grant, other)
    door.house.clock.move(seconds=61)
    with pytest.raises(HallCodeOver):
        venue.grant(code, phone)
    assert known((await venue.be_here(grant, phone)).visit).assurance is Assurance.CONTACT
    door.house.clock.move(minutes=5)
    with pytest.raises(HallCodeOver):
        await venue.be_here(grant, phone)


async def test_hall_code_is_nobodys_way_into_an_account_that_was_left(
    door: Hall, venue: Venue
) -> None:
    arrival = await door.enter(await door.at_door("tablet"), by_mail())
    await door.visits.leave(arrival.visit)

    with pytest.raises(SignInAgain):
        await venue.come_in(venue.shown().code, await door.at_door("tablet"))


async def test_hall_code_makes_nothing_of_staff(door: Hall, venue: Venue) -> None:
    issued = await door.passes.issue(
        None, role=Role.ORGANISER, expires_at=door.house.clock() + timedelta(hours=1)
    )
    boss, _ = await door.passes.redeem(issued.token, await door.at_door("desk"))

    with pytest.raises(NotAllowed):
        await venue.come_in(venue.shown().code, boss)
