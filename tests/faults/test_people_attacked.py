"""People who try to be more than they are, or longer than they may, with a whole expo in front of them."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from expo.identity.visits_follower import VisitsFollower
from expo.rights import Role
from expo.wire.codes import Close
from expo.wire.notifier import LocalNotifier
from tests.support.roles import stranger
from tests.support.whole import Whole, ballot, whole

HEAD = "email,name,role,electorate,entity,language\n"


async def invite(organiser: httpx2.AsyncClient, row: str) -> None:
    """Put a list of one person in force."""
    files = {"file": ("p.csv", (HEAD + row).encode(), "text/csv")}
    answer = await organiser.post("/en/staff/people/check", files=files, data={"end": "1"})
    assert answer.status_code == 303, answer.text
    assert (await organiser.post(answer.headers["location"])).status_code == 303


async def last_letter(house: Whole, address: str) -> str:
    """What the newest letter to an address says."""
    async with house.expo.database.read() as tx:
        asked = text("SELECT text FROM letters WHERE recipient = :to ORDER BY id DESC LIMIT 1")
        return str((await tx.execute(asked, {"to": address})).scalar_one())


async def sign_in(house: Whole, client: httpx2.AsyncClient, address: str) -> None:
    """Come in by the code of a letter."""
    assert (await client.post("/en/sign-in", data={"address": address})).status_code == 303
    found = re.search(r"\b\d{6}\b", await last_letter(house, address))
    assert found is not None
    answer = await client.post("/en/sign-in/code", data={"code": found[0]})
    assert answer.status_code == 303, answer.text


async def person_of(house: Whole, role: Role) -> str:
    """Id of the newest person of a role."""
    async with house.expo.database.read() as tx:
        asked = text("SELECT id FROM persons WHERE role = :role ORDER BY id DESC LIMIT 1")
        return str((await tx.execute(asked, {"role": role.value})).scalar_one())


async def demote(organiser: httpx2.AsyncClient, person: str) -> None:
    """Make a customer of somebody."""
    answer = await organiser.post(f"/en/staff/people/known/{person}", data={"role": "customer"})
    assert answer.status_code == 303, answer.text


async def test_demoted_organiser_is_not_one_again_by_signing_in_anew(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        await invite(organiser, "eve@example.ae,Eve,organiser,,,en\n")
        link = re.search(r"http://[^/]+(/\S+)", await last_letter(house, "eve@example.ae"))
        assert link is not None
        async with stranger(house.url) as eve, stranger(house.url) as elsewhere:
            assert (await eve.post(link[1])).status_code == 303
            assert (await eve.get("/en/staff/people")).status_code == 200
            await demote(organiser, await person_of(house, Role.ORGANISER))
            assert (await eve.get("/en/staff/people")).status_code == 403

            await sign_in(house, elsewhere, "eve@example.ae")

            assert (await elsewhere.get("/en/staff/people")).status_code == 403
            assert "Customer" in (await elsewhere.get("/en/me")).text


async def test_invitation_gives_what_it_says_to_whoever_signs_in_by_letter_first(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        await invite(organiser, "eve@example.ae,Eve,organiser,,,en\n")
        async with stranger(house.url) as eve, stranger(house.url) as elsewhere:
            await sign_in(house, eve, "eve@example.ae")
            assert (await eve.get("/en/staff/people")).status_code == 200
            await demote(organiser, await person_of(house, Role.ORGANISER))

            await sign_in(house, elsewhere, "eve@example.ae")

            assert (await elsewhere.get("/en/staff/people")).status_code == 403


async def test_demoted_organiser_loses_the_control_room_on_every_node(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await house.person(Role.ORGANISER)
        eve = await house.person(Role.ORGANISER, "eve")
        async with house.ear("/live/staff", eve) as ear:
            await ear.frame("hello")
            person = await person_of(house, Role.ORGANISER)
            # As another node leaves it: the word goes round, the sockets here are this node's to close.
            async with house.expo.database.write() as tx:
                change = text("UPDATE persons SET role = 'customer' WHERE id = :id")
                await tx.execute(change, {"id": person})

            expo = house.expo
            await VisitsFollower(expo.database, expo.hub, expo.now, LocalNotifier()).look()

            assert await ear.ended() == Close.CHANGED


async def test_long_list_is_put_in_force_in_few_statements_while_ballots_wait(
    tmp_path: Path,
) -> None:
    rows = "".join(f"p{n}@example.ae,Person {n},employee,,,en\n" for n in range(1_200))
    asked: list[str] = []

    @event.listens_for(Engine, "before_cursor_execute")
    def hear(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    try:
        async with whole(tmp_path) as house:
            organiser = await house.person(Role.ORGANISER)
            await house.open()
            voter, option = await house.person(Role.EMPLOYEE), house.contest().options[0].id

            _, answer = await asyncio.gather(
                invite(organiser, rows), voter.post("/en/ballots/khda", json=ballot(option))
            )

            assert answer.status_code == 200
            async with house.expo.database.read() as tx:
                count = text("SELECT count(*) FROM letters")
                assert (await tx.execute(count)).scalar_one() == 1_200
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    assert len([one for one in asked if one.startswith("INSERT INTO letters")]) <= 3
    assert len([one for one in asked if one.startswith("INSERT INTO invitations")]) <= 3
