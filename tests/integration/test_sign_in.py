"""Signing in by e-mail: what a letter opens, for whom and for how long."""

import asyncio
import secrets
from pathlib import Path

from expo.identity.people import Assurance, Visit
from expo.mailboxes import mailbox
from expo.rights import Role
from tests.support.mail_door import (
    ADDRESS,
    ask,
    code_and_link,
    letters_to,
    other_than,
    refusal,
    standing,
    type_,
    visit_of,
)
from tests.support.roles import stranger
from tests.support.whole import whole


async def test_code_lets_in_who_asked_and_leads_on(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await me.get("/en/sign-in")
        sent = await ask(me, "  Mariam@Authority.EXAMPLE ", next="/en/schedule")
        page = await me.get("/en/sign-in/code")
        code, _ = await code_and_link(house)
        answer = await type_(me, f"{code[:3]} {code[3:]}")
        visit = await visit_of(house, me)

        assert (sent.status_code, sent.headers["location"]) == (303, "/en/sign-in/code")
        assert (standing(page), ADDRESS in page.text) == ("sent", True)
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/schedule")
        assert visit.person is not None
        assert (visit.role, visit.person.assurance) == (Role.CUSTOMER, Assurance.CONTACT)
        assert visit.person.electorate == "customers"


async def test_same_mailbox_is_the_same_person_on_every_device(tmp_path: Path) -> None:
    spelled = ["mariam.s@gmail.com", "MariamS+expo@googlemail.com", "m.a.r.i.a.m.s@gmail.com"]
    people = set()

    async with whole(tmp_path) as house:
        for address in spelled:
            async with stranger(house.url) as client:
                await ask(client, address)
                code, _ = await code_and_link(house, str(mailbox(address)))
                await type_(client, code)
                people.add((await visit_of(house, client)).person)

    assert len(people) == 1
    assert None not in people


async def test_cookie_planted_before_signing_in_is_worth_nothing_after_it(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me, stranger(house.url) as thief:
        await me.post("/en/join", data={})
        planted = dict(me.cookies)
        thief.cookies.update(planted)
        await ask(me)
        code, _ = await code_and_link(house)
        await type_(me, code)

        assert me.cookies["sawt_visit"] != planted["sawt_visit"]
        assert (await visit_of(house, thief)).person is None
        assert (await visit_of(house, me)).person is not None


async def test_link_opens_once_on_whatever_device_and_looking_uses_nothing_up(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me, stranger(house.url) as phone:
        await ask(me)
        code, link = await code_and_link(house)
        looks = [await phone.get(link) for _ in range(4)]
        answer = await phone.post(link)
        again, back = await phone.post(link), await me.post(link)
        late = await type_(me, code)

        assert {one.status_code for one in looks} == {200}
        assert all("another device" in one.text for one in looks)
        assert answer.status_code == 303
        assert (await visit_of(house, phone)).person is not None
        assert [refusal(one) for one in (again, back)] == ["sign-in-link-used"] * 2
        assert refusal(late) == "sign-in-code-used"
        assert standing(await me.get("/en/sign-in/code")) == "used"
        assert (await visit_of(house, me)).person is None


async def test_of_many_who_follow_a_link_at_once_one_comes_in(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await ask(me)
        code, link = await code_and_link(house)
        token = link.rpartition("/")[2]
        sign_in = house.expo.mail_sign_in
        visits = [Visit(device=secrets.token_urlsafe(18)) for _ in range(20)]
        mine = await visit_of(house, me)

        told = await asyncio.gather(
            *(sign_in.follow(token, one) for one in visits),
            sign_in.type_code(code, mine),
            return_exceptions=True,
        )

        assert sum(not isinstance(one, BaseException) for one in told) == 1


async def test_five_wrong_codes_end_it_and_another_letter_begins_anew(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await ask(me)
        code, _ = await code_and_link(house)
        wrong = [refusal(await type_(me, other_than(code))) for _ in range(5)]
        right = await type_(me, code)
        page = await me.get("/en/sign-in/code")
        house.pass_time(seconds=30)
        await me.post("/en/sign-in/again")
        fresh, _ = await code_and_link(house)
        answer = await type_(me, fresh)

        assert wrong == ["sign-in-code-wrong"] * 4 + ["sign-in-code-spent"]
        assert (refusal(right), standing(page)) == ("sign-in-code-spent", "spent")
        assert answer.status_code == 303


async def test_code_ends_after_ten_minutes_and_its_link_after_twenty(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await ask(me)
        code, link = await code_and_link(house)
        house.pass_time(minutes=10)
        late, page, still = (
            await type_(me, code),
            await me.get("/en/sign-in/code"),
            await me.get(link),
        )
        house.pass_time(minutes=10)
        over = await me.post(link)

        assert (refusal(late), standing(page)) == ("sign-in-code-expired", "expired")
        assert still.status_code == 200
        assert refusal(over) == "sign-in-link-expired"


async def test_code_works_on_no_other_device(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me, stranger(house.url) as other:
        await ask(me)
        code, _ = await code_and_link(house)
        bare = await type_(other, code)
        await ask(other, "other@authority.example")
        own = await type_(other, code)

        assert refusal(bare) == "sign-in-nothing-asked"
        assert refusal(own) == "sign-in-code-wrong"
        assert (await type_(me, code)).status_code == 303


async def test_another_letter_waits_half_a_minute_and_only_its_code_works(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await ask(me)
        first, link = await code_and_link(house)
        early = await me.post("/en/sign-in/again")
        house.pass_time(seconds=30)
        await me.post("/en/sign-in/again")
        second, _ = await code_and_link(house)
        if first != second:
            assert refusal(await type_(me, first)) == "sign-in-code-wrong"

        assert (early.status_code, refusal(early)) == (429, "letter-just-sent")
        assert len(await letters_to(house)) == 2
        assert (await me.get(link)).status_code == 200
        assert (await type_(me, second)).status_code == 303
        assert refusal(await me.get(link)) == "sign-in-link-used"
