"""Bad input, part F (96-110): HTTP itself and what programs ask for.

Not here because there is nothing to send them to yet: paging (101), webhooks (106), reports (108).
Browsers have 112 in ``tests/browser``.
"""

import asyncio
import json
import logging
import re
import uuid
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from expo.rights import Action, Role, may
from expo.web.pages import GuardedRoute
from sessions.orders import Kind
from tests.integration.test_rights_walk import FILLED
from tests.support.live import until
from tests.support.whole import PROGRAM, Whole, asked, ballot, cookie_of, issue, whole

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(40)]

PASSES = "/en/staff/passes"
CONTROL = "/en/staff/control"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Whole]:
    async with whole(tmp_path_factory.mktemp("expo")) as found:
        await found.open()
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def organiser(house: Whole) -> httpx2.AsyncClient:
    return await house.person(Role.ORGANISER)


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(house: Whole) -> httpx2.AsyncClient:
    return await house.person(Role.PUBLIC)


@pytest.fixture(autouse=True)
def nothing_is_an_error(caplog: pytest.LogCaptureFixture) -> object:
    yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def answer_to(house: Whole, request: bytes) -> int:
    """Status of the answer to bytes as they are; 0 when the server just hangs up."""
    async with house.raw() as raw:
        await raw.send(request)
        return await raw.status()


async def test_96_hosts_that_are_not_ours_are_refused(house: Whole) -> None:
    host = house.url.removeprefix("http://")
    for request in (
        asked(house, "GET /en/ HTTP/1.1", "Host: evil.example", host=False),
        asked(house, "GET /en/ HTTP/1.1", "Host: evil.example"),
        asked(house, "GET /en/ HTTP/1.1", f"Host: {host}/abc?bar=", host=False),
        asked(house, "GET /en/ HTTP/1.1", f"Host: {host}@evil.example", host=False),
        asked(house, "GET /en/ HTTP/1.1", "Host: ", host=False),
        asked(house, "GET http://evil.example/ HTTP/1.1"),
        asked(house, "GET en HTTP/1.1"),
    ):
        assert await answer_to(house, request) == 400


async def test_97_smuggled_and_malformed_requests_are_refused(house: Whole) -> None:
    for headers in (
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Transfer-Encoding: xchunked",),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: -1",),
        ("X : y",),
        ("X: a\0b",),
        (" folded: x",),
    ):
        request = asked(house, "POST /en/leave HTTP/1.1", f"Origin: {house.url}", *headers)
        # h11 unfolds the last one; then it is an origin that is not ours
        assert await answer_to(house, request) in (0, 400, 403, 501)


async def test_98_headers_and_addresses_have_an_end(house: Whole) -> None:
    many = [f"X-{n}: a" for n in range(10_000)]
    long = f"GET /{'a' * 70_000} HTTP/1.1"

    for request in (asked(house, "GET /en/ HTTP/1.1", *many), asked(house, long)):
        assert await answer_to(house, request) in (0, 400, 414, 431)


@pytest.mark.parametrize(
    "path",
    ["/%2e%2e/", "/static/..%2f", "/static/%00", "//evil", "/en./", "/EN/", "/en/..%2fstaff",
     "/static/x/../../schedule.yaml", "/static/x/..%2f..%2f..%2fschedule.yaml", "/static/x//etc/passwd",
     "/static/x/%2e%2e/%2e%2e/pyproject.toml", "/static/x/", "/.git/config", "/secret", "/sawt.sqlite3"],
)  # fmt: skip
async def test_99_odd_path_is_not_found_and_never_redirects_away(house: Whole, path: str) -> None:
    async with house.raw() as raw:
        await raw.send(asked(house, f"GET {path} HTTP/1.1"))
        head = await raw.head()

    led = [line.split(": ")[1] for line in head if line.lower().startswith("location")]
    assert head[0].split()[1] in ("404", "400", "307")
    assert all(address == f"{house.url}{path}/" for address in led)


async def test_100_only_declared_methods_are_answered(
    house: Whole, stranger: httpx2.AsyncClient
) -> None:
    for path in ("/en/", "/en/session/khda", "/en/leave", "/results/day/1.json", "/healthz"):
        for method in ("TRACE", "PUT", "DELETE", "PATCH", "FOO", "CONNECT"):
            answer = await answer_to(
                house, asked(house, f"{method} {path} HTTP/1.1", f"Origin: {house.url}")
            )
            assert answer == (405 if method != "CONNECT" else answer)
            assert answer in (400, 405)
    assert (await stranger.head("/en/")).status_code == 200


async def test_100_no_get_changes_anything(house: Whole) -> None:
    """Walks every page as an organiser, then compares contests, show and the staff log."""
    organiser = await house.person(Role.ORGANISER, "walker")
    passes = await house.expo.passes.list_()
    token = (await issue(organiser, "unused")).text
    found = re.search(r"/pass/([A-Za-z0-9_.-]+)", token)
    assert found is not None
    filled = FILLED | {"token": found[1]}
    before = house.contest(), house.expo.show.rundown, await house.position()

    for route in house.expo.routes:
        if isinstance(route, GuardedRoute) and "GET" in (route.methods or ()):
            path = re.sub(r"{(\w+)(?::\w+)?}", lambda hit: filled[hit[1]], route.path)
            answer = await organiser.get(path, params={"do": "apply", "kind": "close", "next": "/"})
            assert answer.status_code < 500, path

    await house.expo.show.refresh()
    assert (house.contest(), house.expo.show.rundown, await house.position()) == before
    assert len(await house.expo.passes.list_()) == len(passes) + 1
    opened = await (await house.person(Role.PUBLIC, "walker")).post(f"/en/pass/{found[1]}")
    assert opened.status_code == 303


