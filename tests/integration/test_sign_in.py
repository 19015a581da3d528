"""Signing in by e-mail: what a letter opens, for whom, how often, and what it gives away (nothing)."""

import asyncio
import logging
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import event, text

from expo.budgets import TooFast
from expo.db import Busy
from expo.identity.people import Assurance, Visit
from expo.identity.signin.codes import AddressUnreadable, LetterJustSent, MailboxFull
from expo.identity.signin.forgetting_follower import ForgettingFollower
from expo.mailboxes import mailbox
from expo.rights import Role
from tests.support.postbox import Postbox, code_in, link_in, postbox
from tests.support.roles import stranger
from tests.support.whole import ORGANISER, PROGRAM, Whole, whole

ADDRESS = "mariam@authority.example"


async def ask(client: httpx2.AsyncClient, address: str = ADDRESS, **more: str) -> httpx2.Response:
    return await client.post("/en/sign-in", data={"address": address, **more})


async def type_(client: httpx2.AsyncClient, code: str) -> httpx2.Response:
    return await client.post("/en/sign-in/code", data={"code": code})


async def letters_to(house: Whole, address: str = ADDRESS) -> list[str]:
    """What the letters to an address say, newest first."""
    found = await house.expo.post.listed()
    return [one.letter.text for one in found if one.letter.to == address]


async def code_and_link(house: Whole, address: str = ADDRESS) -> tuple[str, str]:
    """What the newest letter has."""
    said = (await letters_to(house, address))[0]
    code, link = re.search(r"\b\d{6}\b", said), re.search(r"^http\S+$", said, re.MULTILINE)
    assert code is not None
    assert link is not None
    return code[0], link[0]


def refusal(answer: httpx2.Response) -> str:
    """The code of a refusal on a page."""
    found = re.search(r'data-code="([\w-]+)"', answer.text)
    return found[1] if found else ""


def standing(answer: httpx2.Response) -> str:
    """In which state the page of the code is."""
    found = re.search(r'data-standing="([\w-]+)"', answer.text)
    return found[1] if found else ""


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def visit_of(house: Whole, client: httpx2.AsyncClient) -> Visit:
    return await house.expo.visits.of(
        client.cookies.get("sawt_visit"), client.cookies.get("sawt_device")
    )


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


