"""The twin of an expo cannot be mistaken for it, and its report can be read by everybody."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from command import readiness
from command.assembly import Expo
from expo.rights import Role
from expo.web import translations
from expo.words import Language, Text
from sessions.readiness.facts import Ground, Outcome, Played, Rehearsed, Votes
from tests.support.browsing import Browsing
from tests.support.inspection import barriers, faults
from tests.support.show import ORGANISER, Running

pytestmark = pytest.mark.timeout(120)
MARK: Final = "تجربة · Rehearsal"
PHONE: Final[ViewportSize] = {"width": 320, "height": 700}
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}
VOTES: Final = Votes("khda", 480, 10, 20, 9, 1, 8, 0, 6, 6, 3, 3, 29, 29, 0, disputed=False)
DAY: Final = Rehearsed(
    day=1,
    title=Text(ar="اليوم الأول", en="Day one"),
    audience=40,
    speed=120.0,
    sessions=(
        Played("khda", Text(ar="جلسة", en="<b>Session</b>"), Outcome.HELD, votes=VOTES),
        Played("rta", Text(ar="أخرى", en="Another"), Outcome.BROKEN, why="stage-taken"),
    ),
    ground=Ground(copied=True, streamless=(Text(ar="جلسة", en="<b>Session</b>"),), free=10**12),
)


@pytest.fixture
def twin(show: Running) -> Running:
    """An expo whose pages say that it is a rehearsal's."""

    async def mark(expo: Expo) -> None:
        for one in getattr(show, "expos", ()) or (expo,):  # of a fleet each node
            one.pages.mark_as_twin()

    show.do(mark)
    show.begin()
    return show


def is_marked(page: Page) -> bool:
    """Whether the mark is there twice, in view, and out of everything's way."""
    edge, over = page.locator(".twin .edge"), page.locator(".twin .over")
    expect(edge).to_have_text(MARK)
    expect(edge).to_be_in_viewport()
    expect(over).to_have_attribute("data-mark", MARK)
    expect(over).to_be_in_viewport()
    drawn: str = over.evaluate("one => getComputedStyle(one, '::before').content")
    assert MARK in drawn
    under: bool = page.evaluate(
        "document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('.twin') === null"
    )
    return under


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/{lang}/", Role.PUBLIC),
        ("/{lang}/session/khda", Role.CUSTOMER),
        ("/{lang}/staff/control", Role.ORGANISER),
        ("/{lang}/staff/screens", Role.ORGANISER),
        ("/{lang}/present/khda", Role.ORGANISER),
        ("/stage/main?lang={lang}", Role.SCREEN),
        ("/{lang}/stage/venue", Role.SCREEN),
        ("/{lang}/there-is-no-such-page", Role.PUBLIC),
    ],
)
@pytest.mark.parametrize("lang", ["ar", "en"])
def test_every_kind_of_page_is_marked_and_stays_whole(
    twin: Running, people: Browsing, path: str, role: Role, lang: Language
) -> None:
    person = people.person(twin, role, size=(1280, 800))
    page = person.visit(path.format(lang=lang))

    assert is_marked(page)
    assert barriers(page) == []


def test_mark_leaves_a_narrow_phone_as_it_is(twin: Running, people: Browsing) -> None:
    page = people.person(twin, Role.CUSTOMER, size=(320, 700)).visit("/ar/session/khda")

    assert is_marked(page)
    assert faults(page, "ar") == []


def test_overlay_is_marked_with_and_without_a_key(twin: Running, browser: Browser) -> None:
    key = twin.do(lambda expo: expo.production.devices.new_key(ORGANISER, "main"))
    for said in (key, "nobody-gave-this-out"):
        page = browser.new_page(viewport=DESK)
        page.goto(f"{twin.url}/overlay/main/{said}?lang=ar")
        assert is_marked(page)
        page.close()


def test_real_expo_has_no_mark(show: Running, people: Browsing) -> None:
    page = people.person(show, Role.PUBLIC, size=(1280, 800)).visit("/en/")

    expect(page.locator("h1").first).to_be_visible()
    assert page.locator(".twin").count() == 0
    assert MARK not in page.content()


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_report_is_a_page_of_its_own_in_both_languages(
    show: Running, browser: Browser, tmp_path: Path, lang: Language
) -> None:
    file = tmp_path / "report.html"

    async def write(expo: Expo) -> None:
        with translations.speaking(lang):
            readiness.write(file, DAY, datetime(2017, 4, 16, 14, 0, tzinfo=UTC), expo.pages)

    show.do(write)
    asked: list[str] = []
    page = browser.new_page(viewport=PHONE)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())

    assert page.locator("article").count() == 2
    assert page.locator("article").first.get_attribute("lang") == lang
    expect(page.locator("article").first.locator(".verdict")).to_have_class("verdict stop")
    assert page.locator("article[lang=en] .checks > li.stop").count() == 3
    assert page.locator("article b").count() == 0
    assert asked == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    # Two languages, so a heading of the first level for each.
    assert [one for one in barriers(page) if "duplicate" not in one] == []
