"""Names that are markup, that turn the direction of text, or that never end, are shown as text."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from expo.rights import Role
from tests.support.browsing import Browsing
from tests.support.inspection import faults
from tests.support.show import SESSION, Running, real_schedule, running

pytestmark = pytest.mark.timeout(120)
MARKUP = "<img src=x onerror=window.pwned=1>{{7*7}}<script>window.pwned=2</script>"
ENDLESS = "Donaudampfschifffahrts" * 3
BIDI = "فريق Smart Permits · 42.6% · 10:30 ص"
EMOJI = "👩🏽‍🚀 شمس ☀️ 𝒮"


def _hostile() -> str:
    """The real programme with hostile titles in the first session and a hostile entity name."""
    text = real_schedule()
    head, marker, rest = text.partition("  - id: khda-families-guide\n")
    assert marker
    parts = rest.split("    title: ", 4)
    names = (MARKUP, ENDLESS, BIDI, EMOJI)
    changed = [parts[0]]
    for name, part in zip(names, parts[1:], strict=True):
        _, _, after = part.partition("\n")
        changed.append(f"{{ar: {_quoted(name)}, en: {_quoted(name)}}}\n{after}")
    head = head.replace('"Knowledge and Human Development Authority"', _quoted(MARKUP))
    return head + marker + "    title: ".join(changed)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.fixture(scope="module")
def show() -> Iterator[Running]:
    with running(_hostile()) as found:
        found.open()
        found.crowd()
        yield found


def unharmed(page: Page, lang: str) -> None:
    """Nothing has run, nothing was made an element, nothing is too wide."""
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img[src=x], #st img[src=x]").count() == 0
    assert faults(page, lang, target=0) == []


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/", Role.PUBLIC),
        ("/schedule", Role.PUBLIC),
        ("/initiative/khda-families-guide", Role.PUBLIC),
        (f"/session/{SESSION}", Role.CUSTOMER),
        ("/results/day/1", Role.PUBLIC),
        ("/staff/control", Role.ORGANISER),
        ("/staff/passes", Role.ORGANISER),
    ],
)
def test_hostile_names_are_shown_as_text(
    show: Running, people: Browsing, path: str, role: Role, lang: str
) -> None:
    person = people.person(show, role, size=(320, 700), label=MARKUP[:40])
    page = person.visit(f"/{lang}{path}")
    page.wait_for_timeout(300)  # what scripts put in comes a moment later
    unharmed(page, lang)
    assert person.watch.faults() == []


def test_hostile_names_on_ballot_receipt_projector_and_results(people: Browsing) -> None:
    with running(_hostile()) as show:
        show.open()
        screen = people.person(show, Role.SCREEN, size=(1280, 720))
        screen.visit("/stage/hall?lang=en")
        voter = people.person(show, Role.CUSTOMER, size=(320, 700))
        page = voter.visit(f"/en/session/{SESSION}")
        expect(page.locator(".pool .n").filter(has_text=MARKUP)).to_have_count(1)
        for card in page.locator(".pool .t.add").all()[:3]:
            card.click()
        page.locator("#ack-b").click()
        expect(page.locator("#act[data-ack=saved]")).to_be_visible()
        page.locator("#ack-b").click()
        unharmed(page, "en")
        show.crowd()
        show.count()
        show.publish()
        expect(screen.page.locator("#st[data-scene=final]")).to_be_visible()
        expect(page.locator("[data-rank='1']")).to_be_attached()
        results = people.person(show, size=(320, 700)).visit("/en/results/day/1")
        for one in (page, screen.page, results):
            unharmed(one, "en")
        expect(results.locator(".res").get_by_text(MARKUP)).to_be_visible()
        assert voter.watch.faults() == []
        assert screen.watch.faults() == []
