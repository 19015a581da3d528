"""Every way of casting ends in the same stored ranking: keys, clicks, touch, and no scripts at all."""

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import CDPSession, Locator, expect

from expo.words import Language
from tests.support.browsing import Ballot, Browsing, Person
from tests.support.show import SESSION, Running

pytestmark = pytest.mark.timeout(120)
PATH = f"/session/{SESSION}"
WANTED = (3, 0, 4)
"""Places in the programme's order of what is to be ranked first, second and third."""


def by_click(person: Person, wanted: list[str]) -> None:
    """Clicks only: added in another order, then put right with the arrows and the sheet of places."""
    ballot = Ballot(person.page)
    first, second, third = wanted
    ballot.add(second, third, first)
    ballot.card(first).locator(".up").click()
    ballot.card(first).locator(".t").click()
    person.page.locator("#sheet .places button").first.click()
    assert ballot.order == wanted
    ballot.submit()
    ballot.expect("saved")


def by_keyboard(person: Person, wanted: list[str]) -> None:
    """Keys only: Tab to everything, Enter to press it, Alt and an arrow to move a card."""
    page, ballot = person.page, Ballot(person.page)
    first, second, third = wanted
    page.keyboard.press("Tab")
    for option in (second, first, third):
        _tab_to(person, f'.item[data-id="{option}"] .t')
        page.keyboard.press("Enter")
        expect(ballot.card(option).locator(".t")).to_be_focused()
    _tab_to(person, f'.item[data-id="{first}"] .t')
    page.keyboard.press("Alt+ArrowUp")
    assert ballot.order == wanted
    expect(ballot.card(first).locator(".t")).to_be_focused()
    _tab_to(person, "#ack-b")
    page.keyboard.press("Enter")
    ballot.expect("saved")


def by_touch(person: Person, wanted: list[str]) -> None:
    """Fingers only: taps to add, then every card dragged to its place by its number."""
    page, ballot = person.page, Ballot(person.page)
    for option in reversed(wanted):
        _tap(ballot.card(option).locator(".t"), partial(_is_ranked, ballot, option))
    fingers = person.context.new_cdp_session(page)
    for place, option in enumerate(wanted):
        _drag(person, fingers, option, ballot.order[place])
    assert ballot.order == wanted
    _tap(page.locator("#ack-b"), lambda: not ballot.shows("idle"))
    ballot.expect("saved")


def without_scripts(person: Person, wanted: list[str]) -> None:
    """A form with a place for each initiative, sent by its own button."""
    page = person.page
    if person.context.cookies() and "sawt_visit" not in person.cookies:
        page.locator('form[action$="/join"] button').click()
    for place, option in enumerate(wanted, start=1):
        page.locator(f'[name="rank-{option}"]').select_option(str(place))
    page.locator("#cast .nojs-only button.primary.big").click()
    expect(page.locator(".note.ok a[href*='/receipt/']")).to_be_visible()


def _is_ranked(ballot: Ballot, option: str) -> bool:
    return option in ballot.order


def _tap(target: Locator, is_done: Callable[[], bool]) -> None:
    """Tap, and tap again where a busy machine made a long press of it."""
    for _ in range(5):
        target.tap()
        for _ in range(10):
            if is_done():
                return
            target.page.wait_for_timeout(50)
    pytest.fail("tapping does nothing")


def _tab_to(person: Person, selector: str) -> None:
    """Press Tab, or Shift and Tab, until this element has the focus; never anything but keys."""
    target = person.page.locator(selector)
    for _ in range(80):
        if target.evaluate("el => el === document.activeElement"):
            return
        behind = target.evaluate(
            "el => !!(document.activeElement.compareDocumentPosition(el) & 2)"  # el comes before
        )
        person.page.keyboard.press("Shift+Tab" if behind else "Tab")
    pytest.fail(f"{selector} cannot be reached by keyboard")


def _drag(person: Person, fingers: CDPSession, option: str, onto: str) -> None:
    """One finger takes a card by its grip and lets it go over another card."""
    if option == onto:
        return
    ballot = Ballot(person.page)
    grip = ballot.card(option).locator(".grip")
    grip.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), ballot.card(onto).bounding_box()
    assert start is not None
    assert end is not None
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    goal = end["y"] + end["height"] / 2 - 6

    def touch(kind: str, *points: float) -> None:
        where = [{"x": x, "y": at} for at in points]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    touch("touchStart", y)
    for step in range(1, 13):
        touch("touchMove", y + (goal - y) * step / 12)
    touch("touchEnd")
    expect(ballot.card(option)).not_to_have_class("item drag")


WAYS: dict[str, Callable[[Person, list[str]], None]] = {
    "click": by_click,
    "keyboard": by_keyboard,
    "touch": by_touch,
    "no-scripts": without_scripts,
}


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_casting_stores_the_same_ranking(
    show: Running, people: Browsing, way: str, lang: Language
) -> None:
    show.open()
    options = show.options()
    wanted = [options[at] for at in WANTED]
    person = people.person(
        show,
        lang=lang,
        size=(390, 1400),  # so tall that a finger near the edge does not scroll the page meanwhile
        has_touch=way == "touch",
        java_script_enabled=way != "no-scripts",
    )
    person.visit(f"/{lang}{PATH}")
    WAYS[way](person, wanted)
    assert person.stored() == tuple(wanted)
    assert show.ballots() == 1
    assert person.watch.faults() == []
