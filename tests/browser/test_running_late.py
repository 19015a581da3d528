"""The show runs late: two desks run it by keys, a phone and a projector follow, and a step is undone."""

import pytest
from playwright.sync_api import Page, expect

from command.assembly import Expo
from expo.rights import Role
from expo.words import Language
from sessions.cues import Status
from tests.support.browsing import Browsing, Person
from tests.support.inspection import barriers, faults
from tests.support.show import SESSION, Running

pytestmark = pytest.mark.timeout(120)
REST = 800  # ms after an order in which the desk takes a second press for a slip
FAST = 2_000  # ms within which a delay has to be everywhere


def desk(show: Running, people: Browsing, name: str, lang: Language = "en") -> Person:
    person = people.person(show, Role.ORGANISER, size=(360, 780), label=name, lang=lang)
    person.visit(f"/{lang}/staff/control")
    expect(person.page.locator("#link.ok")).to_be_attached()
    return person


def key(page: Page, name: str) -> None:
    """Press a key once the desk takes orders again."""
    expect(page.locator("#control[data-busy]")).to_have_count(0)
    page.wait_for_timeout(REST)
    page.keyboard.press(name)


def test_delay_shows_at_once_and_the_other_desk_takes_it_back(
    show: Running, people: Browsing
) -> None:
    show.begin()
    mariam, omar = desk(show, people, "Mariam"), desk(show, people, "Omar", "ar")
    phone = people.person(show, Role.PUBLIC)
    phone.visit("/en/day/1")
    wall = people.person(show, Role.SCREEN, size=(1280, 720), label="hall")
    wall.visit("/stage/hall?lang=en")
    follows = phone.page.locator("[data-begins]").nth(1)
    expect(follows).to_have_text("09:25")
    expect(mariam.page.locator(".desk")).to_contain_text("Omar")
    expect(wall.page.locator("#late")).to_have_text("Running 10 minutes late")

    mariam.page.locator("#do-minutes5").click()
    expect(follows).to_have_text("09:30", timeout=FAST)
    expect(phone.page.locator("[data-show-late]")).to_have_text("Running 15 minutes late")
    expect(wall.page.locator("#late")).to_have_text("Running 15 minutes late", timeout=FAST)
    expect(omar.page.locator(".undo")).to_contain_text("Mariam")
    key(omar.page, "u")
    expect(follows).to_have_text("09:25", timeout=FAST)
    expect(mariam.page.locator(".desk")).to_contain_text("Last step undone")

    key(mariam.page, "h")
    expect(phone.page.locator("[data-held]")).to_be_visible()
    expect(wall.page.locator("#late")).to_have_text("The show is on hold for a moment")
    for person, lang in ((mariam, "en"), (omar, "ar"), (phone, "en")):
        assert barriers(person.page) == []
        assert faults(person.page, lang) == []
    key(omar.page, "h")
    expect(phone.page.locator("[data-held]")).to_be_hidden()
    mariam.page.locator("#do-next-session").click()
    mariam.until(lambda: show.do(_status_of) is Status.ENDED)


async def _status_of(expo: Expo) -> Status:
    return expo.show.status(SESSION)
