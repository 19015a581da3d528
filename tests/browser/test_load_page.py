"""The load page in a browser: renews itself, stands still on request, says when it cannot know."""

import re

import pytest
from playwright.sync_api import Page, expect

from expo.rights import Role
from expo.words import Language
from tests.support.browsing import Browsing, Person
from tests.support.show import Running

_LINES = """(pill, words) => {
  pill.textContent = words;
  const range = document.createRange();
  range.selectNodeContents(pill);
  return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
}"""
"""Puts these words into a pill; how many lines they take there."""


def organiser(show: Running, people: Browsing, lang: Language = "en") -> Person:
    """Somebody who looks at the load."""
    person = people.person(show, lang=lang)
    person.sign_in(show.cookies_of(Role.ORGANISER))
    person.visit(f"/{lang}/staff/load")
    return person


def connections(page: Page) -> str:
    """The first figure."""
    return page.locator(".tile .big").first.inner_text()


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_figures_renew_themselves_where_they_stand(
    show: Running, people: Browsing, lang: Language
) -> None:
    person = organiser(show, people, lang)
    page = person.page
    summary = page.locator("details summary").first
    summary.click()
    page.evaluate("window.kept = document.querySelector('.tile .big .num')")
    assert connections(page) == "0"

    viewer = people.person(show, lang=lang)
    viewer.visit(f"/{lang}/session/khda")

    expect(page.locator(".tile .big").first).to_have_text("1", timeout=10_000)
    assert page.evaluate("window.kept.isConnected && window.kept.textContent") == "1"
    expect(page.locator("details").first).to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_figures_stand_still_as_long_as_somebody_wants(show: Running, people: Browsing) -> None:
    page = organiser(show, people).page
    page.locator("#pause").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#say")).to_have_text(re.compile("stand still"))
    before = page.locator(".when").inner_text()

    page.wait_for_timeout(2_600)  # longer than a renewal that must not happen
    held = page.locator(".when").inner_text()
    page.keyboard.press("Enter")

    assert held == before
    expect(page.locator(".when")).not_to_have_text(before, timeout=10_000)
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "false")


def test_page_whose_server_is_silent_says_so_and_comes_back(
    show: Running, people: Browsing
) -> None:
    page = organiser(show, people).page
    page.context.set_offline(True)

    expect(page.locator("#p-load.stale")).to_be_visible(timeout=10_000)
    expect(page.locator("#conn")).to_be_visible(timeout=10_000)
    page.context.set_offline(False)

    expect(page.locator("#p-load:not(.stale)")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_words_of_a_state_stay_whole_on_a_phone(
    show: Running, people: Browsing, lang: Language
) -> None:
    person = people.person(show, lang=lang, size=(360, 740))
    person.sign_in(show.cookies_of(Role.ORGANISER))
    page = person.visit(f"/{lang}/staff/load")
    page.locator("#pause").click()
    words = "قرب الحد" if lang == "ar" else "Near the limit"

    assert page.locator(".parts .pill").first.evaluate(_LINES, words) <= len(words.split())
    wide: list[int] = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
