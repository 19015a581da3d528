"""The check page with a whole expo behind it: right, altered on the way, from the disk, not yet, stopped."""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, Route, expect

from expo.rights import Role
from expo.words import Language
from sessions.orders import Kind
from tests.support.browsing import Ballot, Browsing
from tests.support.show import SESSION, Running

_CHECKS: Final = 9
_HERE: Final = f"/results/{SESSION}/check"


def _ended(page: Page, kind: str) -> None:
    expect(page.locator("#verdict")).to_have_attribute("data-kind", kind)


def _states(page: Page) -> list[str]:
    found = page.locator("#list li").evaluate_all("all => all.map(one => one.dataset.state)")
    return [str(one) for one in found]


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_published_result_is_right_and_holds_the_readers_own_ballot(
    show: Running, people: Browsing, lang: Language
) -> None:
    show.open()
    show.crowd()
    person = people.person(show, Role.CUSTOMER, lang=lang)
    ballot = Ballot(person.visit(f"/{lang}/session/{SESSION}"))
    ballot.expect_live()
    ballot.add(*show.options()[:2])
    ballot.submit()
    ballot.expect("saved")
    gone = show.person(show.cookies_of(Role.CUSTOMER))
    assert gone is not None
    for ranking in (show.options()[:1], ()):
        show.cast(gone, ranking, SESSION)
    result = show.count()
    show.publish()

    page = person.visit(f"/{lang}{_HERE}")
    page.locator("#start").focus()
    page.keyboard.press("Enter")

    _ended(page, "right")
    assert _states(page) == ["right"] * _CHECKS
    shown = page.locator("#verdict [data-order] bdi").all_inner_texts()
    titles = {one.id: one.title.in_(lang) for one in show.contest().options}
    assert shown == [titles[option] for rank in result.ranks for option in rank]
    voters = page.locator("[data-check=ballots] [data-p]")
    expect(voters).to_contain_text(" · ")  # more voters than ballots: one was taken back
    expect(page.locator("#receipts .pill.ok")).to_have_count(1)
    assert page.evaluate("document.activeElement.closest('#verdict') !== null")
    expect(page.locator("#say")).not_to_be_empty()
    wide: list[int] = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
    assert person.watch.faults() == []


def test_files_altered_on_the_way_or_by_others_are_told_apart(
    show: Running, people: Browsing, tmp_path: Path
) -> None:
    show.open()
    show.crowd()
    show.count()
    show.publish()
    person = people.person(show)
    page = person.visit(f"/en{_HERE}")
    archive = tmp_path / "bundle.zip"
    archive.write_bytes(page.request.get(f"{show.url}/results/{SESSION}/bundle.zip").body())

    page.locator("#files").set_input_files(archive)
    _ended(page, "right")

    page.route("**/bundle/ballots.jsonl", _shortened)
    page.locator("#start").click()
    _ended(page, "wrong")
    expect(page.locator("#verdict")).to_contain_text("ballots.jsonl")
    assert _states(page) == ["wrong", *["skipped"] * (_CHECKS - 1)]

    cut = tmp_path / "cut.zip"
    cut.write_bytes(archive.read_bytes()[:-40])
    page.locator("#files").set_input_files(cut)
    _ended(page, "failed")
    expect(page.locator("#verdict")).to_contain_text("no ZIP file")

    page.locator("#files").set_input_files({"name": "a.txt", "mimeType": "", "buffer": b"a"})
    expect(page.locator("#verdict")).to_contain_text("no file of a result")
    assert person.watch.faults() == []


def _shortened(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.body().partition(b"\n")[2])


def test_check_can_be_stopped_and_waits_until_publication(show: Running, people: Browsing) -> None:
    show.open()
    show.crowd()
    show.count()
    page = people.person(show).visit(f"/en{_HERE}")
    expect(page.get_by_role("heading", level=2)).to_have_text("There is nothing to check yet")
    assert page.request.get(f"{show.url}/results/{SESSION}/bundle/ballots.jsonl").status == 404

    show.publish()
    page.reload()
    page.route("**/bundle/*", lambda _route: None)  # a server that never answers
    page.locator("#start").click()
    page.locator("#stop").click()

    expect(page.locator("#say")).to_have_text(re.compile("stopped"))
    expect(page.locator("#start")).to_be_focused()
    assert set(_states(page)) == {"waiting"}


def test_ballots_of_groups_that_are_too_small_are_not_called_counted(
    show: Running, people: Browsing
) -> None:
    show.open()
    for _ in range(3):
        show.vote(show.options()[:2])
    show.count()
    show.reveal(places=1)
    show.order(Kind.PUBLISH, SESSION)
    told = re.compile("0 ballots counted · 3 not counted: too few in the group")
    page = people.person(show).visit(f"/en/results/{SESSION}")
    expect(page.locator(".page-head")).to_contain_text(told)

    page.goto(f"{show.url}/en{_HERE}")
    page.locator("#start").click()

    _ended(page, "right")
    expect(page.locator("[data-check=result] [data-p]")).to_have_text(told)
