"""Every page in every state: no barrier axe can find, nothing too wide, nothing too small to touch.

`make test` covers every pair of page, language, width and theme; `make nightly` every combination.
"""

import contextlib
import itertools
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import TimeoutError as WaitedTooLong

from expo.rights import Role
from expo.words import Language
from tests.support.browsing import Browsing, Person, Theme, browsing
from tests.support.gallery import VIEWS, Gallery, path_of
from tests.support.gallery_bulletin import SAYING_NO_BULLETIN
from tests.support.gallery_desk import SAYING_NO_DESK
from tests.support.gallery_fair import SAYING_NO_FAIR
from tests.support.gallery_planning import SAYING_NO_PLANNING
from tests.support.gallery_privacy import SAYING_NO_PRIVACY
from tests.support.gallery_questions import SAYING_NO_QUESTIONS
from tests.support.gallery_signin import SAYING_NO_SIGN_IN
from tests.support.gallery_team import SAYING_NO
from tests.support.gallery_view import View, World
from tests.support.inspection import barriers, enlarged, faults, styled

HEIGHTS = {320: 700, 360: 780, 768: 1024, 1280: 800}
LANGUAGES: tuple[Language, ...] = ("ar", "en")
THEMES: tuple[Theme, ...] = ("light", "dark")
Look = tuple[int, Theme]
# One look in each language. Over the rows every two of language, width and theme meet; every page meets
# both languages, both themes, a narrow and a wide screen: of a page with several states two share a row.
# The nightly run takes every look.
ROWS: tuple[dict[Language, tuple[Look, ...]], ...] = (
    {"ar": ((320, "light"),), "en": ((1280, "dark"),)},
    {"ar": ((768, "dark"),), "en": ((360, "light"),)},
    {"ar": ((360, "dark"),), "en": ((768, "light"),)},
    {"ar": ((1280, "light"),), "en": ((320, "dark"),)},
)
SMALLEST = min(HEIGHTS)


