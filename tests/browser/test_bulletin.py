"""A day's bulletin at real browsers: prepared and reviewed with keys alone, read without a barrier."""

import pytest
from playwright.sync_api import Page, expect

from expo.rights import Role
from expo.words import Language
from tests.support.browsing import Browsing, Person
from tests.support.inspection import barriers, enlarged, faults
from tests.support.show import Running

pytestmark = pytest.mark.timeout(180)
_MOST_TABS = 90
_IS_AT = "wanted => document.activeElement?.matches(wanted) ?? false"
WORDS = {
    "heading-ar": "نتائج اليوم الأول",
    "heading-en": "What day one brought",
    "introduction-ar": "يوم طويل وترتيب واضح.",
    "introduction-en": "A long day and a clear order.",
}


def reach(page: Page, selector: str) -> None:
    """Press Tab until the focus is where it is wanted."""
    for _ in range(_MOST_TABS):
        if page.evaluate(_IS_AT, selector):
            return
        page.keyboard.press("Tab")
    message = f"no key leads to {selector}"
    raise AssertionError(message)


def step(person: Person, lang: Language, what: str, done: str, **typed: str) -> None:
    """One button of the desk, reached and pressed by keys; what is typed comes first."""
    page = person.visit(f"/{lang}/staff/bulletins/1")
    assert barriers(page) == []
    assert faults(page, lang) == []
    for name, text in typed.items():
        reach(page, f"#{name}")
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    button = f"form:has([name=do][value={what}]) button, button[name=do][value={what}]"
    reach(page, button)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**?done={done}")
    expect(page.locator(".note.ok[role=status]")).to_be_visible()


@pytest.mark.parametrize("lang", ["ar", pytest.param("en", marks=pytest.mark.nightly)])
def test_two_people_publish_and_correct_a_day_with_keys_alone(
    people: Browsing, show: Running, lang: Language
) -> None:
    show.open()
    show.crowd()
    show.count()
    show.publish()
    organiser = people.person(show, Role.ORGANISER, lang=lang, label="Mariam")
    officer = people.person(show, Role.OFFICER, lang=lang, label="Salem")

    step(organiser, lang, "begin", "begin")
    step(organiser, lang, "save", "save", **WORDS)
    step(organiser, lang, "send", "send")
    step(officer, lang, "review", "review")
    step(organiser, lang, "publish", "publish")
    step(organiser, lang, "begin", "begin")
    mended = {"correction-ar": "كان العنوان ناقصًا.", "correction-en": "The heading was short."}
    step(organiser, lang, "save", "save", **mended, **{"heading-en": "Day one, whole"})
    step(organiser, lang, "send", "send")
    step(officer, lang, "review", "review")
    step(organiser, lang, "publish", "publish")

    reader = people.person(show, lang=lang)
    for path, shows in (
        (f"/{lang}/bulletin/day/1", ".correction"),
        (f"/{lang}/bulletin/day/1/v1", ".banner.err"),
        (f"/{lang}/bulletin", ".dayline"),
        (f"/{lang}/bulletin/subscribe", "#address"),
    ):
        page = reader.visit(path)
        expect(page.locator(shows)).to_be_visible()
        assert barriers(page) == [], path
        assert faults(page, lang) == [], path
        assert enlarged(page) == [], path
    assert [*organiser.watch.faults(), *reader.watch.faults()] == []
