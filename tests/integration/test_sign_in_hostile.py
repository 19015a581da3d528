"""Signing in by e-mail under hostile input: paths, codes, links, and addresses of every kind."""

import asyncio
import re
import secrets
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from expo.identity.people import Visit
from expo.identity.signin.codes import AddressUnreadable, MailboxFull
from expo.mailboxes import mailbox
from expo.rights import Role
from tests.support.mail_door import (
    ask,
    code_and_link,
    refusal,
    type_,
    visit_of,
)
from tests.support.postbox import Postbox, postbox
from tests.support.roles import stranger
from tests.support.whole import PROGRAM, whole


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
