"""One person runs a whole vote from a phone, a projector follows, and what is hidden stays hidden."""

import json
from collections.abc import Sequence

import pytest
from playwright.sync_api import Locator, Page, expect

from expo.rights import Role
from expo.words import Language
from sessions.cues import Scene
from sessions.orders import Kind
from tests.support.browsing import Browsing, Person
from tests.support.inspection import barriers, faults
from tests.support.show import SESSION, Running, real_schedule, running

pytestmark = pytest.mark.timeout(120)
CONTROL, HALL = "/en/staff/control", "/stage/hall?lang=en"
PHONE, PROJECTOR = (360, 780), (1280, 720)
REST = 800  # ms after an order in which the desk takes a second press for a slip
PATIENCE = 25_000  # ms until a page has come back after a restart


def organiser(show: Running, people: Browsing) -> Person:
    """Somebody in the control room with a phone."""
    person = people.person(show, Role.ORGANISER, size=PHONE, label="Mariam")
    person.visit(CONTROL)
    expect(person.page.locator("#link.ok")).to_be_attached()
    return person


def projector(show: Running, people: Browsing, lang: Language = "en") -> Person:
    """A projector, following."""
    person = people.person(show, Role.SCREEN, size=PROJECTOR, label="hall", lang=lang)
    person.visit(f"/stage/hall?lang={lang}")
    return person


def press(page: Page, order: str) -> None:
    """Press the button of the next step that gives this order."""
    button = page.locator(f".next [data-order={order}] button")
    expect(button).to_be_enabled()
    expect(page.locator("#control[data-busy]")).to_have_count(0)  # the order before has its answer
    page.wait_for_timeout(REST)
    button.click()


def expect_scene(screen: Person, scene: str) -> Locator:
    """Wait until the projector shows a scene."""
    expect(screen.page.locator("#st")).to_have_attribute("data-scene", scene)
    return screen.page.locator("#scene")


def names(show: Running, options: Sequence[str]) -> list[str]:
    """Everything that would give these options away: their names in both languages."""
    found = [show.contest().option(option) for option in options]
    return [text for one in found if one for text in (one.title.en, one.title.ar, one.short.en)]


