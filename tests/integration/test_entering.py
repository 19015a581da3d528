"""Coming in by an identity, on a real database: who somebody is, on which device, with which rights."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from expo.budgets import TooFast
from expo.errors import NotAllowed
from expo.identity.entering.identities import Claim, Kind
from expo.identity.people import Assurance, Visit
from expo.identity.usecases import SignInAgain
from expo.rights import Role
from expo.wire.codes import Close
from tests.support.entering import Hall, by_employer, by_mail, hall, known

pytestmark = pytest.mark.each_database


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall(tmp_path) as opened:
        yield opened


async def test_newcomer_becomes_a_person_and_is_the_same_on_every_device(door: Hall) -> None:
    first = await door.enter(await door.at_door("phone"), by_mail())
    again = await door.enter(await door.at_door("laptop"), by_mail())

    assert known(first.visit).id == known(again.visit).id
    assert known(first.visit).electorate == "customers"
    assert known(first.visit).assurance is Assurance.CONTACT
    assert (await door.at_door("phone", first.token)).person == known(first.visit)


async def test_electorate_rises_before_the_first_ballot(door: Hall) -> None:
    arrival = await door.enter(await door.joined("phone"), by_employer())

    assert known(arrival.visit).role is Role.EMPLOYEE
    assert known(arrival.visit).electorate == "employees"
    assert arrival.told == ()


async def test_visit_cookie_from_before_signing_in_is_worth_nothing_after_it(door: Hall) -> None:
    planted, token = await door.visits.join(await door.at_door("attacker"))
    victim = await door.at_door("victim", token)

    arrival = await door.enter(victim, by_mail())

    assert arrival.token != token
    assert (await door.at_door("attacker", token)).person is None
    assert (frozenset({planted.id}), Close.CHANGED) in door.closed


async def test_visit_that_ended_lends_nobody_its_person(door: Hall) -> None:
    joined = await door.joined("phone")
    await door.visits.leave(joined)
    elsewhere = msgspec.structs.replace(joined, device="laptop".ljust(24, "_"))

    arrival = await door.enter(elsewhere, by_mail())

    assert known(arrival.visit).id != known(joined).id


async def test_two_devices_that_enter_one_identity_at_once_are_one_person(door: Hall) -> None:
    visits = [await door.joined(f"phone-{n}") for n in range(4)]

    arrivals = await asyncio.gather(*(door.enter(visit, by_mail()) for visit in visits))

    assert len({known(one.visit).id for one in arrivals}) == 1
    assert len({one.token for one in arrivals}) == 4


async def test_two_nodes_that_enter_one_identity_at_once_make_one_person(
    door: Hall, tmp_path: Path
) -> None:
    async with hall(tmp_path) as other:
        visits = [await door.joined(f"phone-{n}") for n in range(6)]
        arrivals = await asyncio.gather(
            *(one.enter(visit, by_mail()) for one in (door, other) for visit in visits[:3])
        )

    assert len({known(one.visit).id for one in arrivals}) == 1


async def test_stronger_way_is_added_to_the_same_person(door: Hall) -> None:
    first = await door.enter(await door.at_door("phone"), by_mail())
    stronger = await door.enter(first.visit, by_employer(role=Role.CUSTOMER))
    weaker = await door.enter(await door.at_door("laptop"), by_mail())

    assert known(stronger.visit).id == known(first.visit).id == known(weaker.visit).id
    assert known(stronger.visit).assurance is Assurance.VERIFIED
    assert known(weaker.visit).assurance is Assurance.CONTACT
    ways = await door.entering.ways(known(weaker.visit))
    assert {one.kind for one in ways} == {Kind.EMAIL, Kind.OIDC}


async def test_device_of_somebody_who_left_does_not_join_again(door: Hall) -> None:
    arrival = await door.enter(await door.joined("phone"), by_mail())
    await door.visits.leave(arrival.visit)

    with pytest.raises(SignInAgain):
        await door.joined("phone")
    back = await door.enter(await door.at_door("phone"), by_mail())

    assert known(back.visit).id == known(arrival.visit).id


async def test_join_that_is_refused_leaves_its_neighbours_alone(door: Hall) -> None:
    arrival = await door.enter(await door.at_door("phone"), by_mail())
    await door.visits.leave(arrival.visit)

    told = await asyncio.gather(
        door.joined("phone"), *(door.joined(f"other-{n}") for n in range(5)), return_exceptions=True
    )

    assert [isinstance(one, SignInAgain) for one in told] == [True] + [False] * 5


async def test_other_devices_come_back_when_the_person_has_risen(door: Hall) -> None:
    first = await door.enter(await door.at_door("laptop"), by_mail())
    door.closed.clear()

    await door.enter(await door.at_door("phone"), by_mail(role=Role.EMPLOYEE))

    ended = {visit for visits, code in door.closed for visit in visits if code == Close.CHANGED}
    assert first.visit.id in ended
    seen = await door.at_door("laptop", first.token)
    assert known(seen).electorate == "employees"


async def test_invitation_signs_in_by_its_address_from_then_on(door: Hall) -> None:
    invited = Claim(
        Kind.INVITATION, "list-1", "row-1", Assurance.CONTACT, Role.MODERATOR, contact="m@x.ae"
    )
    await door.enter(await door.at_door("laptop"), invited)

    arrival = await door.enter(await door.at_door("phone"), by_mail("m@x.ae"))

    assert known(arrival.visit).role is Role.MODERATOR
    assert known(arrival.visit).electorate is None


async def test_identity_is_never_joined_to_staff_at_their_desk(door: Hall) -> None:
    boss = Claim(Kind.INVITATION, "list-1", "row-1", Assurance.CONTACT, Role.ORGANISER)
    desk = await door.enter(await door.at_door("desk"), boss)

    passer_by = await door.enter(desk.visit, by_mail())

    assert known(passer_by.visit).role is Role.CUSTOMER
    assert known(passer_by.visit).id != known(desk.visit).id


@pytest.mark.parametrize("kind", [Kind.EMAIL, Kind.UAE_PASS, Kind.VENUE])
async def test_address_or_badge_alone_makes_no_staff(door: Hall, kind: Kind) -> None:
    claim = Claim(kind, "", "x", Assurance.VERIFIED, Role.ORGANISER)

    with pytest.raises(NotAllowed):
        await door.enter(await door.at_door("phone"), claim)


async def test_subject_is_nowhere_in_the_database(door: Hall) -> None:
    claim = Claim(Kind.UAE_PASS, "uae-pass", "784-1990-1234567-1", Assurance.VERIFIED)
    await door.enter(await door.at_door("phone"), claim)

    async with door.house.database.read() as tx:
        row = (await tx.execute(text("SELECT * FROM identities"))).one()

    assert "784-1990-1234567-1" not in repr(row)


async def test_identity_is_found_under_a_retired_secret_and_marked_anew(
    door: Hall, tmp_path: Path
) -> None:
    first = await door.enter(await door.at_door("phone"), by_mail())
    newest = "another-secret-that-is-long-enough-for-all"
    async with hall(tmp_path, (newest, "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m")) as rotated:
        await rotated.enter(await rotated.at_door("laptop"), by_mail())
    async with hall(tmp_path, (newest,)) as later:
        again = await later.enter(await later.at_door("tablet"), by_mail())

    assert known(again.visit).id == known(first.visit).id


async def test_device_that_tries_many_identities_is_stopped(door: Hall) -> None:
    visit = await door.at_door("phone")

    told = [await _told(door, visit, f"{n}@x.ae") for n in range(1_000)]

    assert told == ["in"] * 12 + ["too-fast"] * 988


async def _told(door: Hall, visit: Visit, address: str) -> str:
    try:
        await door.enter(visit, by_mail(address))
    except TooFast as refusal:
        return refusal.code
    return "in"


async def test_leaving_everywhere_ends_every_visit_of_the_person_alone(door: Hall) -> None:
    phone, laptop = [await door.enter(await door.at_door(one), by_mail()) for one in ("p", "l")]
    other = await door.enter(await door.at_door("other"), by_mail("b@x.ae"))

    await door.entering.leave_everywhere(known(phone.visit))

    assert (await door.at_door("p", phone.token)).person is None
    assert (await door.at_door("l", laptop.token)).person is None
    assert (await door.at_door("other", other.token)).person is not None
    assert door.closed[-1] == (frozenset({phone.visit.id, laptop.visit.id}), Close.REVOKED)


async def test_device_that_left_is_the_same_person_at_the_next_door(door: Hall) -> None:
    await door.house.open()
    joined = await door.joined("phone")
    await door.house.vote(known(joined), "ab")
    await door.visits.leave(joined)

    arrival = await door.enter(await door.at_door("phone"), by_mail())

    assert known(arrival.visit).id == known(joined).id
