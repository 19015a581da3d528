"""Pages about what is stored, for the gallery."""

from typing import Final

from playwright.sync_api import Page, expect

from expo.rights import Role
from tests.support.gallery_view import View

ORGANISER, VOTER = Role.ORGANISER, Role.CUSTOMER
_STORED, _MINE, _KNOWN = "/{lang}/privacy", "/{lang}/me/data", "/{lang}/staff/people/known"


def _unfold(page: Page) -> None:
    page.locator(".kept summary").first.click()
    expect(page.locator(".kept[open] .who")).to_be_visible()


def _erase_unsure(page: Page) -> None:
    page.locator(".sure input").evaluate("box => { box.required = false }")
    page.locator(".sure button").click()
    expect(page.locator("[role=alert][data-code]")).to_be_visible()


def _erase_somebody(page: Page) -> None:
    page.locator(".lines a").first.click()
    page.locator("a[href$='/erase']").click()
    expect(page.locator(".sure")).to_be_visible()


PRIVACY: Final = (
    View("stored", "day", _STORED, act=_unfold),
    View("stored-erased", "day", _STORED + "?erased", shows=".note.ok"),
    View("own-data", "day", _MINE, VOTER, ".who"),
    View("own-data-staff", "day", _MINE, ORGANISER, ".who"),
    View("erase-voting", "day", _MINE + "/erase", VOTER, "[data-code]"),
    View("erase", "day", _MINE + "/erase", Role.TEAM, ".sure"),
    View("erase-unsure", "day", _MINE + "/erase", Role.TEAM, act=_erase_unsure),
    View("erase-plain", "day", _MINE + "/erase", Role.TEAM, ".sure", scripts=False),
    View("person-erase", "day", _KNOWN, ORGANISER, ".lines", _erase_somebody),
)
SAYING_NO_PRIVACY: Final = frozenset({"erase-unsure"})
"""Views that are no success, and mean to be."""
