"""Receipts in a real browser: kept, checked against what was sent, told plainly when they differ."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from expo.words import Language, grouped
from tests.support.browsing import Ballot, Browsing, Person
from tests.support.show import SESSION, Running, running
from voting.verify import verify

pytestmark = pytest.mark.timeout(120)
PATH: Final = f"/session/{SESSION}"
STORED: Final = "() => JSON.parse(localStorage.getItem('sawt.receipts') || '[]')"
IS_KEPT: Final = "() => localStorage.getItem('sawt.receipts') !== null"


@pytest.fixture(scope="module")
def show() -> Iterator[Running]:
    """One expo for all of these, with its first ballot open: everybody comes on a device of their own."""
    with running() as found:
        found.open()
        yield found


def voted(show: Running, people: Browsing, lang: Language) -> Person:
    """Somebody whose ballot is saved and whose receipt is kept on the device."""
    person = people.person(show, lang=lang)
    page = person.visit(f"/{lang}{PATH}")
    ballot = Ballot(page)
    ballot.add(*show.options()[:2])
    ballot.submit()
    ballot.expect("saved")
    page.wait_for_function(IS_KEPT)
    return person


def kept(page: Page) -> list[dict[str, Any]]:
    """The receipts on the device."""
    found: list[dict[str, Any]] = page.evaluate(STORED)
    return found


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_receipt_is_kept_and_its_page_checks_it(
    show: Running, people: Browsing, lang: Language
) -> None:
    person = voted(show, people, lang)
    (receipt,) = kept(person.page)
    assert receipt["proof"]["size"] >= 1
    assert receipt["differs"] is None

    page = person.visit(f"/{lang}/receipt/{receipt['tracker']}#1.{receipt['leaf']}")

    expect(page.locator(".ticket .tracker")).to_have_text(grouped(receipt["tracker"]))
    expect(page.locator("#proofs .note.ok")).to_have_count(3)  # as sent, signed, as in the code
    expect(page.locator("#proofs .note.err")).to_have_count(0)
    expect(page.locator(".keep svg")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#save").click()
    saved = verify.parsed(download.value.path().read_text(), verify.RECEIPT, "the file")
    assert saved["promise"]["leaf_hash"] == receipt["leaf"]
    assert not {"ranking", "nonce"} & saved.keys()
    assert person.watch.faults(failed_loads=True) == []


def test_a_key_that_is_new_to_this_device_raises_no_alarm(show: Running, people: Browsing) -> None:
    person = people.person(show, lang="en")
    page = person.visit(f"/en{PATH}")
    page.evaluate("localStorage.setItem('sawt.keys', JSON.stringify(['A'.repeat(43) + '=']))")
    ballot = Ballot(page)
    ballot.add(*show.options()[:2])
    ballot.submit()
    page.wait_for_function(IS_KEPT)
    (receipt,) = kept(page)

    page = person.visit(f"/en/receipt/{receipt['tracker']}")

    expect(page.locator("#proofs .note.ok")).to_have_count(2)  # as sent, signed
    assert [one["differs"] for one in kept(page)] == [None]
    expect(page.locator("#differs")).to_have_count(0)


def test_device_that_did_not_cast_is_told_so_and_a_foreign_code_is_not_believed(
    show: Running, people: Browsing
) -> None:
    person = voted(show, people, "en")
    (receipt,) = kept(person.page)

    other = people.person(show).visit(f"/en/receipt/{receipt['tracker']}#1.{'0' * 64}")

    expect(other.locator("#proofs")).to_contain_text("not kept on this device")
    expect(other.locator("#proofs .note.err").first).to_contain_text("not the one in your QR code")
    assert kept(other) == []


def forged(said: str, field: str) -> str:
    """A frame of the server; a receipt says something else than the server made it say."""
    frame = json.loads(said)
    if frame["type"] != "receipt":
        return said
    match field:
        case "leaf":
            frame["leaf"] = "0" * 64
        case "ranking":
            frame["ranking"].reverse()
        case "nonce":
            frame["nonce"] = "A" * 43
        case _:
            frame["accepted_at"] = "2001-01-01T00:00:00Z"
    return json.dumps(frame)


@pytest.mark.parametrize(
    ("field", "lang"),
    [("leaf", "ar"), ("leaf", "en"), ("ranking", "ar"), ("nonce", "en"), ("proof", "en")],
)
def test_receipt_for_something_else_is_told_plainly_and_kept(
    show: Running, people: Browsing, field: str, lang: Language
) -> None:
    person = people.person(show, lang=lang)

    def through(line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        server.on_message(lambda said: line.send(forged(str(said), field)))

    person.page.route_web_socket(re.compile("/live/"), through)
    page = person.visit(f"/{lang}{PATH}")
    ballot = Ballot(page)
    ballot.add(*show.options()[:2])
    ballot.submit()

    expect(page.locator("#differs")).to_be_visible()
    expect(page.locator("#differs")).to_be_focused()
    expect(page.locator("#alert")).not_to_be_empty()
    (receipt,) = kept(page)
    assert receipt["differs"] == ("promise" if field == "proof" else field)
    expect(page.locator("#differs-code")).to_have_text(grouped(receipt["tracker"]))
    page = person.visit(f"/{lang}/receipts")
    expect(page.locator("#receipts .note.err")).to_be_visible()


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_sealed_ballot_is_found_in_the_ledger_and_later_without_a_connection(
    show: Running, people: Browsing, lang: Language
) -> None:
    person = voted(show, people, lang)
    (receipt,) = kept(person.page)
    page = person.visit(f"/{lang}/receipt/{receipt['tracker']}")
    expect(page.locator("#proofs .note")).to_have_count(3)

    show.do(lambda expo: expo.publication.ledgers.seal(SESSION))
    page.locator("#again").click()

    expect(page.locator("#proofs .note.ok")).to_have_count(3)
    expect(page.locator("#proofs .place")).to_be_visible()
    assert "tlog-proof" in kept(page)[0]["seal"]
    person.context.set_offline(True)
    page.locator("#again").click()
    expect(page.locator("#proofs .note.ok")).to_have_count(3)
    expect(page.locator("#proofs .note").last.locator("small")).to_have_count(2)


def test_leaf_that_is_not_there_in_time_is_called_missing_and_a_false_proof_false(
    show: Running, people: Browsing
) -> None:
    person = voted(show, people, "en")
    (receipt,) = kept(person.page)
    show.do(lambda expo: expo.publication.ledgers.seal(SESSION))
    show.pass_time(seconds=100)
    answers = iter([404, 200])

    def answer(route: Route) -> None:
        if next(answers) == 404:
            route.fulfill(status=404, json={})
        else:
            found = route.fetch().text().replace("index ", "index 1")
            route.fulfill(body=found)

    person.page.route(re.compile("/ledger/.*/proof/"), answer)
    page = person.visit(f"/en/receipt/{receipt['tracker']}")
    expect(page.locator("#proofs .note.err")).to_contain_text("Missing from the public ledger")

    page.locator("#again").click()

    expect(page.locator("#proofs .note.err")).to_contain_text("proof does not hold")
    assert kept(page)[0]["seal"] is None


def test_list_works_by_keyboard_and_forgets_when_told(show: Running, people: Browsing) -> None:
    person = voted(show, people, "en")
    page = person.visit("/en/receipts")
    expect(page.locator("#receipts > li")).to_have_count(1)

    page.locator("#receipts summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#receipts .mine-list li")).to_have_count(2)
    page.locator("#forget summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#remove")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#none")).to_be_visible()
    expect(page.locator("#say")).to_contain_text("removed")
    assert kept(page) == []
    assert person.watch.faults(failed_loads=True) == []


def test_without_a_connection_what_is_kept_is_looked_at(show: Running, people: Browsing) -> None:
    person = voted(show, people, "en")
    page = person.visit("/en/receipts")
    expect(page.locator("#receipts .note").first).to_be_visible()

    person.context.set_offline(True)
    page.locator("#again").click()

    expect(page.locator("#receipts .note")).to_contain_text(
        re.compile("cannot be asked now|server was not asked")
    )
    expect(page.locator("#receipts > li")).to_have_count(1)


HOSTILE: Final = (
    '"text"',
    "[null, 1, [], {}]",
    "{",
    json.dumps([{"contest": "<img src=x onerror=alert(1)>", "tracker": "0" * 16, "revision": 1}]),
    json.dumps(
        [
            {
                "contest": "s",
                "tracker": "0" * 16,
                "revision": 1,
                "ranking": ["<b>x</b>"],
                "own": [],
                "electorate": "c",
                "accepted_at": "2026-04-17T05:20:00Z",
                "status": "counted",
                "title": "<script>alert(1)</script>",
                "__proto__": {"polluted": True},
                "leaf": "0" * 64,
                "nonce": "A" * 43,
                "proof": {"note": "x", "index": 0, "size": 1, "path": []},
                "seal": "c2sp.org/tlog-proof@v1\nindex 0\n\nnothing\n",
            }
        ]
        * 500
    ),
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_storage_makes_no_markup_and_stops_nothing(
    show: Running, people: Browsing, text: str
) -> None:
    person = people.person(show, lang="en")
    page = person.visit("/en/receipts")
    page.evaluate("text => localStorage.setItem('sawt.receipts', text)", text)
    page.evaluate("() => localStorage.setItem('sawt.keys', '[[],{},\"x\"]')")
    page.evaluate("text => localStorage.setItem('sawt.fresh.x', text)", text)

    page = person.visit("/en/receipts")

    expect(page.locator("#how-many, #none:visible").first).to_be_attached()
    expect(page.locator("#receipts img, #receipts script, #receipts b > b")).to_have_count(0)
    assert page.locator("#receipts > li").count() <= 40
    assert person.watch.faults(failed_loads=True) == []
