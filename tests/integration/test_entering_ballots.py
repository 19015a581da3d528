"""What becomes of ballots when somebody comes in by an identity: one person, one ballot."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from expo.db import Busy
from expo.identity.entering.identities import Claim, Kind
from expo.identity.people import Assurance
from expo.identity.usecases import SignInAgain
from expo.rights import Role
from tests.support.contests import contest
from tests.support.entering import Hall, by_employer, by_mail, hall, known
from voting import moves

pytestmark = pytest.mark.each_database


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall(tmp_path) as opened:
        yield opened


async def test_device_that_voted_keeps_its_ballot_when_it_signs_in(door: Hall) -> None:
    await door.house.open()
    joined = await door.joined("phone")
    receipt = await door.house.vote(known(joined), "ab")

    arrival = await door.enter(joined, by_mail())

    mine = await door.house.voting.mine(known(arrival.visit), "s1")
    assert mine.receipt is not None
    assert mine.receipt.tracker == receipt.tracker
    assert known(arrival.visit).id == known(joined).id
    assert arrival.told == ()


async def test_electorate_is_kept_once_a_ballot_was_cast(door: Hall) -> None:
    await door.house.open()
    joined = await door.joined("phone")
    await door.house.vote(known(joined))

    arrival = await door.enter(joined, by_employer())

    assert arrival.told == ("electorate-kept",)
    assert known(arrival.visit).electorate == "customers"
    assert known(arrival.visit).assurance is Assurance.VERIFIED


async def test_second_device_gives_its_ballots_up_to_the_person(door: Hall) -> None:
    await door.house.open()
    first = await door.enter(await door.at_door("laptop"), by_mail())
    await door.house.vote(known(first.visit), "ab")
    phone = await door.joined("phone")
    receipt = await door.house.vote(known(phone), "cd")

    arrival = await door.enter(phone, by_mail())
    await door.house.voting.refresh()

    assert arrival.told == ("ballots-withdrawn",)
    assert known(arrival.visit).id == known(first.visit).id
    assert door.house.voting.turnout("s1").ballots == 1
    gone = await door.house.voting.receipt(phone, receipt.tracker)
    assert gone is not None
    assert gone[1].ranking == ()
    await door.house.finish()
    result = await door.house.voting.result("s1")
    assert result is not None
    assert not result.disputed


async def test_ballots_of_contests_that_are_over_stay(door: Hall) -> None:
    await door.house.open()
    await door.enter(await door.at_door("laptop"), by_mail())
    phone = await door.joined("phone")
    await door.house.vote(known(phone), "cd")
    await door.house.finish()

    arrival = await door.enter(phone, by_mail())

    assert arrival.told == ()
    result = await door.house.voting.result("s1")
    assert result is not None
    assert result.ballots == 1


async def test_paused_contest_lets_ballots_go_too(door: Hall) -> None:
    await door.house.open()
    await door.enter(await door.at_door("laptop"), by_mail())
    phone = await door.joined("phone")
    await door.house.vote(known(phone), "cd")
    await door.house.move("s1", moves.pause)

    arrival = await door.enter(phone, by_mail())

    assert arrival.told == ("ballots-withdrawn",)


async def test_ballot_on_its_way_while_signing_in_does_not_stay(door: Hall) -> None:
    await door.house.open()
    await door.enter(await door.at_door("laptop"), by_mail())
    phone = await door.joined("phone")

    votes = [asyncio.create_task(door.house.vote(known(phone), "cd")) for _ in range(20)]
    await door.enter(phone, by_mail())
    await asyncio.gather(*votes)
    await door.house.voting.refresh()

    assert door.house.voting.turnout("s1").ballots == 0


async def test_ballot_that_comes_late_through_another_node_is_found_by_the_second_look(
    door: Hall, tmp_path: Path
) -> None:
    await door.house.open()
    await door.enter(await door.at_door("laptop"), by_mail())
    phone = await door.joined("phone")
    await door.enter(phone, by_mail())
    async with hall(tmp_path) as other:  # its socket has not been closed yet
        await other.house.vote(known(phone), "cd")

    assert await door.voters.look()
    await door.house.voting.refresh()

    assert door.house.voting.turnout("s1").ballots == 0


async def test_second_address_on_one_device_is_somebody_else_and_keeps_the_first(
    door: Hall,
) -> None:
    await door.house.open()
    first = await door.enter(await door.at_door("tablet"), by_mail("a@x.ae"))
    await door.house.vote(known(first.visit), "ab")

    second = await door.enter(first.visit, by_mail("b@x.ae"))
    await door.house.voting.refresh()

    assert known(second.visit).id != known(first.visit).id
    assert second.told == ()
    assert door.house.voting.turnout("s1").ballots == 1


async def test_device_that_enters_two_identities_at_once_keeps_one_ballot(
    door: Hall, tmp_path: Path
) -> None:
    await door.house.open()
    joined = await door.joined("phone")
    await door.house.vote(known(joined), "ab")

    async with hall(tmp_path) as other:
        arrivals = await asyncio.gather(
            door.enter(joined, by_mail("a@x.ae")), other.enter(joined, by_mail("b@x.ae"))
        )
    await door.house.voting.refresh()

    people = [known(one.visit).id for one in arrivals]
    assert len(set(people)) == 2
    assert known(joined).id in people
    assert door.house.voting.turnout("s1").ballots == 1


async def test_voter_who_becomes_staff_gives_up_running_ballots(door: Hall) -> None:
    await door.house.open()
    arrival = await door.enter(await door.at_door("phone"), by_mail("m@x.ae"))
    await door.house.vote(known(arrival.visit))
    invited = Claim(
        Kind.INVITATION, "list-1", "row-1", Assurance.CONTACT, Role.OFFICER, contact="m@x.ae"
    )

    staff = await door.enter(await door.at_door("laptop"), invited)
    await door.house.voting.refresh()

    assert staff.told == ("ballots-withdrawn",)
    assert known(staff.visit).id == known(arrival.visit).id
    assert door.house.voting.turnout("s1").ballots == 0


async def test_withdrawing_in_two_contests_at_once_from_two_nodes_meets_no_deadlock(
    door: Hall, tmp_path: Path
) -> None:
    for name in ("s1", "s2"):
        await door.house.open(contest(name))
    await door.enter(await door.at_door("laptop"), by_mail())
    phones = [await door.joined(f"phone-{n}") for n in range(8)]
    for n, phone in enumerate(phones):
        await door.house.vote(known(phone), "ab", contest=("s1", "s2")[n % 2])

    async with hall(tmp_path) as other:
        arrivals = await asyncio.gather(
            *((door, other)[n % 2].enter(phone, by_mail()) for n, phone in enumerate(phones))
        )
    await door.house.voting.refresh()

    assert all(one.told == ("ballots-withdrawn",) for one in arrivals)
    assert door.house.voting.turnout("s1").ballots == 0
    assert door.house.voting.turnout("s2").ballots == 0


async def test_look_that_fails_is_made_again(door: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await door.house.open()
    await door.enter(await door.at_door("laptop"), by_mail())
    phone = await door.joined("phone")
    await door.enter(phone, by_mail())
    await door.house.vote(known(phone), "cd")
    monkeypatch.setattr("voting.voters.usecases.LATE_SECONDS", 0.01)
    write = door.house.database.write

    monkeypatch.setattr(door.house.database, "write", _gone)
    assert not await door.voters.look()
    monkeypatch.setattr(door.house.database, "write", write)
    looking = asyncio.create_task(door.voters.run())
    async with door.house.notifier.listen("contests") as told:
        await asyncio.wait_for(told.wait(), 10)
    looking.cancel()
    await door.house.voting.refresh()

    assert door.house.voting.turnout("s1").ballots == 0


def _gone() -> None:
    raise Busy


async def test_pass_of_a_voter_leaves_one_ballot_and_opens_again_on_its_device(door: Hall) -> None:
    await door.house.open()
    joined = await door.joined("phone")
    await door.house.vote(known(joined), "ab")
    issued = await door.passes.issue(
        None,
        role=Role.EMPLOYEE,
        electorate="employees",
        expires_at=door.house.clock() + timedelta(hours=1),
    )

    visit, token = await door.passes.redeem(issued.token, joined)
    await door.house.voting.refresh()
    assert door.house.voting.turnout("s1").ballots == 0
    await door.visits.leave(await door.at_door("phone", token))
    with pytest.raises(SignInAgain):
        await door.joined("phone")
    assert (
        await door.passes.look(issued.token, await door.at_door("phone"))
    ).id == issued.issued.id
    back, _ = await door.passes.redeem(issued.token, await door.at_door("phone"))

    assert known(back).id == known(visit).id
