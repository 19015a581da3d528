"""A bulletin on its way, as organisers and officers press the buttons."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx2

from expo.identity.people import Assurance, Person, PersonId
from expo.post.letters import Posted
from expo.rights import Role
from sessions.bulletin.subscribing.letters import PURPOSE
from sessions.bulletin.usecases import TOPIC
from sessions.orders import Kind
from tests.support.mail_door import letters_to
from tests.support.whole import Whole, ballot
from voting.protocol import Cast

DESK = "/en/staff/bulletins/1"
WORDS = {
    "heading-ar": "نتائج اليوم الأول",
    "heading-en": "What day one brought",
    "introduction-ar": "يوم طويل.",
    "introduction-en": "A long day.",
}


async def published_contest(house: Whole, session: str = "khda", ballots: int = 12) -> None:
    """A contest with some ballots, counted, revealed and published."""
    await house.open(session)
    await some_ballots(house, session, ballots)
    await house.closed(session)
    await shown(house, session)


async def some_ballots(house: Whole, session: str, ballots: int) -> None:
    """So many employees who rank the options as they are listed."""
    ranking = tuple(one.id for one in house.contest(session).options)[:3]
    casts = [
        house.expo.voting.cast(
            Person(
                PersonId(f"{session}-{n}"),
                Role.EMPLOYEE,
                electorate="employees",
                assurance=Assurance.CONTACT,
            ),
            Cast(ballot()["id"], session, ranking),
            house.clock(),
        )
        for n in range(ballots)
    ]
    await asyncio.gather(*casts)


async def shown(house: Whole, session: str = "khda") -> None:
    """Review, reveal and publish a counted result."""
    result = house.expo.voting.frozen(session)
    assert result is not None
    await house.order(Kind.REVIEW, session, may_stay_held=True)
    for _ in result.ranks or ("nothing",):
        await house.order(Kind.REVEAL, session)
    await house.order(Kind.PUBLISH, session)
    await house.order(Kind.END, session)


async def revision(client: httpx2.AsyncClient, path: str = DESK) -> str:
    """The revision the page of the desk shows."""
    page = (await client.get(path)).text
    found = re.search(r'name="revision" value="(\d+)"', page)
    return found[1] if found else ""


async def press(client: httpx2.AsyncClient, what: str, **fields: str) -> httpx2.Response:
    """A button of the desk, at the revision its page shows unless another is given."""
    seen = fields.pop("revision", None) or await revision(client)
    return await client.post(DESK, data={"do": what, "revision": seen, **fields})


async def reviewed(house: Whole, **words: str) -> tuple[httpx2.AsyncClient, httpx2.AsyncClient]:
    """The first day's bulletin as reviewed; its organiser and its officer."""
    organiser = await house.person(Role.ORGANISER)
    officer = await house.person(Role.OFFICER)
    fields = {**WORDS, **words}
    for client, what, typed in (
        (organiser, "begin", {}),
        (organiser, "save", fields),
        (organiser, "send", {}),
        (officer, "review", {}),
    ):
        answer = await press(client, what, **typed)
        assert answer.status_code == 303, (what, code_of(answer))
    return organiser, officer


def code_of(answer: httpx2.Response) -> str:
    """The code of a refusal on a page."""
    found = re.search(r'data-code="([\w-]+)"', answer.text)
    return found[1] if found else ""


def local(house: Whole, **later: float) -> str:
    """A time of the event so much later than now, as browsers write it."""
    at = (house.clock() + timedelta(**later)).astimezone(house.expo.pages.zone)
    return at.strftime("%Y-%m-%dT%H:%M")


async def until(house: Whole, what: Callable[[], Awaitable[bool]], seconds: float = 8) -> None:
    """Wait until something holds; the followers are woken in between."""
    async with asyncio.timeout(seconds):
        while not await what():
            house.expo.notifier.notify(TOPIC)
            await asyncio.sleep(0.05)


# --- by e-mail ---


def path_in(house: Whole, text: str, what: str) -> str:
    """The path of a link in a letter."""
    found = re.search(rf"^{re.escape(house.url)}(/en/bulletin/{what}/\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return found[1]


async def subscribed(house: Whole, client: httpx2.AsyncClient, address: str) -> None:
    """Ask for bulletins at an address, and confirm."""
    asked = await client.post("/en/bulletin/subscribe", data={"address": address})
    assert asked.status_code == 303, asked.text
    link = path_in(house, (await letters_to(house, address))[0], "confirm")
    assert "Get bulletins at this address?" in (await client.get(link)).text
    assert (await client.post(link)).status_code == 200


async def letters_about(house: Whole, address: str) -> list[Posted]:
    """The bulletins sent to an address, newest first."""
    found = await house.expo.post.listed()
    return [one for one in found if (one.letter.to, one.letter.purpose) == (address, PURPOSE)]
