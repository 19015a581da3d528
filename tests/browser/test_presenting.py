"""A presenter's console beside the desk: a cue arrives, is seen, and the time runs on without a server."""

import pytest
from playwright.sync_api import expect

from expo.rights import Role
from tests.support.browsing import Browsing
from tests.support.inspection import barriers, faults
from tests.support.show import Running

pytestmark = pytest.mark.timeout(120)
CONSOLE, DESK = "/en/present/khda", "/en/staff/presenter?session=khda"


def test_cue_arrives_and_the_time_runs_on_while_the_server_is_away(
    show: Running, people: Browsing
) -> None:
    show.begin()
    presenter = people.person(show, Role.MODERATOR, size=(1024, 768), label="stage")
    moderator = people.person(show, Role.MODERATOR, size=(1280, 800), label="Huda")
    console, desk = presenter.visit(CONSOLE), moderator.visit(DESK)
    expect(console.locator("#console")).to_have_class("stage")

    desk.get_by_role("button", name="One minute left").click()
    expect(console.locator(".cue .say")).to_have_text("One minute left")
    expect(desk.locator("#p-cue")).to_contain_text("Not seen yet")
    console.get_by_role("button", name="Seen").click()
    expect(desk.locator("#p-cue")).to_contain_text("Seen at")
    desk.get_by_label("In your own words").fill("أنهِ من فضلك <b>now</b>")
    desk.get_by_role("button", name="Send", exact=True).click()
    expect(console.locator(".cue .say")).to_have_text("أنهِ من فضلك <b>now</b>")
    for page in (console, desk):
        assert barriers(page) == []

    show.stop()
    expect(console.locator("#local")).to_be_visible(timeout=15_000)
    expect(console.locator("#local")).to_contain_text("The timer runs on this device")
    figure = console.locator("#big").text_content()
    expect(console.locator("#big")).not_to_have_text(figure or "")
    expect(console.locator(".cue .say")).to_have_text("أنهِ من فضلك <b>now</b>")
    assert barriers(console) == []
    console.set_viewport_size({"width": 320, "height": 640})
    assert [*barriers(console), *faults(console, "en")] == []

    show.start()
    expect(console.locator("#local")).to_be_hidden(timeout=20_000)
    show.end()
    expect(console.locator("#console")).to_have_class("finished")
    assert presenter.watch.faults(failed_loads=True) == []


def test_clock_of_an_arabic_console_reads_from_right_to_left(
    show: Running, people: Browsing
) -> None:
    show.begin()
    person = people.person(show, Role.MODERATOR, size=(390, 844), label="stage")
    console = person.visit("/ar/present/dewa")
    said = "e => { e.textContent = '10:00 ص'; return getComputedStyle(e).direction }"
    for which in ("#now", "#big", "[data-f=nextAt]"):
        assert console.locator(which).evaluate(said) == "rtl", which