def _looks_by_day() -> dict[str, dict[Language, list[Look]]]:
    """How each view is looked at by day: of two states of one page one in each language."""
    states: dict[str, list[View]] = {}
    for view in VIEWS:
        states.setdefault(view.path, []).append(view)
    found: dict[str, dict[Language, list[Look]]] = {}
    for page, views in enumerate(states.values()):
        for n, view in enumerate(views):
            row = ROWS[(page + n // 2) % len(ROWS)]
            is_alone = n == len(views) - 1 and n % 2 == 0
            languages = LANGUAGES if is_alone else LANGUAGES[n % 2 : n % 2 + 1]
            found[view.name] = {lang: list(row[lang]) for lang in languages}
    return found


BY_DAY = _looks_by_day()
BY_WORLD = sorted(VIEWS, key=lambda view: view.world)


@pytest.fixture(scope="session")
def gallery() -> Iterator[Gallery]:
    """The worlds whose pages are looked at."""
    with contextlib.closing(Gallery()) as found:
        yield found


class Guests:
    """Somebody at a browser in each language, who is somebody new for each view."""

    def __init__(self, people: Browsing) -> None:
        self._people = people
        self._here: dict[Language, Person] = {}

    @contextlib.contextmanager
    def guest(self, world: World, role: Role, lang: Language, width: int) -> Iterator[Person]:
        """A guest of this role; with a browser of their own after a view that went wrong."""
        person = self._here.pop(lang, None) or self._people.person(world.show, lang=lang)
        person.become_new(world.show)
        person.page.set_viewport_size({"width": width, "height": 800})
        person.page.emulate_media(color_scheme="light")
        if role is not Role.PUBLIC:
            person.sign_in(world.cookies[role])
        yield person
        self._here[lang] = person


@pytest.fixture(scope="module")
def guests(browser: Browser) -> Iterator[Guests]:
    """Whoever looks at the gallery."""
    with browsing(browser) as people:
        yield Guests(people)


def _look(person: Person, view: View, lang: Language, path: str, looks: list[Look]) -> list[str]:
    """Everything wrong with a view at these widths and themes."""
    page, found = person.page, []
    scripts = person.context.new_cdp_session(page)
    scripts.send("Emulation.setScriptExecutionDisabled", {"value": not view.scripts})
    answer = page.goto(person.base + path, wait_until="load")
    found += [f"style attribute: {one}" for one in styled(answer)]
    _wait(person, view)
    if view.act:
        view.act(page)
    scripts.send("Emulation.setScriptExecutionDisabled", {"value": False})  # axe is one
    for width, theme in looks:
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        page.emulate_media(color_scheme=theme)
        wrong = [*barriers(page), *faults(page, lang)]
        if width == SMALLEST:
            wrong += enlarged(page)
        found += [f"{lang} {width} {theme}: {one}" for one in wrong]
    scripts.detach()
    quiet = person.watch.faults(failed_loads=True) if _says_no(view) else person.watch.faults()
    return [*found, *quiet]


def _wait(person: Person, view: View) -> None:
    """Until the view shows what it is about; else what stands there instead, and what went wrong."""
    page = person.page
    try:
        page.locator(view.shows).first.wait_for()
    except WaitedTooLong as late:
        faults = person.watch.faults(failed_loads=True)
        standing = f"{faults}\n{page.locator('main').inner_text()}"
        raise AssertionError(standing) from late


def _says_no(view: View) -> bool:
    """Whether an answer that is no success, or a line that breaks, belongs to the view."""
    return view.name in SAYING_NO | SAYING_NO_BULLETIN | SAYING_NO_DESK | SAYING_NO_FAIR | SAYING_NO_PLANNING | SAYING_NO_PRIVACY | SAYING_NO_QUESTIONS | SAYING_NO_SIGN_IN | {
        "not-found", "join-wrong-code", "pass-unknown", "receipt-none", "not-for-you",
        "ballot-offline", "ballot-plain-error", "passes-error", "venue-wrong", "venue-hall-over",
        "badges-error",
        "people-error", "invitation-unknown",
    }  # fmt: skip


def _inspect(
    gallery: Gallery, guests: Guests, view: View, looks: dict[Language, list[Look]]
) -> list[str]:
    world, found = gallery.world(view.world), []
    for lang, some in looks.items():
        with guests.guest(world, view.role, lang, some[0][0]) as person:
            found += _look(person, view, lang, path_of(view, world, lang), some)
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize("view", BY_WORLD, ids=lambda view: view.name)
def test_page_has_no_barrier(gallery: Gallery, guests: Guests, view: View) -> None:
    found = _inspect(gallery, guests, view, BY_DAY[view.name])
    assert not found, "\n".join(found)


@pytest.mark.nightly
@pytest.mark.timeout(300)
@pytest.mark.parametrize("view", BY_WORLD, ids=lambda view: view.name)
def test_page_has_no_barrier_at_any_width(gallery: Gallery, guests: Guests, view: View) -> None:
    everything: list[Look] = list(itertools.product(HEIGHTS, THEMES))
    found = _inspect(gallery, guests, view, dict.fromkeys(LANGUAGES, everything))
    assert not found, "\n".join(found)


def test_looks_cover_every_pair() -> None:
    cells = [
        {"row": n, "lang": lang, "width": width, "theme": theme}
        for n, row in enumerate(ROWS)
        for lang, looks in row.items()
        for width, theme in looks
    ]
    for one, other in itertools.combinations(("lang", "width", "theme"), 2):
        wanted = {(a[one], b[other]) for a in cells for b in cells}
        assert {(cell[one], cell[other]) for cell in cells} == wanted
    for row in ROWS:
        looks = [look for some in row.values() for look in some]
        assert set(row) == set(LANGUAGES)
        assert {theme for _, theme in looks} == set(THEMES)
        assert min(width for width, _ in looks) < 600 < max(width for width, _ in looks)


def test_every_page_is_looked_at_in_both_languages_by_day() -> None:
    for path in {view.path for view in VIEWS}:
        looks = [BY_DAY[view.name] for view in VIEWS if view.path == path]
        assert {lang for some in looks for lang in some} == set(LANGUAGES)
        widths = {width for some in looks for each in some.values() for width, _ in each}
        assert min(widths) < 600 < max(widths)
