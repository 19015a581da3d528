"""What attacking a running expo has found: each flaw as it was met, so that it stays away."""

import asyncio
import io
import logging
import re
import resource
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import text

from expo.identity.people import Visit
from expo.identity.visits_follower import VisitsFollower
from expo.rights import Role
from expo.web.log import Lines
from expo.wire.codes import Close
from expo.wire.guarded_http import GuardedHTTP
from expo.wire.server import server
from tests.support.live import Place, until
from tests.support.rawsocket import RawSocket
from tests.support.serving import running
from tests.support.whole import PROGRAM, Whole, ballot, whole


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, as the terminal of an operator shows it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines(is_json=False))
    logging.getLogger().addHandler(handler)
    try:
        yield stream
    finally:
        logging.getLogger().removeHandler(handler)


async def fetched(house: Whole, target: str) -> tuple[str, str]:
    """Head and body of the answer to a target exactly as written."""
    host = house.url.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return head, body


async def test_number_of_a_thousand_digits_is_not_found(
    house: Whole, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = await house.person(Role.PUBLIC)

    statuses = [
        (await stranger.get(path.format(digits))).status_code
        for path in ("/en/results/day/{}", "/results/day/{}.json", "/en/day/{}")
        for digits in ("9" * 10, "9" * 5_000, "0" * 5_000)
    ]

    assert statuses == [404] * 9
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_language_switch_never_leads_off_the_site(house: Whole) -> None:
    for path in ("//evil.example/", "/%5Cevil.example/", "/%09/evil.example/", "/%0a/evil.example/",
                 "///evil.example", "/%2F/evil.example/"):  # fmt: skip
        head, page = await fetched(house, path)

        links = re.findall(r'href="([^"]*)"', page)
        assert head.startswith("HTTP/1.1 404")
        assert any("lang=" in link for link in links)
        assert [link for link in links if re.match(r"[\\/\s]{2}", link)] == []


async def test_page_that_knows_who_is_looking_is_kept_by_no_shared_cache(house: Whole) -> None:
    stranger = await house.person(Role.PUBLIC, "caches")
    for path in ("/en/", "/en/schedule", "/en/day/1", "/en/results/day/1", "/en/about", "/en/join",
                 "/en/session/khda", "/nowhere"):  # fmt: skip
        stranger.cookies.clear()

        answer = await stranger.get(path)

        assert "set-cookie" in answer.headers
        assert set(answer.headers["cache-control"].split(", ")) & {"private", "no-store"}


_NO_MORE: Final = {
    "sqlite": "CREATE TRIGGER no_more BEFORE INSERT ON contest_line BEGIN "
    "SELECT RAISE(ABORT, 'CHECK constraint failed: test'); END",
    # In its details the server quotes the whole row that fails.
    "postgresql": "ALTER TABLE contest_line ADD CONSTRAINT no_more CHECK (kind = 'closed')",
}


@pytest.mark.each_database
async def test_log_never_quotes_a_ballot_that_could_not_be_written(house: Whole) -> None:
    await house.open()
    voter = await house.person(Role.EMPLOYEE)
    option = house.contest().options[0].id
    async with house.expo.database.write() as tx:
        await tx.execute(text(_NO_MORE[tx.dialect.name]))

    with logged() as log:
        answer = await voter.post("/en/ballots/khda", json=ballot(option), headers=PROGRAM)

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert "A batch of ballots failed" in log.getvalue()
    assert option not in log.getvalue()


def test_error_that_quotes_line_breaks_forges_no_line_of_the_log() -> None:
    with logged() as log:
        error = ValueError("x\n2026-01-01T00:00:00.000Z INFO expo: All is well\x1b[2J\u202e")
        logging.getLogger("expo.test").error("It failed", exc_info=error)

    lines = log.getvalue().splitlines()
    assert [line for line in lines if line.startswith("20")] == lines[:1]
    assert not set(log.getvalue()) & {"\x1b", "\u202e"}


async def test_visit_whose_time_is_up_loses_its_socket(house: Whole) -> None:
    organiser = await house.person(Role.ORGANISER)
    follower = VisitsFollower(house.expo.database, house.expo.hub, house.expo.now)

    async with house.ear("/live/staff", organiser) as desk, house.ear("/live/day") as stranger:
        await desk.frame("control")
        await follower.look()
        await desk.say({"type": "ask-mine", "contest": "khda"})
        await desk.frame("mine")

        house.pass_time(hours=13)
        await follower.look()

        assert await desk.ended() == Close.REVOKED
        assert house.expo.hub.connected == 1
        await (await stranger.socket.ping())


async def test_pass_revoked_while_its_handshake_is_under_way_is_found_out(house: Whole) -> None:
    expo = house.expo
    issued = await expo.passes.issue(
        None, role=Role.SCREEN, expires_at=expo.now() + timedelta(hours=1)
    )
    visit, _ = await expo.passes.redeem(issued.token, Visit(device=uuid.uuid4().hex[:24]))
    assert visit.person is not None
    await expo.passes.revoke(visit.person, issued.issued.id)
    screen = await house.person(Role.SCREEN)
    async with house.ear("/live/screen/main", screen):
        await until(lambda: expo.hub.connected)
        viewer = next(iter(expo.hub.viewers()))
        viewer.who = visit  # as a handshake leaves it that looked the visit up just before the end

        await VisitsFollower(expo.database, expo.hub, expo.now).look()

        assert expo.hub.connected == 0


@pytest.mark.timeout(60)
async def test_person_cannot_fill_the_log_with_changes_of_mind(house: Whole) -> None:
    await house.open()
    voter, other = [await house.person(Role.EMPLOYEE, name) for name in ("flood", "calm")]
    option = house.contest().options[0].id

    answers = await asyncio.gather(
        *(voter.post("/en/ballots/khda", json=ballot(option)) for _ in range(200))
    )
    calm = await other.post("/en/ballots/khda", json=ballot(option))

    assert {answer.status_code for answer in answers} == {200, 429}
    assert await house.position() < 190
    assert {a.headers["retry-after"] for a in answers if a.status_code == 429} <= {"1", "2"}
    assert calm.status_code == 200


class Cramped(GuardedHTTP):
    """Tells only two beyond the limit that the house is full."""

    spare = 2


async def test_silent_connections_leave_files_for_everybody_else() -> None:
    place = Place()
    async with running(place.app, limit_concurrency=4, http=Cramped) as url:
        silent = [RawSocket(url) for _ in range(6)]
        for one in silent:
            await one.__aenter__()
        async with RawSocket(url) as late:
            assert await late.ended()
        for one in silent:
            await one.__aexit__(None, None, None)
        async with RawSocket(url) as again:
            await again.send(f"GET /ok HTTP/1.1\r\nHost: {again.host}\r\n\r\n".encode())
            assert await again.status() == 200


def test_server_takes_no_more_connections_than_it_may_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, hard))
        roomy = server(Place().app, limit_concurrency=1_000).config.limit_concurrency
        raised = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        narrow = server(Place().app, limit_concurrency=hard).config.limit_concurrency
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert roomy == 1_000
    assert raised > 1_000
    assert narrow is not None
    assert narrow < hard


async def test_one_voter_on_all_ways_at_once_has_one_ballot(house: Whole) -> None:
    await house.open()
    voter = await house.person(Role.EMPLOYEE)
    options = [option.id for option in house.contest().options]

    async with house.ear("/live/khda", voter) as one, house.ear("/live/khda", voter) as two:
        for ear in (one, two):
            for n in range(10):
                await ear.say({"type": "cast", **ballot(options[n % 5])})
        posted = await asyncio.gather(
            *(voter.post("/en/ballots/khda", json=ballot(options[n % 5])) for n in range(30))
        )
        heard = [await ear.frame("receipt") for ear in (one, two) for _ in range(10)]

    receipts = [*heard, *(answer.json() for answer in posted)]
    assert sorted(receipt["revision"] for receipt in receipts) == list(range(1, 51))
    assert len({receipt["tracker"] for receipt in receipts}) == 1
    assert await house.ballots() == 1
    last = max(receipts, key=lambda receipt: int(receipt["revision"]))
    assert (await voter.get("/en/ballots/khda/mine")).json()["receipt"]["id"] == last["id"]
