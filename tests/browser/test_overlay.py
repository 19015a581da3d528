"""The overlay in a real Chromium: transparent, true, silent about trouble; and the page about screens."""

import io
import time
from typing import Final

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from expo.rights import Role
from expo.words import Language
from sessions.cues import Scene
from sessions.devices.values import Moment, ObsBy, ObsMode, ObsSettings
from sessions.orders import Kind
from tests.support.browsing import Browsing
from tests.support.inspection import barriers, faults
from tests.support.show import ORGANISER, Running

pytestmark = pytest.mark.timeout(120)
AIR: Final[ViewportSize] = {"width": 1920, "height": 1080}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}
BOTTOM: Final = "el => el.getBoundingClientRect().bottom"
LEAST_SEEN: Final = 72
"""Pixels below the window's edge at which what has the focus may come to stand."""
OBS: Final = """
window.obsstudio = {
  getCurrentScene: found => found({name: 'Wide'}),
  getStatus: found => found({streaming: true}),
  setCurrentScene: name => {
    document.body.dataset.asked = name;
    dispatchEvent(new CustomEvent('obsSceneChanged', {detail: {name}}));
  },
};
"""


def key_of(show: Running) -> str:
    """A new key of the screen ``main``."""
    return show.do(lambda expo: expo.production.devices.new_key(ORGANISER, "main"))


def on_air(
    browser: Browser, show: Running, query: str, key: str = ""
) -> tuple[BrowserContext, Page]:
    """A browser source as OBS opens one, without any cookie."""
    context = browser.new_context(viewport=AIR)
    page = context.new_page()
    page.clock.install()
    page.goto(f"{show.url}/overlay/main/{key or key_of(show)}?{query}")
    return context, page


def transparent(page: Page) -> float:
    """The part of the picture that is nothing at all."""
    picture = Image.open(io.BytesIO(page.screenshot(omit_background=True))).convert("RGBA")
    return picture.getchannel("A").histogram()[0] / (AIR["width"] * AIR["height"])


def settled(page: Page) -> list[str]:
    """What axe finds once every panel has come or gone: half faded in, nothing has its contrast."""
    page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
    return barriers(page)


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_overlay_is_transparent_and_tells_only_what_is_revealed(
    show: Running, browser: Browser, lang: Language
) -> None:
    context, page = on_air(browser, show, f"lang={lang}")
    with context:
        show.open()
        show.crowd()
        expect(page.locator("[data-part=bars] [data-f=ballots]").nth(1)).to_have_text("18")
        expect(page.locator("#pill.open")).to_be_visible()
        assert transparent(page) > 0.8
        assert barriers(page) == []

        result = show.count()
        show.reveal(places=2)
        place = page.locator("[data-part=reveal]")
        shown = show.contest().option(result.ranks[-2][0])
        assert shown is not None
        expect(place.locator("h2")).to_have_text(shown.title.in_(lang))
        for hidden in (show.contest().option(rank[0]) for rank in result.ranks[:-2]):
            assert hidden is not None
            assert hidden.title.in_(lang) not in page.locator("#over").inner_text()
        assert 0.8 < transparent(page) < 1
        small = page.evaluate(
            "[...document.querySelectorAll('#over *')].filter(el => el.checkVisibility() && el.innerText"
            " && !el.closest('.vh') && parseFloat(getComputedStyle(el).fontSize) < 24).length"
        )
        assert small == 0
        assert settled(page) == []

        for _ in result.ranks[:-2]:
            show.order(Kind.REVEAL)
        show.order(Kind.PUBLISH)
        expect(page.locator("[data-part=winner] h2")).to_be_visible()
        assert settled(page) == []
        show.scene(Scene.BREAK)
        expect(page.locator("[data-part=lt] [data-f=nextTitle]")).to_be_visible()
        assert settled(page) == []


