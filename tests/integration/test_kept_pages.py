"""Pages that many are sent: nobody sees what is another's, and everybody sees what has changed."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from expo.rights import Role
from expo.web.desk import FrontDesk
from sessions.orders import Kind
from tests.support.roles import stranger
from tests.support.whole import Whole, ballot, whole
from voting.ballot_orders import arranged, order_of

PAGE = "/en/session/khda"
PUBLIC_PAGES = ("/en/", "/ar/", "/en/schedule", "/en/day/1", PAGE, "/ar/session/khda", "/en/about",
                "/en/join", "/en/results/day/1")  # fmt: skip
STAFF_LINK = "/staff/control"
LEAVE = 'action="/en/leave"'
DEVICE = "sawt_device"
_CLOCK = re.compile(r'data-at="[^"]*"')
_RUN_ON = re.compile(r'<rect width="[^"]*" height="100%"')  # how far the session on now has come
_ITEM = re.compile(r'<li class="item" data-id="([^"]*)"')


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


def options_on(text: str) -> list[str]:
    """The options of the ballot, in the order shown."""
    return _ITEM.findall(text)


def still(text: str) -> str:
    """A page with its clock stopped."""
    return _RUN_ON.sub("", _CLOCK.sub("", text))


async def voted(house: Whole, name: str, *ranking: str) -> tuple[httpx2.AsyncClient, str]:
    """A customer who has cast, and the tracker of the receipt."""
    client = await house.person(Role.CUSTOMER, name)
    answer = await client.post("/en/ballots/khda", json=ballot(*ranking))
    assert answer.status_code == 200
    return client, answer.json()["tracker"]


async def test_desk_and_application_give_the_same_answer(house: Whole) -> None:
    await house.open()
    code = house.expo.show.progress("khda").code
    front = house.expo.server.config.app
    assert isinstance(front, FrontDesk)
    desk = front.counters
    for path in (*PUBLIC_PAGES, f"/v/{code}"):
        async with stranger(house.url) as client:
            first = await client.get(path)
            other_way = await client.get(path, params={"x": "1"})
            answered = desk.pages
            at_once = await client.get(path)

            assert desk.pages == answered + 1, path
            assert still(at_once.text) == still(other_way.text) == still(first.text), path
            ours, theirs = dict(at_once.headers), dict(other_way.headers)
            for headers in (ours, theirs):
                headers.pop("date")
                headers.pop("content-length")  # the clock's digits are in it
            assert ours == theirs, path


async def test_every_device_has_its_own_order_and_no_page_names_a_device(house: Whole) -> None:
    await house.open()
    contest = [option.id for option in house.contest().options]
    orders = set()
    for _ in range(12):
        async with stranger(house.url) as client:
            first, again = await client.get(PAGE), await client.get(PAGE)
            device = client.cookies[DEVICE]

            shown = options_on(first.text)
            assert shown == list(arranged(contest, order_of(device, len(contest))))
            assert options_on(again.text) == shown
            assert device not in first.text + again.text
            assert DEVICE not in again.headers.get("set-cookie", "")
            orders.add(tuple(shown))

    assert len(orders) > 1


async def test_two_strangers_are_given_devices_of_their_own(house: Whole) -> None:
    devices = set()
    for _ in range(5):
        async with stranger(house.url) as client:
            await client.get("/en/about")
            devices.add(client.cookies[DEVICE])

    assert len(devices) == 5


async def test_device_that_is_none_of_ours_is_replaced(house: Whole) -> None:
    async with stranger(house.url) as client:
        await client.get("/en/about")
        for sent in ("x", "<script>", "a" * 65, ""):
            answer = await client.get("/en/about", headers={"cookie": f"{DEVICE}={sent}"})

            assert f"{DEVICE}=" in answer.headers["set-cookie"]
            assert sent not in answer.headers["set-cookie"] or len(sent) < 2


async def test_ballot_and_receipt_are_on_no_other_page(house: Whole) -> None:
    await house.open()
    options = [option.id for option in house.contest().options]
    ours, tracker = await voted(house, "one", options[0], options[1])
    theirs, other_tracker = await voted(house, "two", options[2])
    joined = await house.person(Role.CUSTOMER, "three")
    employee = await house.person(Role.EMPLOYEE)

    own = (await ours.get(PAGE)).text
    pages = {
        "two": (await theirs.get(PAGE)).text,
        "three": (await joined.get(PAGE)).text,
        "employee": (await employee.get(PAGE)).text,
    }
    async with stranger(house.url) as client:
        pages["stranger"] = (await client.get(PAGE)).text
        pages["stranger again"] = (await client.get(PAGE)).text

    assert tracker in own
    assert other_tracker not in own
    for who, text in pages.items():
        assert tracker not in text, who
        assert (other_tracker in text) == (who == "two"), who
    for who in ("three", "employee", "stranger", "stranger again"):
        assert " selected" not in pages[who], who


async def test_roles_do_not_see_each_others_pages(house: Whole) -> None:
    await house.open()
    roles = (Role.ORGANISER, Role.PUBLIC, Role.CUSTOMER, Role.TEAM, Role.EMPLOYEE, Role.SCREEN)
    for path in PUBLIC_PAGES:
        for _ in range(2):
            for role in roles:
                client = await house.person(role)
                text = (await client.get(path)).text

                assert (STAFF_LINK in text) == (role is Role.ORGANISER), (path, role)
                leave = LEAVE if path.startswith("/en") else LEAVE.replace("en", "ar", 1)
                assert (leave in text) == (role is not Role.PUBLIC), (path, role)
                assert f"one {role.value}" not in text, "the label of a pass"


async def test_team_finds_its_own_initiatives_off_its_ballot_and_others_do_not(
    house: Whole,
) -> None:
    await house.open("dewa")
    path = "/en/session/dewa"
    own = {one.id for one in house.contest("dewa").options if one.entity == "dewa"}
    team, other = await house.person(Role.TEAM), await house.person(Role.CUSTOMER)

    shown = [options_on((await client.get(path)).text) for client in (team, other, team, other)]
    async with stranger(house.url) as client:
        shown.append(options_on((await client.get(path)).text))

    assert not own & set(shown[0])
    assert own <= set(shown[1])
    assert (shown[2], shown[3]) == (shown[0], shown[1])
    assert own <= set(shown[4])


async def test_who_has_a_visit_is_never_sent_the_page_of_a_stranger(house: Whole) -> None:
    await house.open()
    async with stranger(house.url) as client:
        before = await client.get(PAGE)
        await client.post("/en/join")
        after = await client.get(PAGE)
        await client.post("/en/leave")
        left = await client.get(PAGE)

    assert 'data-joined="no"' in before.text
    assert 'data-joined="yes"' in after.text
    assert 'data-joined="no"' in left.text


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.EMPLOYEE, Role.TEAM])
async def test_ballot_of_somebody_known_is_in_their_own_order_with_a_form_of_its_own(
    house: Whole, role: Role
) -> None:
    await house.open("dewa")
    path, forms = "/en/session/dewa", set()
    for name in ("one", "two", "three"):
        client = await house.person(role, name)
        visit = await house.expo.visits.of(client.cookies["sawt_visit"], client.cookies[DEVICE])
        own = await house.expo.voting.ballot_view(visit, "dewa")
        expected = [option.id for option in own.options if not option.own]
        for encoding in ("gzip", "identity"):
            page = await client.get(path, headers={"accept-encoding": encoding})

            assert options_on(page.text) == expected
            assert page.text.count("</html>") == 1
            form = re.findall(r'name="id" value="([^"]*)"', page.text)
            assert [str(uuid.UUID(one)) for one in form] == form
            forms.add(form[0])
            for private in (visit.id, visit.device, visit.person and visit.person.id):
                assert str(private) not in page.text

    assert len(forms) == 6


async def test_form_of_a_kept_page_casts(house: Whole) -> None:
    await house.open()
    client = await house.person(Role.CUSTOMER)
    first = options_on((await client.get(PAGE)).text)[0]
    page = (await client.get(PAGE)).text
    fields = dict(re.findall(r'type="hidden" name="(id|next)" value="([^"]*)"', page))

    answer = await client.post("/en/ballots/khda", data={**fields, f"rank-{first}": "1"})
    after = (await client.get(PAGE)).text

    assert answer.status_code == 303
    assert "Ranking saved" in after
    assert f'id="rank-{first}"' in after
    assert await house.ballots() == 1


async def test_languages_do_not_mix(house: Whole) -> None:
    code = house.expo.show.progress("khda").code
    async with stranger(house.url) as client:
        for _ in range(2):
            for asked, lang in (
                ({"headers": {"accept-language": "ar"}}, "ar"),
                ({"headers": {"accept-language": "en"}}, "en"),
                ({"headers": {"accept-language": "ar"}, "params": {"lang": "en"}}, "en"),
                ({"headers": {"accept-language": "en"}, "params": {"lang": "ar"}}, "ar"),
            ):
                text = (await client.get(f"/v/{code}", **asked)).text  # type: ignore[arg-type]  # by name
                assert f'<html lang="{lang}"' in text
                other = "en" if lang == "ar" else "ar"
                assert f'hreflang="{other}" href="/v/{code}?lang={other}"' in text


async def test_change_of_state_shows_at_once(house: Whole) -> None:
    async def state(client: httpx2.AsyncClient) -> str:
        found = re.search(r'data-state="([a-z]+)"', (await client.get(PAGE)).text)
        return found[1] if found else ""

    async with stranger(house.url) as client:
        states = [await state(client)]
        await house.open()
        states.append(await state(client))
        for kind in (Kind.PAUSE, Kind.RESUME):
            await house.order(kind)
            states.append(await state(client))
        await house.closed()
        states.append(await state(client))
        on_stage = 'data-now="khda"' in (await client.get("/en/")).text
        await house.order(Kind.END)
        off_stage = 'data-now="khda"' in (await client.get("/en/")).text

    assert states == ["before", "open", "paused", "open", "closed"]
    assert (on_stage, off_stage) == (True, False)


async def test_clock_of_a_kept_page_goes_on(house: Whole) -> None:
    async with stranger(house.url) as client:
        before = _CLOCK.search((await client.get("/en/")).text)
        house.pass_time(seconds=5)
        after = _CLOCK.search((await client.get("/en/")).text)

    assert before is not None
    assert after is not None
    assert before[0] != after[0]


async def test_surge_makes_the_page_once(house: Whole) -> None:
    await house.open()
    code = house.expo.show.progress("khda").code
    async with stranger(house.url) as client:
        counters = house.expo.pages.pages.counters
        before, ticks = counters.renders, asyncio.get_running_loop().time()
        answers = await asyncio.gather(*(client.get(f"/v/{code}") for _ in range(200)))
        ticks = 2 * (asyncio.get_running_loop().time() - ticks)

    assert {answer.status_code for answer in answers} == {200}
    assert counters.renders - before <= 2 + ticks


async def test_page_is_kept_once_however_its_address_is_spelt(house: Whole) -> None:
    kept = house.expo.pages.pages
    front = house.expo.server.config.app
    assert isinstance(front, FrontDesk)
    async with stranger(house.url) as client:
        await client.get("/en/about")
        before, answered = kept.pages, front.counters.pages
        for spelling in ("/en/%61bout", "/e%6e/about", "/%65n/%61%62%6fut", "/en/abou%74"):
            assert (await client.get(spelling)).status_code == 200
        await client.get("/en/about")

    assert kept.pages == before
    assert front.counters.pages == answered + 1


async def test_answer_is_not_compressed_for_who_wants_no_gzip(house: Whole) -> None:
    async with stranger(house.url) as client:
        for accept in ("gzip;q=0", "identity, gzip;q=0.0", "x-gzip"):
            for path in ("/en/about", "/en/about?x=1", "/en/nothing"):
                answer = await client.get(path, headers={"accept-encoding": accept})

                assert "content-encoding" not in answer.headers, (path, accept)
                assert "accept-encoding" in answer.headers["vary"].lower()


async def test_page_known_already_is_not_sent_again(house: Whole) -> None:
    async with stranger(house.url) as client:
        first = await client.get("/en/about")
        known = {"if-none-match": first.headers["etag"]}
        for params in ({}, {"x": "1"}):  # from the desk, and from the application
            again = await client.get("/en/about", headers=known, params=params)
            other = await client.get("/en/about", headers={"if-none-match": '"x"'}, params=params)

            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
            assert other.status_code == 200
        organiser = await house.person(Role.ORGANISER)
        assert (await organiser.get("/en/about", headers=known)).status_code == 200
        ballot_page = await client.get(PAGE)

    assert ballot_page.headers["cache-control"] == "no-store"
    assert "etag" not in ballot_page.headers


async def test_static_file_known_already_is_not_sent_again(house: Whole) -> None:
    address = house.expo.statics.address("js/ballot.js")
    async with stranger(house.url) as client:
        for path in (address, address.replace(house.expo.statics.digest, "0" * 12)):
            first = await client.get(path)
            again = await client.get(path, headers={"if-none-match": first.headers["etag"]})

            assert first.status_code == 200
            assert first.headers["x-content-type-options"] == "nosniff"
            assert (again.status_code, again.content) == (304, b"")
            assert ("immutable" in first.headers["cache-control"]) == (path == address)