async def test_one_mailbox_gets_six_letters_an_hour_whoever_asks(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        told: list[str] = []
        for n in range(8):
            async with stranger(house.url) as device:
                answer = await ask(device, f"mariam+{n}@authority.example")
                told.append(refusal(answer) or str(answer.status_code))
        async with stranger(house.url) as device:
            neighbour = await ask(device, "salem@authority.example")
        house.pass_time(hours=1)
        async with stranger(house.url) as device:
            later = await ask(device)

        assert told == ["303"] * 6 + [MailboxFull.code] * 2
        assert (neighbour.status_code, later.status_code) == (303, 303)


async def test_device_that_asks_for_letter_after_letter_is_slowed(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await me.get("/en/sign-in")
        told = [refusal(await ask(me, f"victim{n}@authority.example")) for n in range(20)]

        assert told[0] == ""
        assert set(told[1:]) <= {"letter-just-sent", "too-fast"}
        assert "too-fast" in told


async def test_device_that_tries_a_thousand_mailboxes_is_stopped(tmp_path: Path) -> None:
    visit, told = Visit(device=secrets.token_urlsafe(18)), []

    async with whole(tmp_path) as house:
        for n in range(1000):
            try:
                await house.expo.mail_sign_in.ask(f"victim{n}@x.example", visit, "en", "/en/")
            except (LetterJustSent, TooFast) as refused:
                told.append(refused.code)
            house.clock.go_to(house.clock() + timedelta(seconds=1))
        letters = await house.expo.post.listed()

    assert len(letters) == 1000 - len(told)
    assert len(letters) <= 6 + 1000 / 60 + 1


async def test_a_hall_behind_one_address_signs_in_with_no_refusal(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        sign_in = house.expo.mail_sign_in
        visits = [Visit(device=secrets.token_urlsafe(18)) for _ in range(300)]
        names = [f"person{n}@authority.example" for n in range(300)]

        async def enter(visit: Visit, address: str, said: str) -> str | None:
            found = re.search(r"\b\d{6}\b", said)
            assert found is not None
            proved = await sign_in.type_code(found[0], visit)
            person = proved.arrival.visit.person
            return person.id if person else None

        await asyncio.gather(
            *(sign_in.ask(a, v, "ar", "/ar/") for a, v in zip(names, visits, strict=True))
        )
        said = {one.letter.to: one.letter.text for one in await house.expo.post.listed()}
        people = await asyncio.gather(
            *(enter(v, a, said[a]) for a, v in zip(names, visits, strict=True))
        )

        assert len(set(people)) == 300


async def test_known_invited_and_unknown_addresses_cost_and_look_the_same(tmp_path: Path) -> None:
    known, invited, unknown = (f"{name}@authority.example" for name in ("known", "guest", "nobody"))
    done: dict[str, list[str]] = {}
    seen: dict[str, tuple[int, str, str]] = {}

    async with whole(tmp_path) as house, stranger(house.url) as me:
        listed = await house.expo.invitations.look_at(
            ORGANISER, f"email,role\n{invited},employee\n".encode()
        )
        await house.expo.invitations.put_in_force(ORGANISER, listed)
        await ask(me, known)
        await type_(me, (await code_and_link(house, known))[0])
        house.pass_time(seconds=60)
        engine = house.expo.database._writing.sync_engine
        for address in (known, invited, unknown):
            statements: list[str] = []
            listen = _noting(statements)
            async with stranger(house.url) as client:
                event.listen(engine, "before_cursor_execute", listen)
                answer = await ask(client, address)
                event.remove(engine, "before_cursor_execute", listen)
                page = await client.get("/en/sign-in/code")
            own = ("asked_letters", "INSERT INTO letters")  # the post is at work meanwhile, too
            done[address] = [one for one in statements if any(name in one for name in own)]
            shown = re.sub("<time.*?</time>", "", page.text.replace(address, ""))
            seen[address] = (answer.status_code, answer.headers["location"], shown)

    assert done[known] == done[invited] == done[unknown]
    assert len(done[unknown]) >= 4
    assert seen[known] == seen[invited] == seen[unknown]


def _noting(statements: list[str]) -> Callable[..., None]:
    def note(*asked: object) -> None:
        statements.append(str(asked[2]))

    return note


async def test_invited_address_comes_in_with_its_place(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        rows = f"email,name,role,entity\n{ADDRESS},Mariam,team,dewa\n"
        listed = await house.expo.invitations.look_at(ORGANISER, rows.encode())
        await house.expo.invitations.put_in_force(ORGANISER, listed)
        await ask(me)
        code, _ = await code_and_link(house)
        await type_(me, code)
        person = (await visit_of(house, me)).person

        assert person is not None
        assert (person.role, person.entity) == (Role.TEAM, "dewa")


async def test_letter_is_as_good_as_before_where_nobody_could_come_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise Busy

    async with whole(tmp_path) as house, stranger(house.url) as me:
        await ask(me)
        code, link = await code_and_link(house)
        with monkeypatch.context() as patch:
            patch.setattr(house.expo.entering, "enter", busy)
            failed = [await type_(me, code), await me.post(link)]
        answer = await type_(me, code)

        assert [one.status_code for one in failed] == [503, 503]
        assert answer.status_code == 303


async def test_database_holds_neither_code_nor_link_and_forgets_addresses(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await ask(me, next="/en/schedule")
        code, link = await code_and_link(house)
        kept = await _rows(house, "asked_letters")
        forgetting = ForgettingFollower(house.expo.database, house.expo.now)
        house.pass_time(minutes=20)
        await forgetting.look()
        wiped = await _rows(house, "asked_letters")
        house.pass_time(hours=24)
        await forgetting.look()

        assert ADDRESS in kept
        assert code not in re.findall(r"\b\d{6}\b", kept)
        assert link.rpartition("/")[2] not in kept
        assert ADDRESS not in wiped
        assert "/en/schedule" not in wiped
        assert await _rows(house, "asked_letters") == "[]"


async def _rows(house: Whole, table: str) -> str:
    async with house.expo.database.read() as tx:
        found = await tx.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - our own names
        return str([tuple(row) for row in found])


async def test_logs_hold_no_address_code_or_link(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with postbox() as box:
        async with whole(tmp_path, box.environ) as house, stranger(house.url) as me:
            await ask(me)
            letter = await asyncio.to_thread(box.to, ADDRESS)
            await type_(me, other_than(code_in(letter)))
            await type_(me, code_in(letter))
            await me.post(link_in(letter))

    ours = "\n".join(
        f"{one.getMessage()} {one.__dict__}"
        for one in caplog.records
        if one.name.startswith("expo")
    )
    assert ours
    for secret in (ADDRESS, code_in(letter), link_in(letter).rpartition("/")[2]):
        assert secret not in ours


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("/en/session/khda", "/en/sign-in?next=/en/session/khda"),
        ("/ar/schedule", "/ar/sign-in?next=/ar/schedule"),
        ("/en/pass/SECRET", "/en/sign-in"),
        ("/en/invitation/SECRET", "/en/sign-in"),
        ("/badge/SECRET?lang=en", "/en/sign-in"),
        ("/en/nothing/here", "/en/sign-in"),
    ],
)
async def test_every_page_leads_to_the_doors_and_no_pass_is_carried_along(
    tmp_path: Path, path: str, href: str
) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        page = await me.get(path)
        await me.post("/en/join", data={})
        known = await me.get(path)

        assert re.findall(r'class="enter" href="([^"]*)"', page.text) == [href]
        assert 'class="enter"' not in known.text


@pytest.mark.parametrize(
    "then", ["//evil.example/", "https://evil.example", "/\\evil.example", "/en/%0d%0aX: 1", "x"]
)
async def test_nobody_is_led_away_after_signing_in(tmp_path: Path, then: str) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await ask(me, next=then)
        code, _ = await code_and_link(house)

        assert (await type_(me, code)).headers["location"] == "/en/"


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "12 34", "०१२३४५", "\u202e", "9" * 5000]
)
async def test_what_is_no_code_is_told_so_and_takes_no_try(tmp_path: Path, code: str) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        await ask(me)
        right, _ = await code_and_link(house)
        told = [refusal(await type_(me, code)) for _ in range(6)]

        assert told == ["sign-in-code-unreadable"] * 6
        assert (await type_(me, right)).status_code == 303


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "no-such-pass",
        "a" * 5000,
        "%00",
        "..%2f..",
        "0e87OPf9dIdDEqFP46o6YBYMEw.oojf82.x",
        "٠١٢",
    ],
)
async def test_forged_link_opens_nothing(tmp_path: Path, token: str) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        looked = await me.get(f"/en/sign-in/link/{token}", headers=PROGRAM)
        pressed = await me.post(f"/en/sign-in/link/{token}", headers=PROGRAM)

        for answer in (looked, pressed):
            assert answer.status_code in {400, 404}
        assert (await visit_of(house, me)).person is None


