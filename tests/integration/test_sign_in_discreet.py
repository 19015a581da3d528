"""Signing in by e-mail: how often somebody may try, and what is given away (nothing)."""

import asyncio
import logging
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from expo.budgets import TooFast
from expo.db import Busy
from expo.identity.people import Visit
from expo.identity.signin.codes import LetterJustSent, MailboxFull
from expo.identity.signin.forgetting_follower import ForgettingFollower
from expo.post.pacing import LettersWait
from expo.rights import Role
from tests.support.mail_door import (
    ADDRESS,
    ask,
    code_and_link,
    other_than,
    refusal,
    type_,
    visit_of,
)
from tests.support.postbox import code_in, link_in, postbox
from tests.support.roles import stranger
from tests.support.whole import ORGANISER, Whole, whole


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


async def test_letters_to_strangers_keep_a_pace_and_a_late_one_is_as_good(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        sign_in, network, refused = house.expo.mail_sign_in, "203.0.113.0/24", 0
        visits = [Visit(device=secrets.token_urlsafe(18)) for _ in range(800)]
        for n, visit in enumerate(visits):
            try:
                await sign_in.ask(f"s{n}@x.example", visit, "en", "/en/", network)
            except LettersWait:
                refused += 1
        late = await sign_in.asked_by(visits[650])
        posted = {one.letter.to: one for one in await house.expo.post.listed()}
        hall = Visit(device=secrets.token_urlsafe(18))
        await sign_in.ask("one@hall.example", hall, "ar", "/ar/", "192.0.2.0/24")
        at_once = await sign_in.asked_by(hall)
        now = house.clock()

    assert late is not None
    assert at_once is not None
    assert refused > 20
    assert posted["s650@x.example"].written_at == late.asked_at > now, "its code lasts as long"
    assert at_once.asked_at <= now, "nobody else waits for them"
