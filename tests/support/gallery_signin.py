"""Pages on which people sign in by e-mail, for the gallery."""

import secrets
from itertools import count
from typing import Final

from playwright.sync_api import Page, expect

from command.assembly import Expo
from expo.identity.people import Visit
from expo.rights import Role
from tests.support.gallery_view import View, World

_WAYS: Final = "/{lang}/sign-in"
_CODE: Final = _WAYS + "/code"
_LINK: Final = _WAYS + "/link/{letter}"
_numbers: Final = count(1)  # no mailbox gets many letters


def linked(path: str, world: World) -> str:
    """The address with a letter's link in it, where it asks for one."""
    return path.replace("{letter}", world.show.do(_letter)) if "{letter}" in path else path


async def _letter(expo: Expo) -> str:
    visit, address = Visit(device=secrets.token_urlsafe(18)), _address()
    await expo.mail_sign_in.ask(address, visit, "en", "/en/")
    found = await expo.post.listed()
    text = next(one.letter.text for one in found if one.letter.to == address)
    return next(line for line in text.splitlines() if "/link/" in line).rpartition("/")[2]


def _address() -> str:
    return f"a.person.with.quite.a.long.name{next(_numbers)}@innovation.authority.example"


def _ask(page: Page) -> None:
    page.locator("#address").fill(_address())
    page.locator("form:has(#address) button").click()
    expect(page.locator("[data-standing=sent]")).to_be_visible()


def _ask_wrongly(page: Page) -> None:
    page.locator("#address").fill("mariam at authority")
    page.locator("form:has(#address) button").click()
    expect(page.locator("[data-code=address-unreadable]")).to_be_visible()


def _ask_too_soon(page: Page) -> None:
    _ask(page)
    page.locator("form[action$=again] button").click()
    expect(page.locator("[data-code=letter-just-sent]")).to_be_visible()


def _type(page: Page) -> None:
    page.locator("#code").fill("000000")
    page.locator("form:has(#code) button").click()


def _type_wrong(page: Page) -> None:
    _ask(page)
    _type(page)
    expect(page.locator("[data-code=sign-in-code-wrong]")).to_be_visible()


def _type_too_often(page: Page) -> None:
    _ask(page)
    for _ in range(5):
        _type(page)
    expect(page.locator("[data-standing=spent]")).to_be_visible()


def _follow_twice(page: Page) -> None:
    here = page.url
    page.locator("main form button").click()
    page.wait_for_url("**/en/")
    page.goto(here)
    expect(page.locator("[data-code=sign-in-link-used]")).to_be_visible()


SIGNING_IN: Final = (
    View("sign-in", "day", _WAYS, shows="#address"),
    View("sign-in-known", "day", _WAYS, Role.CUSTOMER, ".note"),
    View("sign-in-error", "day", _WAYS, act=_ask_wrongly),
    View("sign-in-code", "day", _WAYS, act=_ask),
    View("sign-in-code-wrong", "day", _WAYS, act=_type_wrong),
    View("sign-in-code-spent", "day", _WAYS, act=_type_too_often),
    View("sign-in-too-soon", "day", _WAYS, act=_ask_too_soon),
    View("sign-in-nothing-asked", "day", _CODE, shows="[data-standing=nothing]"),
    View("sign-in-link", "day", _LINK, shows=".note"),
    View("sign-in-link-used", "day", _LINK, act=_follow_twice),
    View("sign-in-link-unknown", "day", _WAYS + "/link/AAAA", shows="[role=alert]"),
)
SAYING_NO_SIGN_IN: Final = frozenset(
    {
        "sign-in-error",
        "sign-in-code-wrong",
        "sign-in-code-spent",
        "sign-in-too-soon",
        "sign-in-link-used",
        "sign-in-link-unknown",
    }
)