@pytest.mark.parametrize(
    "role", [Role.PUBLIC, Role.CUSTOMER, Role.EMPLOYEE, Role.TEAM, Role.SCREEN]
)
async def test_102_what_belongs_to_staff_is_the_same_for_what_exists_and_what_does_not(
    house: Whole, role: Role
) -> None:
    client = await house.person(role, "102")
    known = (await house.expo.passes.list_())[0].issued.id
    answers = [
        await client.post(f"{PASSES}/{one}/revoke", headers=PROGRAM) for one in (known, "none")
    ]

    assert not may(role, Action.MANAGE_PASSES)
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert answers[0].status_code == 403


@pytest.mark.parametrize("version", [-1, 0, 2**53, 2**63, 10**400, "1", 1.0, True, None])
async def test_103_order_with_a_version_that_is_none_changes_nothing(
    house: Whole, organiser: httpx2.AsyncClient, version: object
) -> None:
    before = house.contest()
    order = {"kind": "pause", "contest": "khda", "version": version, "confirmed": True}

    answer = await organiser.post(
        CONTROL, content=json.dumps(order), headers={"content-type": "application/json", **PROGRAM}
    )

    assert answer.status_code == (409 if version == 0 and version is not False else 400)
    assert house.contest() == before
    if answer.status_code == 409:
        assert answer.json()["code"] == "stale-version"
        assert answer.json()["control"]["contest"]["version"] == before.version


async def test_104_two_organisers_at_once_make_one_move(house: Whole) -> None:
    first, second = [await house.person(Role.ORGANISER, name) for name in ("one", "two")]
    before = house.contest()
    order = {"kind": "pause", "contest": "khda", "version": before.version}

    answers = await asyncio.gather(
        *(
            one.post(CONTROL, json=order, headers=PROGRAM)
            for one in (first, second)
            for _ in range(4)
        )
    )
    paused = house.contest()
    await house.order(Kind.RESUME)

    assert {answer.status_code for answer in answers} == {200, 409}
    assert paused.version == before.version + 1
    log = (await first.get("/en/staff/log")).text
    assert log.count('data-action="pause-contest"') <= 1


async def test_105_open_contest_is_not_published(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    for kind in ("publish", "reveal", "review", "open", "ready"):
        order = {
            "kind": kind,
            "contest": "khda",
            "version": house.contest().version,
            "confirmed": True,
        }
        answer = await organiser.post(CONTROL, json=order, headers=PROGRAM)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal-move")


async def test_107_token_in_a_query_opens_nothing(house: Whole) -> None:
    organiser = await house.person(Role.ORGANISER)
    token = dict(organiser.cookies)["sawt_visit"]
    stranger = await house.person(Role.PUBLIC, "107")

    for query in (f"sawt_visit={token}", f"token={token}", f"access_token={token}"):
        answer = await stranger.get(f"{CONTROL}?{query}", headers={"x-token": token})
        assert answer.status_code == 403


async def test_109_ranges_and_marks_are_bounded(house: Whole, stranger: httpx2.AsyncClient) -> None:
    static = re.search(r'"(/static/[^"]+\.css)"', (await stranger.get("/en/")).text)
    assert static is not None
    ranges = "bytes=" + ",".join(["0-"] * 2_000)

    whole_file = await stranger.get(static[1], headers={"accept-encoding": "identity"})
    part = await stranger.get(
        static[1],
        headers={"range": ranges, "accept-encoding": "identity", "if-none-match": "x" * 5_000},
    )

    assert (part.status_code, len(part.content)) == (200, len(whole_file.content))


async def test_110_long_preferences_and_many_cookies_are_bounded(
    house: Whole, stranger: httpx2.AsyncClient
) -> None:
    odd = await stranger.get("/en/", headers={"accept-language": "a" * 8_000})
    many = await stranger.get(
        "/",
        headers={"cookie": "; ".join(f"c{n}=x" for n in range(200)), "accept-language": "x;q=9"},
    )

    assert odd.status_code == 200
    assert (many.status_code, many.headers["location"]) == (302, "/ar/")


async def test_111_hello_names_the_version_of_the_frames(house: Whole) -> None:
    async with house.ear("/live/day") as ear:
        assert (await ear.frame("hello"))["version"]
    await until(lambda: house.expo.hub.connected == 0)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_foreign_form_is_refused_everywhere(house: Whole, origin: str) -> None:
    organiser = await house.person(Role.ORGANISER, "victim")
    voter = await house.person(Role.EMPLOYEE, "victim")
    before = house.contest(), await house.position()
    headers = {"origin": origin}

    for client, path, data in (
        (organiser, CONTROL, {"kind": "close", "contest": "khda", "confirmed": "yes",
                              "version": str(house.contest().version)}),
        (organiser, PASSES, {"kind": "organiser", "label": "x", "hours": "1", "count": "1",
                             "batch": uuid.uuid4().hex}),
        (voter, "/en/leave", {}),
        (voter, "/en/ballots/khda", {"id": str(uuid.uuid4()), "rank-khda-transfer": "1"}),
    ):  # fmt: skip
        assert (await client.post(path, data=data, headers=headers)).status_code == 403
        text = {**headers, "content-type": "text/plain", "sec-fetch-site": "same-origin"}
        assert (await client.post(path, content="{}", headers=text)).status_code == 403
    assert (house.contest(), await house.position()) == before
    assert (await voter.post("/en/ballots/khda", json=ballot())).status_code == 200
    assert cookie_of(voter)
