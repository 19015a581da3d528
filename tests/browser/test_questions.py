"""A question goes from one phone over two moderators' desks to another phone, by keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from expo.rights import Role
from tests.support.browsing import Browsing, Person
from tests.support.inspection import barriers
from tests.support.show import Running

pytestmark = pytest.mark.timeout(120)
PAGE, DESK = "/en/session/khda", "/en/staff/questions?session=khda"
DESKTOP = (1280, 800)


def moderator(show: Running, people: Browsing, name: str) -> Person:
    """Somebody at the desk, who hears it live."""
    person = people.person(show, Role.MODERATOR, size=DESKTOP, label=name)
    person.visit(DESK)
    return person


def ask(page: Page, text: str) -> None:
    """Ask on a phone, and read that it waits."""
    page.get_by_label("Ask the presenters something").fill(text)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#own .t").last).to_have_text(text)


def test_phone_asks_two_moderators_share_the_queue_and_the_other_phone_reads(
    show: Running, people: Browsing
) -> None:
    show.begin()
    asker, reader = (people.person(show, Role.CUSTOMER) for _ in range(2))
    for one in (asker, reader):
        one.visit(PAGE).locator("#questions").scroll_into_view_if_needed()
        expect(one.page.locator("#questions[data-live]")).to_be_attached()
    ask(asker.page, "When does it start?")
    ask(asker.page, "متى تبدأ الخدمة؟")
    first, second = (moderator(show, people, name) for name in ("Huda", "Omar"))

    first.page.keyboard.press("j")
    expect(second.page.locator(".qcard.taken")).to_contain_text("Huda has it")
    second.page.keyboard.press("j")  # the first card is another's: it goes to the second
    expect(first.page.locator(".qcard.taken")).to_contain_text("متى تبدأ الخدمة؟")
    expect(first.page.locator(".qcard.taken .acts")).to_have_count(0)

    first.page.keyboard.press("p")
    expect(reader.page.locator("#asked .q .t")).to_have_text("When does it start?")
    expect(asker.page.locator("#own .q")).to_have_count(1)
    reader.page.get_by_role("button", name=re.compile("Support: When")).click()
    expect(asker.page.locator("#asked [data-supports]")).to_have_text("2")
    expect(reader.page.locator("#asked button")).to_have_attribute("aria-pressed", "true")

    second.page.keyboard.press("h")
    second.page.keyboard.press("6")
    expect(asker.page.locator("#own [data-state]")).to_contain_text("It is not clear")
    expect(second.page.locator("#p-waiting .qcard")).to_have_count(0)
    second.page.wait_for_timeout(600)  # a second press at once is taken for a slip
    second.page.keyboard.press("u")
    expect(second.page.locator("#p-waiting .qcard")).to_have_count(1)

    second.page.locator("#help").click()
    second.page.get_by_label("Use keyboard shortcuts").uncheck()
    second.page.keyboard.press("Escape")
    second.page.keyboard.press("k")
    expect(second.page.locator(".qcard.here")).to_have_count(1)
    for one in (asker, reader, first, second):
        assert barriers(one.page) == []
        assert one.watch.faults(failed_loads=True) == []
