"""The ballot never claims what is not so: whatever happens to the line, "saved" means stored, once."""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import WebSocketRoute, expect

from expo.rights import Role
from expo.words import grouped
from sessions.orders import Kind
from tests.support.browsing import Ballot, Browsing, Person
from tests.support.cable import Fault
from tests.support.show import SESSION, Running

pytestmark = pytest.mark.timeout(120)
PATH = f"/en/session/{SESSION}"
PATIENCE = 25_000  # ms: a page comes back after at most ten seconds and asks again
_NOTE = """
window.acks = [];
new MutationObserver(() => {
  const ack = document.getElementById('act')?.dataset.ack;
  if (ack && ack !== window.acks.at(-1)) window.acks.push(ack);
}).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ['data-ack']});
"""


def voter(show: Running, people: Browsing, role: Role = Role.CUSTOMER) -> tuple[Person, Ballot]:
    """Somebody on the session page, over the cable, whose page notes everything its bar says."""
    person = people.person(show, role, over_cable=True)
    person.context.add_init_script(_NOTE)
    person.visit(PATH)
    expect(person.page.locator("html.js")).to_be_attached()
    return person, Ballot(person.page)


def acks(person: Person) -> list[str]:
    """What the bar has said since the page was loaded, in order."""
    found: list[str] = person.page.evaluate("window.acks")
    return found


def saved_in_the_end(person: Person, wanted: list[str]) -> None:
    """The page says saved, and exactly this ballot is stored, once."""
    expect(person.page.locator("#act")).to_have_attribute("data-ack", "saved", timeout=PATIENCE)
    assert person.stored() == tuple(wanted)
    assert person.show.ballots() == 1
    assert person.watch.faults(failed_loads=True) == []


def test_state_older_than_the_page_does_not_hide_the_ballot(
    show: Running, people: Browsing
) -> None:
    show.open()
    person, ballot = voter(show, people)

    def meddle(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["type"] == "contest":  # first what the room held before this page was made
                line.send(json.dumps({**frame, "version": 0, "phase": "ready"}))
            else:
                line.send(message)

        server.on_message(pass_on)

    person.page.route_web_socket("**/live/**", meddle)
    person.page.reload()
    ballot.expect_live()

    ballot.add(show.options()[0])
    assert ballot.order == [show.options()[0]]


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.NO_QUESTIONS])
def test_line_lost_before_the_ballot_arrives_says_nothing_is_saved(
    show: Running, people: Browsing, fault: Fault
) -> None:
    show.open()
    wanted = show.options()[:3]
    person, ballot = voter(show, people)
    ballot.expect_live()
    show.cable.bend(fault)
    ballot.add(*wanted)
    ballot.submit()
    person.page.wait_for_timeout(1_500)  # long enough for an answer that must not be invented
    assert "saved" not in acks(person)
    assert person.stored() is None
    show.cable.bend(Fault.NONE)
    show.cable.tear()
    saved_in_the_end(person, wanted)


def test_answer_lost_after_the_commit_is_settled_by_asking(show: Running, people: Browsing) -> None:
    show.open()
    wanted = show.options()[:2]
    person, ballot = voter(show, people)
    ballot.expect_live()
    show.cable.bend(Fault.NO_ANSWERS)
    ballot.add(*wanted)
    ballot.submit()
    person.until(lambda: show.ballots() == 1)
    assert "saved" not in acks(person)
    show.cable.bend(Fault.NONE)
    show.cable.tear()
    saved_in_the_end(person, wanted)
    mine = show.person(person.cookies)
    assert show.do(lambda expo: expo.voting.mine(mine, SESSION)).receipt.revision == 1  # type: ignore[union-attr]  # there is one: the page has just shown it


def test_newcomer_whose_answer_is_lost_has_one_ballot(show: Running, people: Browsing) -> None:
    show.open()
    wanted = show.options()[:2]
    person, ballot = voter(show, people, Role.PUBLIC)
    ballot.expect_live()
    show.cable.bend(Fault.CUT)
    ballot.add(*wanted)
    ballot.submit()
    person.page.wait_for_timeout(1_000)
    assert "saved" not in acks(person)
    show.cable.bend(Fault.NONE)
    saved_in_the_end(person, wanted)