def test_whole_vote_is_run_from_a_phone(show: Running, people: Browsing) -> None:
    desk, screen = organiser(show, people), projector(show, people)
    page = desk.page

    press(page, "start-session")
    expect_scene(screen, "now")
    press(page, "open")
    expect_scene(screen, "turnout")
    show.crowd()
    expect(page.locator("[data-n=ballots]").first).to_have_text("18")
    expect(screen.page.locator("[data-f=ballots]")).to_have_text("18")

    press(page, "pause")
    expect(screen.page.locator("#pill.paused")).to_be_visible()
    press(page, "resume")
    expect(screen.page.locator("#pill.open")).to_be_visible()
    before = show.contest().closes_at
    press(page, "extend")
    desk.until(lambda: show.contest().closes_at != before)
    after = show.contest().closes_at
    assert before is not None
    assert after is not None
    assert (after - before).total_seconds() == 60

    press(page, "close")
    question = page.locator(".confirm[data-confirms=close]")
    expect(question.locator("[data-no]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert show.contest().phase.value == "open"
    press(page, "close")
    question.locator("button").click()
    expect_scene(screen, "closed")
    result = show.count()
    press(page, "review")

    total = len(result.ranks)
    for shown in range(1, total + 1):
        press(page, "reveal")
        expect(screen.page.locator("#scene .bars li:not(.hide)")).to_have_count(shown)
        expect_scene(screen, "reveal")
        hidden = [option for rank in result.ranks[: total - shown] for option in rank]
        for text in names(show, hidden):
            assert text not in screen.page.locator("#st").inner_text()
    press(page, "publish")
    page.locator(".confirm[data-confirms=publish] button").click()
    expect_scene(screen, "final")
    winner = show.contest().option(result.ranks[0][0])
    assert winner is not None
    expect(screen.page.locator("#scene h1")).to_have_text(winner.title.en)
    assert desk.watch.faults() == []
    assert screen.watch.faults() == []


def test_what_is_hidden_is_sent_to_nobody(show: Running, people: Browsing) -> None:
    """From the close to the last place, no frame and no page tells an order to the hall or a voter."""
    show.open()
    show.crowd()
    result = show.count()
    show.reveal(places=2)
    hidden = [option for rank in result.ranks[:-2] for option in rank]
    screen = projector(show, people)
    voter = people.person(show, Role.CUSTOMER)
    voter.visit(f"/en/session/{SESSION}")
    expect(voter.page.locator("[data-rank]")).to_have_count(2)
    expect_scene(screen, "reveal")
    for person in (screen, voter):
        for frame in map(json.loads, person.watch.frames):
            for key in ("tally", "final"):
                assert not frame.get(key)
            told = [frame.get("reveal") or {}, frame]
            places = [place for one in told for place in one.get("places") or ()]
            assert not {option for place in places for option in place["ids"]} & set(hidden)
    shown = screen.page.locator("#st").inner_html()
    assert not [text for text in names(show, hidden) if text in shown]
    rows = voter.page.locator("#places")
    assert not [text for text in names(show, hidden) if text in rows.inner_text()]


def test_screen_keeps_its_last_frame_when_the_server_is_gone(
    show: Running, people: Browsing
) -> None:
    desk, screen = organiser(show, people), projector(show, people)
    show.open()
    show.crowd()
    expect(screen.page.locator("[data-f=ballots]")).to_have_text("18")
    show.stop()
    expect(desk.page.locator("#lock")).to_be_visible(timeout=PATIENCE)
    desk.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(desk.page.locator("#lock")).to_be_in_viewport(ratio=1)
    expect(desk.page.locator("#do-next")).to_have_attribute("aria-disabled", "true")
    assert [*barriers(desk.page), *faults(desk.page, "en")] == []
    expect(screen.page.locator("#seen")).to_contain_text("Last update")
    expect(screen.page.locator("[data-f=ballots]")).to_have_text("18")
    expect_scene(screen, "turnout")
    show.start()
    show.vote(show.options()[:1])
    expect(desk.page.locator("#lock")).to_be_hidden(timeout=PATIENCE)
    expect(screen.page.locator("[data-f=ballots]")).to_have_text("19", timeout=PATIENCE)
    expect(screen.page.locator("#seen")).not_to_contain_text("Last update")
    assert screen.watch.faults(failed_loads=True) == []


def test_second_operator_is_told_who_acted_first(show: Running, people: Browsing) -> None:
    """Two forms of the same version: the later one changes nothing and names the other operator."""
    show.open()
    first = organiser(show, people)
    other = people.person(show, Role.ORGANISER, size=PHONE, label="Omar", java_script_enabled=False)
    other.visit(CONTROL)
    press(first.page, "pause")
    expect(first.page.locator(".next [data-order=resume]")).to_be_visible()
    other.page.locator(".next [data-order=extend] button").click()
    notice = other.page.locator("[role=alert][data-code=stale-version]")
    expect(notice).to_contain_text("Mariam")
    assert show.contest().phase.value == "paused"


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_every_scene_is_free_of_barriers(show: Running, people: Browsing, lang: Language) -> None:
    screen = projector(show, people, lang)
    found: list[str] = []

    def look(scene: str) -> None:
        expect_scene(screen, scene)
        for width, height in (PROJECTOR, (1920, 1080)):
            screen.page.set_viewport_size({"width": width, "height": height})
            wrong = barriers(screen.page)
            if scene != "black":  # where nothing is to be seen
                wrong += faults(screen.page, lang, target=0)
            found.extend(f"{scene} {width}: {one}" for one in wrong)

    look("join")
    show.begin()
    look("now")
    show.scene(Scene.BREAK)
    look("break")
    show.scene(Scene.BLACK)
    look("black")
    show.scene(None)
    show.order(Kind.OPEN)
    show.crowd()
    look("turnout")
    show.count()
    look("closed")
    show.reveal(places=2)
    look("reveal")
    for _ in range(len(show.options()) - 2):
        show.order(Kind.REVEAL)
    show.order(Kind.PUBLISH)
    look("final")
    assert not found, "\n".join(found)
    assert screen.watch.faults() == []


def test_running_order_is_free_of_barriers(people: Browsing) -> None:
    with running(real_schedule(("visibility: hidden ", "visibility: live "))) as show:
        show.open()
        show.crowd()
        screen = projector(show, people)
        expect_scene(screen, "live")
        expect(screen.page.locator("#scene .bars li")).to_have_count(5)
        assert [*barriers(screen.page), *faults(screen.page, "en", target=0)] == []