def test_overlay_keeps_its_last_state_without_a_word_and_is_right_soon_after(
    show: Running, browser: Browser
) -> None:
    show.open()
    context, page = on_air(browser, show, "lang=en")
    with context:
        expect(page.locator("[data-part=lt] h2:visible")).to_be_visible()
        before = page.locator("#over").inner_text()

        show.stop()
        page.clock.fast_forward(20_000)
        expect(page.locator("#over.stale")).to_be_attached()
        lower = page.locator("section.lt:not([hidden])")
        expect(lower).to_have_css("opacity", "1")
        assert lower.inner_text() in before
        assert barriers(page) == []

        show.start()
        back = time.monotonic()
        show.order(Kind.PAUSE)
        expect(page.locator("#pill.paused")).to_be_visible(timeout=3_000)
        assert time.monotonic() - back < 3
        expect(page.locator("#over.stale")).not_to_be_attached()


def test_address_names_parts_and_scenes_and_nobody_else_is_let_in(
    show: Running, browser: Browser
) -> None:
    show.begin()
    context, page = on_air(browser, show, "lang=en&parts=lt&scene=now&motion=off")
    with context:
        expect(page.locator("[data-part=lt] h2:visible")).to_be_visible()
        expect(page.locator("[data-part=qr]")).to_be_hidden()
        show.order(Kind.OPEN)
        expect(page.locator("[data-part=lt] h2:visible")).to_have_count(0)

    context, page = on_air(browser, show, "lang=en", key="made-up")
    with context:
        assert page.locator("body").inner_text() == ""
        assert transparent(page) == 1


def test_page_inside_obs_switches_scenes_and_yields_to_the_operator(
    show: Running, browser: Browser
) -> None:
    scenes = {Moment.SESSION: "Speaker", Moment.OPEN: "Ballot", Moment.BREAK: "Pause"}
    settings = ObsSettings(ObsMode.AUTO, ObsBy.PAGE, scenes)
    show.do(lambda expo: expo.production.devices.set_obs(ORGANISER, "main", settings))
    context = browser.new_context(viewport=AIR)
    context.add_init_script(OBS)
    page = context.new_page()
    with context:
        page.goto(f"{show.url}/overlay/main/{key_of(show)}?lang=en")
        expect(page.locator("body")).to_have_attribute("data-asked", "Pause")
        show.begin()
        expect(page.locator("body")).to_have_attribute("data-asked", "Speaker")
        page.evaluate("dispatchEvent(new CustomEvent('obsSceneChanged', {detail: {name: 'Wide'}}))")
        show.order(Kind.OPEN)
        expect(page.locator("#pill.open")).to_be_visible()
        assert page.locator("body").get_attribute("data-asked") == "Speaker"


def test_screens_are_seen_named_and_told_apart(
    show: Running, people: Browsing, browser: Browser
) -> None:
    show.begin()
    key = key_of(show)
    context, air = on_air(browser, show, "lang=en", key)
    hall = people.person(show, Role.SCREEN, size=(1280, 720), label="hall")
    hall.visit("/stage/hall?lang=en")
    with context:
        desk = people.person(show, Role.ORGANISER, size=(1280, 800), label="Mariam")
        for size, lang in ((PHONE, "ar"), (DESK, "ar"), (PHONE, "en"), (DESK, "en")):
            desk.page.set_viewport_size(size)
            page = desk.visit(f"/{lang}/staff/screens")
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert barriers(page) == []
            assert faults(page, lang) == []
            page.evaluate("scrollTo(0, document.body.scrollHeight)")
            assert page.locator(".top").evaluate(BOTTOM) <= LEAST_SEEN

        page = desk.page
        page.locator("#flash-hall-").click()
        expect(hall.page.locator("#flash")).to_be_visible()
        expect(air.locator("#flash")).to_be_hidden()
        page.locator("#scene-hall").select_option(Scene.BLACK.value)
        page.locator("form:has(#scene-hall) button").click()
        expect(hall.page.locator("#st")).to_have_attribute("data-scene", "black")
        expect(air.locator("[data-part=lt] h2:visible")).to_be_visible()
        page.locator("#scene-hall").select_option("auto")
        page.locator("form:has(#scene-hall) button").click()
        expect(hall.page.locator("#st")).to_have_attribute("data-scene", "now")

        key_of(show)  # another computer takes over
        air.reload()
        assert air.locator("body").inner_text() == ""