def test_device_offline_keeps_the_ranking_and_sends_it_later(
    show: Running, people: Browsing
) -> None:
    show.open()
    wanted = show.options()[:3]
    person, ballot = voter(show, people)
    ballot.expect_live()
    person.context.set_offline(True)
    ballot.add(*wanted)
    ballot.submit()
    ballot.expect("queued")
    assert person.stored() is None
    person.context.set_offline(False)
    saved_in_the_end(person, wanted)


def test_draft_survives_a_reload(show: Running, people: Browsing) -> None:
    show.open()
    wanted = show.options()[1:4]
    person, ballot = voter(show, people)
    ballot.add(*wanted)
    person.page.reload()
    assert ballot.order == wanted
    ballot.expect("idle")
    assert person.stored() is None
    ballot.submit()
    saved_in_the_end(person, wanted)


def test_ballot_waiting_for_the_line_survives_a_reload(show: Running, people: Browsing) -> None:
    show.open()
    wanted = show.options()[:2]
    person, ballot = voter(show, people)
    ballot.expect_live()
    show.cable.bend(Fault.NO_QUESTIONS)
    ballot.add(*wanted)
    ballot.submit()
    ballot.expect("sending")
    show.cable.bend(Fault.NONE)
    person.page.reload()
    saved_in_the_end(person, wanted)


def test_restart_of_the_server_loses_nothing(show: Running, people: Browsing) -> None:
    show.open()
    first, wanted = show.options()[:2], show.options()[2:4]
    person, ballot = voter(show, people)
    other = people.person(show, Role.CUSTOMER)
    theirs = Ballot(other.visit(PATH))
    theirs.add(*first)
    theirs.submit()
    theirs.expect("saved")
    show.stop()
    ballot.add(*wanted)
    ballot.submit()
    person.page.wait_for_timeout(1_000)
    assert "saved" not in acks(person)
    show.start()
    expect(person.page.locator("#act")).to_have_attribute("data-ack", "saved", timeout=PATIENCE)
    assert person.stored() == tuple(wanted)
    assert other.stored() == tuple(first)
    theirs.expect("saved")
    assert show.ballots() == 2


def test_receipt_is_the_records_own(show: Running, people: Browsing) -> None:
    show.open()
    wanted = show.options()[:2]
    person, ballot = voter(show, people)
    ballot.add(*wanted)
    ballot.submit()
    ballot.expect("saved")
    mine = show.person(person.cookies)
    receipt = show.do(lambda expo: expo.voting.mine(mine, SESSION)).receipt
    assert receipt is not None
    expect(person.page.locator("#ack-s")).to_contain_text(grouped(receipt.tracker))
    ballot.submit()
    expect(person.page.locator("#receipt .tracker")).to_have_text(grouped(receipt.tracker))
    expect(person.page.locator("#receipt-list li")).to_have_count(2)
    person.page.locator("#receipt-a").click()
    expect(person.page.locator(".mine-list li")).to_have_count(2)
    stranger = people.person(show).visit(f"/en/receipt/{receipt.tracker}")
    expect(stranger.locator(".ticket")).to_be_visible()
    expect(stranger.locator(".mine-list")).to_have_count(0)


def test_changed_ranking_replaces_and_removed_one_is_gone(show: Running, people: Browsing) -> None:
    show.open()
    first, second = show.options()[:2]
    person, ballot = voter(show, people)
    ballot.add(first, second)
    ballot.submit()
    ballot.expect("saved")
    ballot.card(second).locator(".up").click()
    ballot.expect("dirty")
    assert person.stored() == (first, second)
    ballot.submit()
    ballot.expect("saved")
    assert person.stored() == (second, first)
    assert show.ballots() == 1
    ballot.submit()
    person.page.locator("#undo summary").click()
    person.page.locator("#withdraw").click()
    ballot.expect("idle")
    assert person.stored() is None
    assert show.ballots() == 0


