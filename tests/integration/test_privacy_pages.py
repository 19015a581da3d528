"""What is stored, told on a page; one's own data read, taken away and erased through the front door."""

import json
import re
from html import unescape
from pathlib import Path

import httpx2
import pytest

from expo.identity.privacy.inventory import TABLES
from expo.record import store as staff_log
from expo.rights import Role
from tests.support.mail_door import ADDRESS, ask, code_and_link, refusal, type_, visit_of
from tests.support.roles import stranger
from tests.support.whole import PROGRAM, Whole, ballot, whole

pytestmark = pytest.mark.each_database


async def signed_in(house: Whole, client: httpx2.AsyncClient) -> str:
    """Id of whoever this client is, come in by e-mail."""
    await client.post("/en/join", data={})
    await ask(client)
    code, _ = await code_and_link(house)
    await type_(client, code)
    person = (await visit_of(house, client)).person
    assert person is not None
    return person.id


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_page_tells_every_table_to_everybody(tmp_path: Path, language: str) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        page = await me.get(f"/{language}/privacy")
        about = await me.get(f"/{language}/about")

    shown = re.findall(r'<code class="ltr">(\w+)</code>', page.text)
    assert sorted(shown) == sorted(TABLES)
    assert f'href="/{language}/privacy"' in about.text


async def test_own_data_is_a_page_and_a_file(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        person = await signed_in(house, me)
        await house.open()
        option = house.contest().options[0]
        cast = await me.post("/en/ballots/khda", json=ballot(option.id), headers=PROGRAM)
        page = await me.get("/en/me/data")
        file = await me.get("/en/me/data.json")

    tracker = cast.json()["tracker"]
    assert ADDRESS in page.text
    assert tracker in page.text
    assert option.title.en in unescape(page.text)
    assert "attachment" in file.headers["content-disposition"]
    assert file.headers["cache-control"] == "no-store"
    told = json.loads(file.content)
    assert told["person"] == person
    assert [one["tracker"] for one in told["ballots"]] == [tracker]
    assert [row["contact"] for row in told["rows"]["identities"]] == [ADDRESS]
    assert all("text" not in row for row in told["rows"]["letters"])


async def test_erasing_takes_a_tick_and_signs_out(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me, stranger(house.url) as laptop:
        person = await signed_in(house, me)
        await ask(laptop)
        await type_(laptop, (await code_and_link(house))[0])
        before = await me.post("/en/me/data/erase", data={"sure": ""})
        done = await me.post("/en/me/data/erase", data={"sure": "1"})
        after = await me.get(str(done.headers["location"]))
        gone = await me.get("/en/me/data", headers=PROGRAM)

        assert (before.status_code, refusal(before)) == (422, "erase-not-confirmed")
        assert done.status_code == 303
        assert 'role="status"' in after.text
        assert gone.status_code == 403
        assert (await visit_of(house, laptop)).person is None
        organiser = await house.person(Role.ORGANISER)
        known = await organiser.get("/en/staff/people/known")
        assert person not in known.text
        assert ADDRESS not in (await organiser.get("/en/staff/people/known?q=mariam")).text.replace(
            'value="mariam"', ""
        )


async def test_open_ballot_keeps_the_door_until_it_is_closed(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await signed_in(house, me)
        await house.open()
        option = house.contest().options[0].id
        await me.post("/en/ballots/khda", json=ballot(option), headers=PROGRAM)
        page = await me.get("/en/me/data/erase")
        refused = await me.post("/en/me/data/erase", data={"sure": "1"})
        await house.closed()
        done = await me.post("/en/me/data/erase", data={"sure": "1"})

        assert refusal(page) == "ballot-under-way"
        assert (refused.status_code, refusal(refused)) == (409, "ballot-under-way")
        assert done.status_code == 303
        assert await house.ballots() == 1


async def test_organiser_erases_who_asked_and_the_log_names_nobody(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        person = await signed_in(house, me)
        organiser = await house.person(Role.ORGANISER)
        address = f"/en/staff/people/known/{person}"
        link = f'href="{address}/erase"'
        assert link in (await organiser.get(address)).text
        unsure = await organiser.post(f"{address}/erase", data={"sure": ""})
        done = await organiser.post(f"{address}/erase", data={"sure": "1"})
        again = await organiser.post(f"{address}/erase", data={"sure": "1"})
        log = await organiser.get("/en/staff/log")

        assert (unsure.status_code, done.status_code, again.status_code) == (422, 303, 404)
        assert "Person erased" in log.text
        assert ADDRESS not in log.text
        assert (await visit_of(house, me)).person is None


async def test_erased_member_of_staff_is_somebody_who_was_erased(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        boss = await house.person(Role.ORGANISER)
        moderator = await house.person(Role.MODERATOR)
        person = (await visit_of(house, moderator)).person
        assert person is not None
        async with house.expo.database.write() as tx:
            await staff_log.append(
                tx, at=house.clock(), actor=person, action="pick-scene", subject="x", facts={}
            )
        assert "one moderator" in (await boss.get("/en/staff/log")).text

        await boss.post(f"/en/staff/people/known/{person.id}/erase", data={"sure": "1"})

        english = (await boss.get("/en/staff/log")).text
        assert "one moderator" not in english
        assert "somebody who was erased" in english
        assert "شخص مُحيت بياناته" in (await boss.get("/ar/staff/log")).text
