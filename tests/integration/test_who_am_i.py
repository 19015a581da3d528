"""Who am I here, and why somebody cannot vote: what the pages say, over real requests."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from expo.identity.entering.identities import Claim, ElectorateSettled, Kind, Standing
from expo.identity.people import Assurance, Visit
from expo.rights import Role
from expo.wire.codes import Close
from tests.support.roles import stranger
from tests.support.whole import ORGANISER, PROGRAM, Whole, ballot, whole
from voting import moves

_LINK = re.compile(
    r'<a class="btn primary" href="(/en/sign-in[^"]*)" data-for="[^"]*"( hidden="")?>'
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as opened:
        yield opened


async def visit_of(house: Whole, client: httpx2.AsyncClient) -> Visit:
    cookies = client.cookies
    return await house.expo.visits.of(cookies.get("sawt_visit"), cookies.get("sawt_device"))


async def sign_in(house: Whole, client: httpx2.AsyncClient, claim: Claim) -> None:
    """Come in as a way of signing in would let somebody in."""
    await client.get("/en/")
    arrival = await house.expo.entering.enter(await visit_of(house, client), claim)
    if "sawt_visit" in client.cookies:
        client.cookies.delete("sawt_visit")
    client.cookies.set("sawt_visit", arrival.token)


def by_mail(address: str, role: Role = Role.CUSTOMER) -> Claim:
    return Claim(Kind.EMAIL, "", address, Assurance.CONTACT, role, contact=address)


async def text(client: httpx2.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200
    return html.unescape(re.sub(r"<(script|style).*?</\1>", "", answer.text, flags=re.DOTALL))


async def demand(house: Whole, **levels: Assurance | None) -> None:
    """Make the first contest ask this much of each electorate; None leaves one out."""
    contest = house.contest()
    groups = tuple(
        msgspec.structs.replace(one, assurance=levels.get(one.id) or one.assurance)
        for one in contest.electorates
        if levels.get(one.id, one.assurance) is not None
    )
    async with house.expo.database.write() as tx:
        await moves.redefine(tx, msgspec.structs.replace(contest, electorates=groups))
    await house.expo.voting.refresh()


async def test_everybody_is_told_who_they_are(house: Whole) -> None:
    async with stranger(house.url) as nobody:
        assert "Nobody in particular yet" in await text(nobody, "/en/me")
        await nobody.post("/en/join")
        joined = await text(nobody, "/en/me")
    team = await text(await house.person(Role.TEAM), "/en/me")
    staff = await text(await house.person(Role.ORGANISER), "/ar/me")

    assert "This device alone (level C)" in joined
    assert "It is settled with your first ballot" in joined
    assert "Member of an innovation team" in team
    assert "Dubai Electricity and Water Authority" in team
    assert "من يعمل في تنظيم الإكسبو لا يصوّت" in staff


async def test_page_of_oneself_names_the_ways_and_is_kept_nowhere(house: Whole) -> None:
    async with stranger(house.url) as client:
        await sign_in(house, client, by_mail("noor@x.ae"))
        answer = await client.get("/en/me")

    assert answer.headers["cache-control"] == "no-store"
    assert "noor@x.ae" in answer.text
    assert "Code by e-mail" in answer.text


async def test_planted_cookie_is_worth_nothing_once_the_victim_came_in(house: Whole) -> None:
    venue = house.expo.venue
    async with stranger(house.url) as attacker, stranger(house.url) as victim:
        await attacker.post("/en/join")
        for name in ("sawt_visit", "sawt_device"):
            victim.cookies.set(name, attacker.cookies[name], domain="127.0.0.1")
        answer = await victim.post("/en/venue", data={"code": venue.shown().code})

        assert answer.status_code == 303
        assert victim.cookies["sawt_visit"] != attacker.cookies["sawt_visit"]
        assert (await visit_of(house, attacker)).person is None


async def test_told_is_shown_and_where_it_leads_is_of_this_site(house: Whole) -> None:
    async with stranger(house.url) as client:
        page = await text(client, "/en/me?told=electorate-kept.x.<b>&next=//evil.example/")
        good = await text(client, "/en/me?told=ballots-withdrawn&next=/en/session/khda")

    assert 'data-told="electorate-kept"' in page
    assert "evil.example" not in page.split("<main")[1].split("</main>")[0]
    assert 'href="/en/session/khda"' in good


async def test_leaving_everywhere_ends_the_other_device_too(house: Whole) -> None:
    async with stranger(house.url) as phone, stranger(house.url) as laptop:
        for client in (phone, laptop):
            await sign_in(house, client, by_mail("noor@x.ae"))
        async with house.ear("/live/khda", laptop) as ear:
            await ear.frame("mine")
            left = await phone.post("/en/me/leave")
            code = await ear.ended()

        assert left.status_code == 303
        assert (await visit_of(house, laptop)).person is None
        assert (await visit_of(house, phone)).person is None
        assert code == Close.REVOKED


async def test_join_on_a_device_of_somebody_who_left_leads_to_signing_in(house: Whole) -> None:
    async with stranger(house.url) as client:
        await sign_in(house, client, by_mail("noor@x.ae"))
        await client.post("/en/leave")
        form = await client.post("/en/join", data={"next": "/en/session/khda"})
        program = await client.post("/en/join", headers=PROGRAM)

    assert form.headers["location"] == "/en/sign-in?next=/en/session/khda"
    assert (program.status_code, program.json()["code"]) == (409, "sign-in-again")


async def test_ballot_page_says_why_not_and_leads_to_a_stronger_sign_in(house: Whole) -> None:
    await demand(house, customers=Assurance.CONTACT)
    async with stranger(house.url) as client:
        before = (await client.get("/en/session/khda")).text
        await house.order_ready_and_open()
        nobody = (await client.get("/en/session/khda")).text
        await client.post("/en/join")
        joined = (await client.get("/en/session/khda")).text
        refused = await client.post("/en/ballots/khda", json=ballot("x"), headers=PROGRAM)
        await sign_in(house, client, by_mail("noor@x.ae"))
        signed = (await client.get("/en/session/khda")).text

    for page, sentence in (
        (before, "To vote here, sign in first"),
        (nobody, "To vote here, sign in first"),
        (joined, "Your group votes here with a surer sign-in"),
    ):
        assert sentence in html.unescape(page)
        assert _LINK.findall(page)[0] == ("/en/sign-in?next=/en/session/khda", "")
    assert 'data-blocked="sign-in-first"' in nobody
    assert 'data-blocked="needs-stronger-sign-in"' in joined
    assert refused.json()["code"] == "needs-stronger-sign-in"
    assert 'data-blocked=""' in signed


async def test_staff_and_foreign_electorates_are_told_apart(house: Whole) -> None:
    await demand(house, customers=None)
    await house.order_ready_and_open()
    pages = {
        role: (await (await house.person(role)).get("/en/session/khda")).text
        for role in (Role.ORGANISER, Role.CUSTOMER, Role.EMPLOYEE)
    }

    assert 'data-blocked="staff-do-not-vote"' in pages[Role.ORGANISER]
    assert 'data-blocked="not-your-electorate"' in pages[Role.CUSTOMER]
    assert 'data-blocked=""' in pages[Role.EMPLOYEE]
    assert {hidden for _, hidden in _LINK.findall(pages[Role.ORGANISER])} == {' hidden=""'}


async def test_contest_shows_what_it_asks_of_each_electorate(house: Whole) -> None:
    await demand(house, customers=Assurance.VERIFIED)
    async with stranger(house.url) as client:
        page = await text(client, "/en/session/khda")
    voters = page.split('<details class="voters">')[1].split("</details>")[0]

    assert re.findall(r'data-level="(.)"', voters) == ["B", "B", "A"]
    assert "Verified identity (level A)" in voters


async def test_presenter_abstains_on_the_own_initiative_to_the_end(house: Whole) -> None:
    await house.order_ready_and_open("khda")
    entity = house.contest().options[0].entity
    client = await house.person(Role.PRESENTER, "stage", entity=entity)
    own = [one.id for one in house.contest().options if one.entity == entity]
    everything = [one.id for one in house.contest().options]
    page = await text(client, "/en/session/khda")

    assert own == everything
    assert 'data-blocked="all-options-own"' in page
    answer = await client.post("/en/ballots/khda", json=ballot(*everything[:3]), headers=PROGRAM)
    assert answer.json().get("code") == "all-options-own"


async def test_organisers_change_keeps_to_the_same_rule(house: Whole) -> None:
    await house.order_ready_and_open()
    options = [one.id for one in house.contest().options]
    async with stranger(house.url) as client, stranger(house.url) as fresh:
        for one, address in ((client, "noor@x.ae"), (fresh, "sara@x.ae")):
            await sign_in(house, one, by_mail(address))
        await client.post("/en/ballots/khda", json=ballot(options[0]), headers=PROGRAM)
        voted, free = [(await visit_of(house, one)).person for one in (client, fresh)]
        assert voted is not None
        assert free is not None
        change = house.expo.entering.change

        with pytest.raises(ElectorateSettled):
            await change(ORGANISER, voted.id, Standing(Role.EMPLOYEE))
        moved = await change(ORGANISER, free.id, Standing(Role.EMPLOYEE))

        assert moved.electorate == "employees"
        assert "Settled: you have voted" in await text(client, "/en/me")
    log = await text(await house.person(Role.ORGANISER), "/en/staff/log")
    assert "Person changed" in log