def test_of_two_tabs_the_later_cast_counts_once(show: Running, people: Browsing) -> None:
    show.open()
    one, two, three = show.options()[:3]
    person, ballot = voter(show, people)
    tab = person.context.new_page()
    tab.goto(person.base + PATH)
    other = Ballot(tab)
    other.add(three)
    ballot.add(one, two)
    ballot.submit()
    ballot.expect("saved")
    other.expect("dirty")
    assert other.order == [three]
    other.submit()
    other.expect("saved")
    assert person.stored() == (three,)
    assert show.ballots() == 1
    person.page.reload()
    ballot.expect("saved")
    assert ballot.order == [three]


def test_tab_left_open_shows_what_another_tab_has_saved(show: Running, people: Browsing) -> None:
    show.open()
    one, two = show.options()[:2]
    person, ballot = voter(show, people, Role.PUBLIC)
    tab = person.context.new_page()
    tab.goto(person.base + PATH)
    other = Ballot(tab)
    ballot.add(one)
    ballot.submit()
    person.until(lambda: other.order == [one])
    other.expect("saved")
    other.add(two)
    other.submit()
    other.expect("saved")
    person.until(lambda: ballot.order == [one, two])
    ballot.expect("saved")
    assert person.stored() == (one, two)
    assert show.ballots() == 1


def test_ballot_after_the_close_is_told_both_times(show: Running, people: Browsing) -> None:
    show.open()
    person, ballot = voter(show, people)
    ballot.expect_live()
    show.cable.bend(Fault.CUT)
    ballot.add(show.options()[0])
    ballot.submit()
    show.order(Kind.CLOSE)
    closed_at = show.contest().closes_at
    assert closed_at is not None
    show.go_to(closed_at + timedelta(minutes=5))
    person.until(lambda: show.contest().phase.value == "closed")
    show.cable.bend(Fault.NONE)
    expect(ballot.root).to_have_attribute("data-state", "late", timeout=PATIENCE)
    said = person.page.locator("#late").inner_text()
    assert len(set(re.findall(r"\d{2}:\d{2}:\d{2}", said))) == 2
    assert person.stored() is None
    assert "saved" not in acks(person)


def test_form_after_the_close_is_told_both_times(show: Running, people: Browsing) -> None:
    show.open()
    person = people.person(show, Role.CUSTOMER, java_script_enabled=False)
    page = person.visit(PATH)
    page.locator(f'[name="rank-{show.options()[0]}"]').select_option("1")
    show.order(Kind.CLOSE)
    show.pass_time(minutes=5)
    page.locator("#cast .nojs-only button.primary.big").click()
    expect(page.locator("#late")).to_be_visible()
    assert len(set(re.findall(r"\d{2}:\d{2}:\d{2}", page.locator("#late").inner_text()))) == 2
    assert person.stored() is None


def test_closed_page_says_whether_the_ballot_counted(show: Running, people: Browsing) -> None:
    show.open()
    person, ballot = voter(show, people)
    ballot.add(*show.options()[:2])
    ballot.submit()
    ballot.expect("saved")
    idle, nothing = voter(show, people)
    show.count()
    for reload in (False, True):
        for who, seen in ((person, ballot), (idle, nothing)):
            if reload:
                who.page.reload()
            seen.expect_state("closed")
            counted = who.page.locator("[data-panel=closed] [data-if=counted]").first
            none = who.page.locator("[data-panel=closed] [data-if=none]")
            expect(counted).to_be_visible(visible=who is person)
            expect(none).to_be_visible(visible=who is idle)
    tracker = person.page.locator("[data-panel=closed] [data-tracker]").inner_text()
    assert tracker == grouped(ballot.tracker) != ""


def test_pause_keeps_the_ranking_and_sends_nothing(show: Running, people: Browsing) -> None:
    show.open()
    person, ballot = voter(show, people)
    ballot.add(*show.options()[:2])
    show.order(Kind.PAUSE)
    ballot.expect_state("paused")
    person.page.locator("#ack-b").click(force=True)  # disabled for the eye, not for a finger
    assert person.stored() is None
    show.order(Kind.RESUME)
    ballot.expect_state("open")
    assert ballot.order == show.options()[:2]
    ballot.submit()
    saved_in_the_end(person, show.options()[:2])
