"""Pages about who somebody is, and the doors of the venue, for the gallery."""

from datetime import timedelta
from typing import Final

from playwright.sync_api import Page, expect

from command.assembly import Expo
from expo.identity.people import Person, PersonId
from expo.identity.venue.codes import BadgeOrder
from expo.rights import Role
from tests.support.gallery_view import View, World

ORGANISER, VOTER = Role.ORGANISER, Role.CUSTOMER
_ME, _BADGES = "/{lang}/me", "/{lang}/staff/venue"


def filled(path: str, world: World) -> str:
    """The address with a badge's and the hall's code in it, where it asks for one."""
    if "{badge}" in path:
        path = path.replace("{badge}", world.show.do(_badge))
    if "{hall}" in path:
        path = path.replace("{hall}", world.show.do(_hall))
    return path


async def _badge(expo: Expo) -> str:
    order = BadgeOrder("customers", "Hall B قاعة", expo.now() + timedelta(hours=1), 1)
    boss = Person(PersonId("o1"), Role.ORGANISER, label="Mariam")
    return (await expo.venue.issue(boss, order, expo.venue.new_batch()))[0].code


async def _hall(expo: Expo) -> str:
    return expo.venue.shown().code


def _print_badges(page: Page) -> None:
    page.locator("#count").fill("2")
    page.locator("#label").fill("Door A الباب")
    page.locator(".passform button").first.click()
    expect(page.locator(".passcard")).to_have_count(2)


def _release_wrongly(page: Page) -> None:
    page.locator("#code").fill("AAAAA-BBBBB")
    page.locator("form[action$=release] button").click()
    expect(page.locator("[role=alert][data-code]")).to_be_visible()


PEOPLE: Final = (
    View("me-nobody", "day", _ME),
    View("me-voted", "day", _ME, VOTER, ".who"),
    View("me-told", "day", _ME + "?told=electorate-kept.ballots-withdrawn", VOTER, "[data-told]"),
    View("me-team", "day", _ME, Role.TEAM, ".who"),
    View("me-staff", "day", _ME, ORGANISER, ".who"),
    View("venue", "day", "/{lang}/venue"),
    View("venue-badge", "day", "/badge/{badge}?lang={lang}", shows=".btn.big"),
    View("venue-wrong", "day", "/badge/AAAAABBBBB?lang={lang}", shows="[aria-invalid]"),
    View("venue-hall", "day", "/at/{hall}?lang={lang}", shows=".btn.big"),
    View("venue-hall-over", "day", "/at/AAAABBBB?lang={lang}", shows="[role=alert]"),
    View("badges", "day", _BADGES, ORGANISER, ".passform"),
    View("badges-printed", "day", _BADGES, ORGANISER, act=_print_badges),
    View("badges-error", "day", _BADGES, ORGANISER, act=_release_wrongly),
    View("hall-code", "day", "/{lang}/stage/venue", ORGANISER, "#code"),
)
