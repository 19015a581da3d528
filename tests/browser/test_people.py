"""People at real browsers: badges, the hall's code, and a device on which somebody signed in."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from command.assembly import Expo
from expo.identity.people import Person, PersonId
from expo.identity.venue.codes import BadgeOrder
from expo.rights import Role
from expo.words import Language
from tests.support.browsing import Ballot, Browsing
from tests.support.show import MORNING, Running, real_schedule, running

BOSS = Person(PersonId("o1"), Role.ORGANISER, label="Mariam")


async def badge(expo: Expo) -> str:
    """The code of a new badge, as printed."""
    order = BadgeOrder("customers", "Door A", expo.now() + timedelta(hours=1), 1)
    return (await expo.venue.issue(BOSS, order, expo.venue.new_batch()))[0].shown


def come_in(page: Page, code: str) -> None:
    """Type a badge's code and press the button."""
    page.locator("#code").fill(code)
    page.locator("form[action$='/venue'] button").click()
    page.wait_for_url(lambda address: not address.endswith("/venue"))


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_contest_that_asks_for_presence_leads_by_badge_to_a_saved_ballot(
    people: Browsing, lang: Language
) -> None:
    with running(real_schedule(("level: C", "level: B"))) as show:
        show.open()
        person = people.person(show, lang=lang)
        page = person.visit(f"/{lang}/session/khda")
        expect(page.locator("#ballot[data-state=blocked]")).to_be_visible()
        expect(page.locator("#act")).to_be_hidden()
        page.locator("#ballot [data-for]").filter(visible=True).click()
        expect(page).to_have_url(f"{person.base}/{lang}/sign-in?next=/{lang}/session/khda")

        come_in(person.visit(f"/{lang}/venue"), show.do(badge).lower())
        ballot = Ballot(person.visit(f"/{lang}/session/khda"))
        ballot.add(*show.options()[:2])
        ballot.submit()

        ballot.expect("saved")
        assert person.watch.faults() == []


def test_device_somebody_left_says_so_and_keeps_the_draft(people: Browsing, show: Running) -> None:
    show.open()
    person = people.person(show)
    come_in(person.visit("/en/venue"), show.do(badge))
    person.visit("/en/me").get_by_role("button", name="Sign this device out").first.click()

    ballot = Ballot(person.visit("/en/session/khda"))
    ballot.add(*show.options()[:2])
    ballot.submit()

    page = ballot.page
    expect(page.locator("#blocked")).to_contain_text("Somebody signed in on this device")
    expect(page.locator("#ballot [data-for]").filter(visible=True)).to_have_text("Sign in")
    page.reload()
    expect(page.locator(".ranked .item")).to_have_count(2)
    assert person.watch.faults(failed_loads=True) == []


def test_hall_code_on_the_screen_changes_by_itself_and_lets_a_phone_in(people: Browsing) -> None:
    with running(real_schedule(), MORNING + timedelta(seconds=29), stands_still=True) as show:
        screen = people.person(show, Role.ORGANISER).visit("/ar/stage/venue")
        first = screen.locator("#code").inner_text()
        picture = screen.locator("#picture").get_attribute("src")
        phone = people.person(show, lang="en")
        button = phone.visit(f"/AT/{first}").get_by_role("button", name="Come in")

        show.go_to(MORNING + timedelta(seconds=31))

        expect(screen.locator("#code")).not_to_have_text(first)
        expect(screen.locator("#picture")).not_to_have_attribute("src", picture or "")
        button.click()
        phone.page.wait_for_url("**/en/")
        assert "level B" in phone.visit("/en/me").locator(".who").inner_text()
