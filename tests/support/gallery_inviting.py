"""Pages by which organisers invite people, and the outbox, for the gallery."""

from itertools import count
from typing import Final

from playwright.sync_api import Page, expect

from expo.rights import Role
from tests.support.gallery_view import View

ORGANISER: Final = Role.ORGANISER
_LIST: Final = "/{lang}/staff/people"
_numbers: Final = count(1)  # nobody is invited twice
_ROWS: Final = """email,name,role,electorate,entity,language
maha{n}@example.ae,مها العلي,team,,dewa,ar
nobody,Somebody,king,,,
omar{n}@example.ae,Omar Abdullah,employee,,,en
"""


def _check(page: Page) -> None:
    page.locator("summary").first.click()
    page.locator("#pasted").fill(_ROWS.replace("{n}", str(next(_numbers))))
    page.locator(".listform button").click()
    expect(page.locator("tr[data-code]").first).to_be_visible()


def _invite(page: Page) -> None:
    _check(page)
    page.locator("form.row button").click()
    expect(page.locator(".note.ok")).to_be_visible()


def _send_nothing(page: Page) -> None:
    page.locator(".listform button").click()
    expect(page.locator("[role=alert][data-code]")).to_be_visible()


def _follow(page: Page) -> None:
    page.locator(".lines a").first.click()
    expect(page.locator("dl.who")).to_be_visible()


def _read_letter(page: Page) -> None:
    _invite(page)
    page.goto(page.url.partition("/people")[0] + "/outbox")
    _follow(page)


INVITING: Final = (
    View("people-checked", "day", _LIST, ORGANISER, act=_check),
    View("people-invited", "day", _LIST, ORGANISER, act=_invite),
    View("people", "day", _LIST, ORGANISER, ".listform"),
    View("people-error", "day", _LIST, ORGANISER, act=_send_nothing),
    View("known", "day", _LIST + "/known", ORGANISER, ".lines"),
    View("person", "day", _LIST + "/known", ORGANISER, ".lines", _follow),
    View("outbox", "day", "/{lang}/staff/outbox", ORGANISER),
    View("letter", "day", _LIST, ORGANISER, act=_read_letter),
    View("invitation-unknown", "day", "/{lang}/invitation/AAAA", shows="[role=alert]"),
)
