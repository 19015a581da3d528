"""What somebody meets who has never been here: things that must neither confuse nor lie."""

from typing import Final

from playwright.sync_api import WebSocket, expect

from expo.rights import Role
from sessions.orders import Kind
from tests.support.browsing import Ballot, Browsing
from tests.support.show import Running

_AS_PROGRAMMED: Final = ["khda", "trakhees", "dewa", "courts", "municipality", "dmca", "rta"]
_PLACES = "cards => cards.map(card => card.querySelector('a').pathname.split('/').pop())"


def test_ballot_with_scripts_has_one_way_to_submit(people: Browsing, show: Running) -> None:
    show.open()
    page = people.person(show, Role.EMPLOYEE).visit("/en/session/khda")
    expect(page.locator("#act")).to_be_visible()
    expect(page.get_by_role("button", name="Submit ranking").filter(visible=True)).to_have_count(1)
    expect(page.locator(".nojs-only").filter(visible=True)).to_have_count(0)


def test_receipt_stays_in_reach_while_voting_is_paused(people: Browsing, show: Running) -> None:
    show.open()
    voter = people.person(show, Role.EMPLOYEE)
    ballot = Ballot(voter.visit("/en/session/khda"))
    ballot.add(*show.options()[:2])
    ballot.submit()
    ballot.expect("saved")

    show.order(Kind.PAUSE)
    ballot.expect_state("paused")
    ballot.submit()

    expect(ballot.page.locator("#receipt")).to_be_visible()
    ballot.page.keyboard.press("Escape")
    ballot.page.locator(".ranked .item").first.get_by_role("button", name="Move down").click()
    ballot.expect("dirty")
    expect(ballot.page.locator("#ack-b")).to_be_disabled()


def test_what_is_not_published_yet_stands_in_the_order_of_the_day(
    people: Browsing, show: Running
) -> None:
    page = people.person(show).visit("/ar/results/day/1")
    cards = page.locator("section[aria-labelledby=pending] li")
    assert cards.evaluate_all(_PLACES)[: len(_AS_PROGRAMMED)] == _AS_PROGRAMMED


def test_pass_opens_again_on_the_device_that_used_it(people: Browsing, show: Running) -> None:
    path = show.pass_for(Role.EMPLOYEE)
    person = people.person(show)
    for _ in range(2):
        person.visit(f"/en{path}").get_by_role("button", name="Come in").click()
        person.page.wait_for_url("**/en/")


def test_address_on_an_arabic_screen_reads_from_the_left(people: Browsing, show: Running) -> None:
    show.begin()
    screen = people.person(show, Role.SCREEN, label="main", lang="ar", size=(1280, 720))
    foot = screen.visit("/stage/main?lang=ar").locator("#foot")
    expect(foot).to_contain_text(f"127.0.0.1:{show.port}")
    shown = str(foot.text_content())
    assert shown.startswith("\u2066"), shown
    assert shown.endswith("\u2069"), shown


def test_page_that_stays_open_says_when_its_session_is_over_and_where_to_go(
    people: Browsing, show: Running
) -> None:
    show.open()
    page = people.person(show).visit("/en/session/khda")
    stand, onward = page.locator("#stand"), page.locator("#onward")
    expect(stand).to_have_text("Live")
    expect(onward).to_be_hidden()

    show.crowd()
    show.count()
    show.publish()
    show.end()
    expect(stand).to_have_text("Results published")

    show.begin("trakhees")
    onward.get_by_role("link", name="Go to the session on stage now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Initiatives of Trakhees")
    expect(page.locator("#onward")).to_be_hidden()


def test_ballot_without_scripts_keeps_what_was_filled_in_and_says_what_was_saved(
    people: Browsing, show: Running
) -> None:
    show.open()
    voter = people.person(show, Role.CUSTOMER, java_script_enabled=False)
    page = voter.visit("/en/session/khda")
    first, second = show.options()[:2]
    expect(page.locator(".closes")).to_contain_text("Closes at")

    for option in (first, second):
        page.locator(f"#rank-{option}").select_option("1")
    page.get_by_role("button", name="Submit ranking").click()
    expect(page.locator("#problem")).to_contain_text("Two initiatives have place 1.")
    for option in (first, second):
        expect(page.locator(f"#rank-{option}")).to_have_value("1")

    page.locator(f"#rank-{second}").select_option("2")
    page.get_by_role("button", name="Submit ranking").click()
    expect(page.locator(".note.ok")).to_contain_text("Ranking saved")
    assert voter.stored() == (first, second)


def test_vain_tries_do_not_put_off_telling_that_the_line_is_down(
    people: Browsing, show: Running
) -> None:
    show.open()
    viewer = people.person(show)
    page = viewer.visit("/en/session/khda")
    expect(page.locator("html")).to_have_class("js")
    page.clock.install()
    lines: list[WebSocket] = []
    page.on("websocket", lambda line: lines.append(line))  # noqa: PLW0108 - Playwright wraps functions, not methods
    page.reload()
    expect(page.locator("#turnout")).to_contain_text("saved")
    show.stop()
    viewer.until(lambda: bool(lines) and all(line.is_closed() for line in lines))
    for _ in range(4):
        page.clock.run_for(1_000)
    expect(page.locator("#conn")).to_contain_text("Reconnecting")
