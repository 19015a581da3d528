"""A person signs in through a certified OpenID provider, and through UAE PASS, in a real browser."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from expo.rights import Role
from expo.words import Language
from tests.support.browsing import Browsing
from tests.support.certified import certified, free_port, prepared
from tests.support.show import Running, real_schedule
from tests.support.signing import environ_with, openid

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

    page.wait_for_url(f"{show.url}/en/")
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