async def test_pass_is_no_link(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        until = house.expo.now() + timedelta(hours=1)
        issued = await house.expo.passes.issue(None, role=Role.ORGANISER, expires_at=until)
        token = issued.path.rpartition("/")[2]
        answer = await me.post(f"/en/sign-in/link/{token}", headers=PROGRAM)

        assert answer.json()["code"] == "sign-in-link-unknown"


# --- addresses of every kind ---

_NAMES = [
    "mariam", "MARIAM", "m", "m.s", "m+tag", "o'brien", "a_b", "a-b", "x" * 64, "!#$%&'*+/=?^_`{|}~",
    '"quoted name"', '"a@b"', "two words", ".dot", "dot.", "two..dots", "x" * 65, "مريم", "josé",
    "a\r\nBcc: b", "a\nb", "a\tb", "a\0b", "a\u202eb", "a\u200bb", "<a", "a>", "a,b", "a;b", "a:b",
    "(c)a", "a\\b", "٣a", "ａ", "", " ", "-", "a%00b", "a%0d%0ab", "\ud800",
]  # fmt: skip
_HOSTS = [
    "authority.example", "AUTHORITY.EXAMPLE", "bücher.example", "موقع.example", "[127.0.0.1]", "localhost",
    "127.0.0.1", "a.example.", "-a.example", "a..example", "x" * 63 + ".example", "x" * 64 + ".example",
    "authority.example\r\nX: 1", "authority.example>", "a@b.example", "xn--p1ai.example", "", "example",
    "a_b.example", ".".join(["x" * 60] * 5) + ".example",
]  # fmt: skip
ADDRESSES = [f"{name}@{host}" for name, host in product(_NAMES, _HOSTS)]


async def test_every_kind_of_address_gets_one_letter_or_a_refusal(tmp_path: Path) -> None:
    assert len(ADDRESSES) >= 500
    expected: dict[str, int] = {}

    with postbox(enable_SMTPUTF8=False) as box:
        async with whole(tmp_path, box.environ) as house:
            for typed in ADDRESSES:
                address = mailbox(typed)
                visit = Visit(device=secrets.token_urlsafe(18))
                try:
                    await house.expo.mail_sign_in.ask(typed, visit, "ar", "/ar/")
                except AddressUnreadable:
                    assert address is None
                except MailboxFull:
                    assert address is not None
                else:
                    assert address is not None
                    assert address.isascii()
                    expected[address] = expected.get(address, 0) + 1
            await asyncio.to_thread(box.wait_for, sum(expected.values()))

    assert len(expected) > 50
    assert _got(box) == expected
    assert all(one["X"] is None and one["Bcc"] is None for one in box.letters)


def _got(box: Postbox) -> dict[str, int]:
    got: dict[str, int] = {}
    for letter, (_, recipients) in zip(box.letters, box.envelopes, strict=True):
        assert recipients == (letter["To"],)
        got[recipients[0]] = got.get(recipients[0], 0) + 1
    return got


@pytest.mark.parametrize(
    "address", ["a\r\nBcc: b@x.example@y.example", "", "a b@c.example", "x" * 300 + "@a.example"]
)
async def test_hostile_address_is_refused_on_its_page(tmp_path: Path, address: str) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as me:
        answer = await ask(me, address)

        assert (answer.status_code, refusal(answer)) == (400, "address-unreadable")
        assert await house.expo.post.listed() == ()
