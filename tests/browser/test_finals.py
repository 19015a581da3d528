"""Whoever waits on the page of a final is asked about the finalists without touching anything."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from sessions.orders import Kind
from tests.support.browsing import Ballot, Browsing
from tests.support.finals import WITH_FINAL
from tests.support.show import Running, running

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def show() -> Iterator[Running]:
    """An expo whose last day is a final among the winners of two sessions."""
    with running(WITH_FINAL) as found:
        yield found


def held(show: Running, session: str, *ranking: str) -> None:
    show.open(session)
    show.vote(ranking, session=session)
    show.count(session)
    show.publish(session)
    show.end(session)


def test_waiting_page_follows_the_finalists_into_the_vote(show: Running, people: Browsing) -> None:
    person = people.person(show)
    page = person.visit("/en/session/final")
    expect(page.locator(".drawn li")).to_have_count(2)
    expect(page.locator("#ballot .item")).to_have_count(0)

    held(show, "water", "meter", "leak")
    held(show, "roads", "tram")
    show.order(Kind.START, "final")
    show.order(Kind.READY, "final")
    expect(page.locator(".drawn b")).to_have_count(2)
    show.order(Kind.OPEN, "final")
    ballot = Ballot(page)
    ballot.expect_state("open")
    ballot.add("tram", "meter")
    ballot.submit()
    ballot.expect("saved")

    assert sorted(show.options("final")) == ["meter", "tram"]
    assert person.stored("final") == ("tram", "meter")
