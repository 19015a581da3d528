"""A person signs in by a letter from a real mail server, in a real browser, and votes where that is needed."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from expo.identity.people import Assurance
from expo.words import Language
from tests.support.browsing import PHONE, Ballot, Browsing
from tests.support.postbox import Postbox, code_in, link_in, postbox, text_of
from tests.support.show import SESSION, Running, real_schedule

ADDRESS: Final = "mariam@authority.example"
_CUSTOMERS: Final = 'name: {ar: "المتعاملون", en: "Customers"}\n    weight: 33\n    full_weight_at: 20\n    min: 5\n    level: '
_EASTERN: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.fixture
def box() -> Iterator[Postbox]:
    """A mail server."""
    with postbox() as found:
        yield found


@pytest.fixture
def show(tmp_path: Path, box: Postbox) -> Iterator[Running]:
    """An expo whose customers need a confirmed address, with a contest open."""
    schedule = real_schedule((_CUSTOMERS + "C", _CUSTOMERS + "B"))
    with contextlib.ExitStack() as stack:
        found = stack.enter_context(Running(tmp_path, schedule, environ=box.environ))
        found.open()
        yield found


def ask(page: Page, address: str = ADDRESS) -> None:
    """Ask for a letter on the page of all ways."""
    page.locator("#address").fill(address)
    page.locator("form:has(#address) button").click()
    expect(page.locator("[data-standing=sent]")).to_be_visible()


def assurance_of(show: Running, cookies: dict[str, str]) -> Assurance | None:
    """How surely whoever has these cookies is known."""
    visit = show.do(lambda expo: expo.visits.of(cookies.get("sawt_visit"), None))
    return visit.person.assurance if visit.person else None


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_visitor_signs_in_by_a_code_and_casts_a_ballot_that_needs_it(
    people: Browsing, show: Running, box: Postbox, lang: Language
) -> None:
    person = people.person(show, lang=lang, size=PHONE)
    page = person.visit(f"/{lang}/session/{SESSION}")
    page.locator("header .enter").click()
    ask(page)
    letter = box.to(ADDRESS)
    code = code_in(letter).translate(_EASTERN) if lang == "ar" else code_in(letter)
    page.locator("#code").fill(code)
    page.locator("form:has(#code) button").click()

    page.wait_for_url(f"{show.url}/{lang}/session/{SESSION}")
    assert letter["Content-Language"] == lang
    assert "\u2068" in text_of(letter)
    assert assurance_of(show, person.cookies) is Assurance.CONTACT
    expect(page.locator("header .enter:not(.own)")).to_have_count(0)
    ballot, options = Ballot(page), show.options(SESSION)[:3]
    ballot.expect_live()
    ballot.add(*options)
    ballot.submit()
    ballot.expect("saved")
    assert person.stored() == tuple(options)
    assert person.watch.faults() == []


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_link_opens_on_another_device_without_scripts(
    people: Browsing, show: Running, box: Postbox, lang: Language
) -> None:
    asking = people.person(show, lang=lang)
    ask(asking.visit(f"/{lang}/sign-in?next=/{lang}/schedule"))
    link = link_in(box.to(ADDRESS))
    phone = people.person(show, lang=lang, java_script_enabled=False)
    page = phone.visit(link.removeprefix(show.url))
    expect(page.get_by_text(ADDRESS)).to_be_visible()
    page.locator("main form button").click()

    page.wait_for_url(f"{show.url}/{lang}/schedule")
    assert assurance_of(show, phone.cookies) is Assurance.CONTACT
    assert assurance_of(show, asking.cookies) is None
    expect(asking.visit(f"/{lang}/sign-in/code").locator("[data-standing=used]")).to_be_visible()


def test_code_works_without_scripts_after_a_wrong_one(
    people: Browsing, show: Running, box: Postbox
) -> None:
    person = people.person(show, java_script_enabled=False)
    page = person.visit("/en/sign-in")
    ask(page)
    code = code_in(box.to(ADDRESS))
    page.locator("#code").fill(f"{(int(code) + 1) % 1_000_000:06d}")
    page.locator("form:has(#code) button").click()
    expect(page.locator("[data-code=sign-in-code-wrong]")).to_be_visible()
    page.locator("#code").fill(code)
    page.keyboard.press("Enter")

    page.wait_for_url(f"{show.url}/en/")
    assert assurance_of(show, person.cookies) is Assurance.CONTACT


def test_customer_of_this_device_stays_the_same_person(
    people: Browsing, show: Running, box: Postbox
) -> None:
    person = people.person(show)
    page = person.visit("/en/me")
    page.locator("form[action$=join] button").click()
    before = show.person(person.cookies)
    page = person.visit("/en/sign-in")
    ask(page)
    page.locator("#code").fill(code_in(box.to(ADDRESS)))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{show.url}/en/")
    after = show.person(person.cookies)

    assert before is not None
    assert after is not None
    assert (before.id, before.assurance) == (after.id, Assurance.DEVICE)
    assert after.assurance is Assurance.CONTACT
