"""What a phone has to load, and how calm the page stays: bytes and counts, never times."""

import gzip
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from expo.rights import Role
from expo.words import Language
from tests.support.browsing import Ballot, Browsing, Person
from tests.support.gallery import BEFORE
from tests.support.show import SESSION, Running, running

pytestmark = pytest.mark.timeout(120)
PATH: Final = f"/session/{SESSION}"
KB: Final = 1024
_SETTLED: Final = "() => document.readyState === 'complete' && window.performance.now() > 500"


def compressed(person: Person) -> dict[str, int]:
    """Bytes of everything the page has asked for, each compressed as it would travel, by address."""
    found: dict[str, int] = {}
    for request in person.watch.requests:
        answer = request.response()
        if request.url.startswith("data:") or answer is None:
            continue
        body = answer.body()
        is_font = request.url.endswith(".woff2")
        found[request.url] = len(body) if is_font else len(gzip.compress(body, 9))
    return found


def weigh(people: Browsing, show: Running, path: str, role: Role, lang: Language) -> dict[str, int]:
    """What the first visit of a page costs."""
    person = people.person(show, role, lang=lang)
    page = person.visit(f"/{lang}{path}")
    page.wait_for_function(_SETTLED)
    return compressed(person)


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_ballot_page_stays_within_its_budget(
    show: Running, people: Browsing, lang: Language
) -> None:
    show.open()
    parts = weigh(people, show, PATH, Role.PUBLIC, lang)
    scripts = sum(size for url, size in parts.items() if url.endswith(".js"))
    assert len(parts) <= 10, "\n".join(parts)
    assert scripts <= 12 * KB
    assert sum(parts.values()) <= 60 * KB, parts


@pytest.mark.parametrize(
    "path", ["/", "/schedule", "/results/day/1", f"/results/{SESSION}", "/about"]
)
def test_other_public_pages_stay_within_theirs(show: Running, people: Browsing, path: str) -> None:
    show.open()
    show.crowd()
    show.count()
    show.publish()
    parts = weigh(people, show, path, Role.PUBLIC, "ar")
    assert sum(parts.values()) <= 60 * KB, parts
    assert len(parts) <= 12


@pytest.mark.parametrize(
    ("path", "role"), [("/staff/control", Role.ORGANISER), ("/stage/hall", Role.SCREEN)]
)
def test_control_room_and_projector_stay_within_theirs(
    show: Running, people: Browsing, path: str, role: Role
) -> None:
    show.open()
    person = people.person(show, role, lang="ar")
    page = person.visit(path if role is Role.SCREEN else f"/ar{path}")
    page.wait_for_function(_SETTLED)
    parts = compressed(person)
    assert sum(size for url, size in parts.items() if url.endswith(".js")) <= 40 * KB
    assert sum(parts.values()) <= 150 * KB


def moving(page: Page) -> int:
    """How many animations run now."""
    found: int = page.evaluate(
        "document.getAnimations().filter(one => one.playState === 'running').length"
    )
    return found


def test_nothing_moves_for_who_asks_for_calm(show: Running, people: Browsing) -> None:
    show.open()
    person = people.person(show, Role.CUSTOMER)
    ballot = Ballot(person.visit(f"/en{PATH}"))
    first, second = show.options()[:2]
    ballot.add(first, second)
    assert moving(person.page) == 0
    ballot.card(second).locator(".up").click()
    assert moving(person.page) == 0
    ballot.submit()
    ballot.expect("saved")
    assert moving(person.page) == 0
    show.crowd()
    expect(person.page.locator("#turnout")).to_contain_text("19")
    assert moving(person.page) == 0
    show.count()
    show.reveal(places=2)
    expect(person.page.locator("[data-rank]")).to_have_count(2)
    assert moving(person.page) == 0


def test_projector_is_still_for_who_asks_for_calm(show: Running, people: Browsing) -> None:
    show.open()
    screen = people.person(show, Role.SCREEN, size=(1280, 720))
    page = screen.visit("/stage/hall?lang=ar")
    expect(page.locator("#st")).to_have_attribute("data-scene", "turnout")
    show.crowd()
    show.count()
    show.reveal(places=3)
    expect(page.locator("#scene .bars li:not(.hide)")).to_have_count(3)
    assert moving(page) == 0


def test_own_moves_are_said_once_and_votes_of_others_never(show: Running, people: Browsing) -> None:
    """A5 and A8: one message for a move, with name, place and total; none for what others do."""
    show.open()
    person = people.person(show, Role.CUSTOMER)
    page = person.visit(f"/en{PATH}")
    ballot = Ballot(page)
    page.evaluate(
        """() => {
          window.told = [];
          new MutationObserver(() => {
            const text = document.getElementById('say').textContent;
            if (text) window.told.push(text);
          }).observe(document.getElementById('say'), {childList: true, characterData: true, subtree: true});
        }"""
    )
    first, second = show.options()[:2]
    ballot.add(first)
    page.wait_for_function("() => window.told.length === 1")
    ballot.add(second)
    page.wait_for_function("() => window.told.length === 2")
    title = show.contest().option(second)
    assert title is not None
    said = page.evaluate("window.told[1]")
    assert title.title.en in said
    assert "2 of 2" in said
    ballot.card(first).locator(".up").click(force=True)  # disabled for the eye, not for the ear
    page.wait_for_function("() => window.told.length === 3")
    assert ballot.order == [first, second]
    expect(ballot.card(first).locator(".up")).to_be_focused()
    show.crowd()
    expect(page.locator("#turnout")).to_contain_text("18")
    assert page.evaluate("window.told.length") == 3


@pytest.mark.parametrize("path", ["/", "/schedule", "/day/1", "/day/2"])
def test_page_on_which_nothing_happens_is_not_made_anew(people: Browsing, path: str) -> None:
    with running(at=BEFORE) as show:
        person = people.person(show)
        person.page.clock.install()
        page = person.visit(f"/en{path}")
        person.until(lambda: any('"board"' in frame for frame in person.watch.frames))
        page.evaluate("window.stayed = true")
        for _ in range(6):
            page.wait_for_timeout(50)
            page.clock.run_for(5_000)
        page.wait_for_timeout(300)
        assert page.evaluate("window.stayed") is True
