"""A person signs in through a certified OpenID provider, and through UAE PASS, in a real browser."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from expo.identity.oidc.refusals import ENDINGS
from expo.rights import Role
from expo.words import Language
from tests.support.browsing import Browsing, Person
from tests.support.certified import certified, free_port, prepared
from tests.support.inspection import barriers, faults
from tests.support.show import Running, real_schedule
from tests.support.signing import environ_with, openid, uae_pass
from tests.support.uae_pass import UaePassFake, faking

ACCOUNTS = {
    "mariam": {
        "name": "مريم",
        "groups": ["staff"],
        "email": "mariam@a.example",
        "email_verified": True,
    },
    "salem": {"name": "Salem", "groups": ["team"], "department": "Utility", "email_verified": True},
    "nobody": {"name": "Nobody", "groups": [], "email_verified": False},
}
RULES = [
    {"when": {"groups": "team"}, "role": "team"},
    {"when": {"groups": "staff"}, "role": "employee"},
]


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Running]:
    """An expo that knows one certified provider, which runs beside it."""
    prepared()
    port = free_port()
    provider = openid(
        f"http://127.0.0.1:{port}",
        otherwise=None,
        rules=RULES,
        require={"email_verified": True},
        entity_claim="department",
        entities={"Utility": "dewa"},
    )
    environ = environ_with(tmp_path, provider)
    with contextlib.ExitStack() as stack:
        found = stack.enter_context(Running(tmp_path, real_schedule(), environ=environ))
        stack.enter_context(certified(port, found.url, ACCOUNTS))
        yield found


class UaePassShow:
    """An expo that knows UAE PASS, and UAE PASS itself in the expo's own loop."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.fake = UaePassFake(shows_page=True)
        port = free_port()
        environ = environ_with(folder, uae_pass(f"http://127.0.0.1:{port}"))
        self.show = stack.enter_context(Running(folder, real_schedule(), environ=environ))
        self._serving = faking(self.fake, port)
        self.show.do(lambda _: self._serving.__aenter__())
        stack.callback(lambda: self.show.do(lambda _: self._serving.__aexit__(None, None, None)))


@pytest.fixture
def with_uae_pass(tmp_path: Path) -> Iterator[UaePassShow]:
    """UAE PASS with a page that asks."""
    with contextlib.ExitStack() as stack:
        yield UaePassShow(tmp_path, stack)


def sign_in(page: Page, login: str) -> None:
    """What a person does on the provider's own pages."""
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def role_of(show: Running, cookies: dict[str, str]) -> tuple[Role, str | None]:
    """Role and entity of whoever has these cookies."""
    visit = show.do(lambda expo: expo.visits.of(cookies["sawt_visit"], None))
    return visit.role, visit.person.entity if visit.person else None


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_employee_signs_in_and_lands_where_they_were_going(
    people: Browsing, show: Running, lang: Language
) -> None:
    person = people.person(show, lang=lang)
    page = person.visit(f"/{lang}/sign-in?next=/{lang}/schedule")
    page.locator("[data-provider=acme]").click()
    sign_in(page, "mariam")

    page.wait_for_url(f"{show.url}/{lang}/schedule")
    assert role_of(show, person.cookies) == (Role.EMPLOYEE, None)
    expect(page.locator("html")).to_have_attribute("lang", lang)


def test_team_member_belongs_to_the_entity_of_the_claim(people: Browsing, show: Running) -> None:
    person = people.person(show)
    page = person.visit("/en/sign-in/with/acme")
    sign_in(page, "salem")

    page.wait_for_url(f"{show.url}/en/team")
    assert role_of(show, person.cookies) == (Role.TEAM, "dewa")


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_person_without_a_place_is_told_so_in_their_language(
    people: Browsing, show: Running, lang: Language
) -> None:
    person = people.person(show, lang=lang)
    page = person.visit(f"/{lang}/sign-in/with/acme")
    sign_in(page, "nobody")

    told = page.get_by_role("alert").and_(page.locator("[data-code]"))
    expect(told).to_have_attribute("data-code", "identity-not-accepted")
    assert "sawt_visit" not in person.cookies


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_person_who_says_no_is_told_and_may_go_on(
    people: Browsing, show: Running, lang: Language
) -> None:
    page = people.person(show, lang=lang).visit(f"/{lang}/sign-in/with/acme")
    page.get_by_role("link", name="Cancel").click()

    told = page.get_by_role("alert").and_(page.locator("[data-code]"))
    expect(told).to_have_attribute("data-code", "sign-in-declined")
    page.locator(f'a.btn[href="/{lang}/"]').click()
    page.wait_for_url(f"{show.url}/{lang}/")


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_person_comes_in_by_uae_pass_and_leaves_both(
    people: Browsing, with_uae_pass: UaePassShow, lang: Language
) -> None:
    show, fake = with_uae_pass.show, with_uae_pass.fake
    person = people.person(show, lang=lang)
    page = person.visit(f"/{lang}/sign-in/with/uae-pass?next=/{lang}/schedule")
    page.locator("#yes").click()
    page.wait_for_url(f"{show.url}/{lang}/schedule")
    assert role_of(show, person.cookies)[0] is Role.CUSTOMER
    assert fake.asked[0]["ui_locales"] == lang

    page.locator("form.leave button").click()
    page.wait_for_url(f"{show.url}/{lang}/")

    assert fake.farewells == [f"{show.url}/{lang}/"]
    assert "sawt_visit" not in person.cookies
    assert person.watch.faults(failed_loads=True) == [
        f"asked elsewhere: {one}" for one in elsewhere(person, show)
    ]


def elsewhere(person: Person, show: Running) -> list[str]:
    """What the browser asked of others: the two steps a person takes there themselves."""
    asked = [one.url for one in person.watch.requests if not one.url.startswith(show.url)]
    assert len([url for url in asked if "/idshub/" in url]) == len(asked) == 2
    return asked


def test_person_who_cancels_in_the_app_is_told(
    people: Browsing, with_uae_pass: UaePassShow
) -> None:
    page = people.person(with_uae_pass.show, lang="ar").visit("/ar/sign-in/with/uae-pass")
    page.locator("#no").click()

    told = page.get_by_role("alert").and_(page.locator("[data-code]"))
    expect(told).to_have_attribute("data-code", "sign-in-declined")


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_around_a_provider_have_no_barrier(
    people: Browsing, with_uae_pass: UaePassShow, lang: Language, width: int
) -> None:
    person = people.person(with_uae_pass.show, lang=lang, size=(width, 800))
    # 204: the browser stays where it is, so that the page that goes on by itself can be looked at
    person.context.route("**/idshub/logout*", lambda route: route.fulfill(status=204))
    found = []
    for path in [*(f"with/uae-pass/ended/{one}" for one in ENDINGS), "left/uae-pass"]:
        page = person.page
        page.goto(f"{person.base}/{lang}/sign-in/{path}", wait_until="commit")
        expect(page.locator("h1")).to_be_visible()
        found += [f"{path}: {one}" for one in [*barriers(page), *faults(page, lang)]]

    assert found == []
