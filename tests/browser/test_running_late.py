"""The show runs late: two desks run it by keys, a phone and a projector follow, and a step is undone."""

import time

import pytest
from playwright.sync_api import Page, expect

from command.assembly import Expo
from expo.rights import Role
from expo.words import Language
from sessions.cues import Scene, Status
from sessions.orders import Kind, Order
from tests.support.browsing import Browsing, Person
from tests.support.inspection import barriers, faults
from tests.support.show import ORGANISER, SESSION, Running

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


def test_slip_of_twelve_minutes_is_on_every_screen_and_in_every_file_within_two_seconds(
    show: Running, people: Browsing
) -> None:
    show.begin()
    show.scene(Scene.BREAK)
    key_of_screen = show.do(lambda expo: expo.production.devices.new_key(ORGANISER, "main"))
    board = people.person(show, Role.PUBLIC).visit("/ar/day/1")
    wall = people.person(show, Role.SCREEN, size=(1280, 720)).visit("/stage/hall?lang=ar")
    console = people.person(show, Role.MODERATOR, size=(1024, 768)).visit(f"/en/present/{SESSION}")
    overlay = people.person(show, size=(1920, 1080)).visit(f"/overlay/main/{key_of_screen}?lang=ar")
    shown = (
        board.locator("[data-begins]").nth(1),
        wall.locator("[data-when=next]"),
        overlay.locator("[data-part=lt]:visible [data-f=nextWhen]"),
        console.locator("[data-f=nextAt]"),
    )
    for place in shown:
        expect(place).to_contain_text("9:25")

    show.do(twelve_minutes)
    began = time.monotonic()
    for place in shown:
        expect(place).to_contain_text("9:37", timeout=FAST)
    names = ("schedule.ics", "schedule.json", "schedule.xml")
    files = {name: board.request.get(f"{show.url}/{name}").text() for name in names}
    assert time.monotonic() - began < FAST / 1000
    assert "T053700Z" in files["schedule.ics"]
    assert "09:37" in files["schedule.json"]
    assert "09:37" in files["schedule.xml"]


async def twelve_minutes(expo: Expo) -> None:
    """The session on the stage takes twelve minutes more."""
    version = expo.show.progress(SESSION).version
    await expo.show.act(ORGANISER, Order(Kind.MINUTES, version, session=SESSION, by=12))


async def _status_of(expo: Expo) -> Status:
    return expo.show.status(SESSION)
