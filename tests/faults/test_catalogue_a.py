"""Bad input, part A (1-28): ballots over HTTP against a whole expo, each case by its number.

Every case gets its stated refusal, short and without a traceback; the log of the contest does not
grow; somebody who is connected meanwhile notices nothing. One expo serves the whole file.
"""

import asyncio
import html
import json
import logging
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from typing_extensions import override
from websockets.protocol import State

from expo.rights import Role
from sessions.orders import Kind
from tests.support.stagehouse import Ear
from tests.support.whole import PROGRAM, Whole, ballot, cookie_of, whole

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(30)]

BALLOTS = "/en/ballots/khda"
OPTION = "khda-transfer"
JSON = {"content-type": "application/json", **PROGRAM}
LONGEST_REFUSAL = 1_024  # bytes
MOST_BYTES = 64 * 1024
ASKED = [0.0]  # when the bystander was


@dataclass
class Case:
    """One entry of the catalogue: what is posted and what has to be said to it."""

    number: int
    name: str
    body: Any
    status: int
    code: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @override
    def __str__(self) -> str:
        return f"{self.number}-{self.name}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Whole]:
    async with whole(tmp_path_factory.mktemp("expo")) as found:
        await found.open()
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bystander(house: Whole) -> AsyncIterator[Ear]:
    async with house.ear("/live/khda", await house.person(Role.EMPLOYEE, "bystander")) as ear:
        await ear.frame("hello")
        yield ear


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def options(house: Whole) -> list[str]:
    return [option.id for option in house.contest().options]


@pytest_asyncio.fixture(loop_scope="module")
async def voter(house: Whole) -> httpx2.AsyncClient:
    return await house.person(Role.EMPLOYEE, "voter")


async def is_well(bystander: Ear) -> bool:
    """Whether somebody connected all the while is still there, and answered."""
    now = asyncio.get_running_loop().time()
    if now - ASKED[-1] > 0.1:  # some of these take milliseconds: a ping in each would be a flood
        ASKED.append(now)
        async with asyncio.timeout(2):
            await (await bystander.socket.ping())
    return bystander.socket.state is State.OPEN


def said(**changes: Any) -> bytes:
    """A ballot that would be fine but for the changes."""
    return json.dumps(ballot(OPTION, **changes)).encode()


def raw(ranking: str, head: str = "") -> bytes:
    """A ballot whose ranking is written by hand."""
    return f'{{{head}"id":"{uuid.uuid4()}","contest":"khda","ranking":{ranking}}}'.encode()


def padded(size: int) -> bytes:
    """A ballot with so much white space behind it that it has this many bytes."""
    return said().ljust(size)


BAD = "bad-request"
CASES = [
    Case(1, "empty", b"", 400, BAD),
    *(Case(2, f"only-{text}", text.encode(), 400, BAD) for text in ("null", "[]", '"x"', "1")),
    Case(3, "nan", raw("[NaN]"), 400, BAD),
    Case(3, "infinity", raw("[Infinity,-0]"), 400, BAD),
    Case(4, "key-twice", raw("[]", head='"ranking":["khda-transfer"],'), 400, BAD),
    Case(4, "key-twice-escaped", raw("[]", head='"r\\u0061nking":["khda-transfer"],'), 400, BAD),
    Case(5, "4000-digits", raw(f"[{'9' * 4_000}]"), 400, BAD),
    Case(5, "5000-digits", raw(f"[{'9' * 5_000}]"), 400, BAD),
    Case(6, "deep", b"[" * 60_000, 400, BAD),
    Case(6, "deep-inside", raw("[" * 30_000 + "]" * 30_000), 400, BAD),
    Case(6, "deeper", b"[" * 100_000, 413, "too-large"),
    Case(7, "1e400", raw("[1e400]"), 400, BAD),
    Case(8, "lone-surrogate", raw('["\\ud800"]'), 400, BAD),
    Case(9, "nul", raw('["\\u0000"]'), 422, "unknown-option"),
    Case(10, "bom", b"\xef\xbb\xbf" + said(), 400, BAD),
    Case(10, "utf-16", said().decode().encode("utf-16"), 400, BAD),
    Case(10, "latin-1", raw('["é"]').decode().encode("latin-1"), 400, BAD),
    Case(11, "no-utf-8", raw('["\x01"]').replace(b"\x01", b"\xff\xfe"), 400, BAD),
    Case(13, "unknown-option", said(ranking=["nothing"]), 422, "unknown-option"),
    Case(13, "option-of-another-contest", said(ranking=["dewa-move"]), 422, "unknown-option"),
    Case(14, "65-options", said(ranking=[f"x{n}" for n in range(65)]), 400, BAD),
    Case(14, "empty-name", said(ranking=[""]), 400, BAD),
    Case(14, "endless-name", said(ranking=["x" * 65]), 400, BAD),
    Case(15, "rank-as-text", said(ranking=["1"]), 422, "unknown-option"),
    *(
        Case(15, f"rank-as-{value}", said(ranking=[value]), 400, BAD)
        for value in (1, 1.0, True, None, [OPTION], {"id": OPTION})
    ),
    *(
        Case(16, f"id-{value}", said(ranking=[value]), 400, BAD)
        for value in (-1, 0, 2**63, 2**64)
    ),
    Case(18, "other-event", said(contest="nowhere"), 400, BAD),
    Case(18, "other-contest", said(contest="dewa"), 400, BAD),
    *(
        Case(19, f"id-{str(value)[:12]}", said(id=value), 400, BAD)
        for value in ("", "x", 7, None, uuid.uuid4().hex, str(uuid.uuid4()).upper(), f"{uuid.uuid4()}\n")
    ),
    *(
        Case(20, f"extra-{name}", said(**{name: 9}), 400, BAD)
        for name in ("__proto__", "constructor", "voter", "weight", "role", "electorate", "person")
    ),
    Case(21, "one-byte-too-many", padded(MOST_BYTES + 1), 413, "too-large"),
    Case(22, "text-plain", said(), 400, BAD, {"content-type": "text/plain"}),
    Case(22, "no-type", said(), 400, BAD, {"content-type": ""}),
    Case(23, "gzip", said(), 400, BAD, {"content-encoding": "gzip"}),
    Case(23, "deflate", said(), 400, BAD, {"content-encoding": "deflate"}),
    *(
        Case(28, f"id-{value}", said(id=value), 400, BAD)
        for value in ("../../etc/passwd", "1' OR '1'='1", "1;DROP TABLE voting_lines", "%2e%2e")
    ),
    Case(28, "option-is-sql", said(ranking=["' OR 1=1 --"]), 422, "unknown-option"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_hostile_ballot_is_refused_and_changes_nothing(
    house: Whole,
    bystander: Ear,
    voter: httpx2.AsyncClient,
    case: Case,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = await house.position()

    answer = await voter.post(BALLOTS, content=case.body, headers={**JSON, **case.headers})

    assert (answer.status_code, answer.json()["code"]) == (case.status, case.code)
    assert answer.json()["message"]
    assert len(answer.content) <= LONGEST_REFUSAL
    assert "Traceback" not in answer.text
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert await house.position() == before
    assert await is_well(bystander)


async def test_every_number_of_part_a_is_here() -> None:
    elsewhere = {
        12: test_12_same_option_twice_is_refused,
        14: test_14_more_than_may_be_ranked_is_refused_and_nothing_withdraws,
        17: test_17_own_options_are_taken_out_and_all_own_is_refused,
        18: test_18_ballot_out_of_its_time_is_refused,
        19: test_19_id_of_somebody_else_is_a_conflict_and_ones_own_is_harmless,
        21: test_21_lengths_that_lie_end_the_connection,
        24: test_24_two_in_one_packet_and_a_hundred_at_once_are_one_ballot_each,
        25: test_25_26_claims_in_headers_are_ignored,
        26: test_25_26_claims_in_headers_are_ignored,
        27: test_27_receipt_of_somebody_else_says_that_it_counts_and_no_more,
    }
    assert {case.number for case in CASES} | set(elsewhere) == set(range(1, 29))


async def test_12_same_option_twice_is_refused(
    house: Whole, voter: httpx2.AsyncClient, options: list[str]
) -> None:
    answer = await voter.post(BALLOTS, json=ballot(options[0], options[0]), headers=PROGRAM)

    assert (answer.status_code, answer.json()["code"]) == (422, "duplicate-option")
    assert await house.position() == 0


async def test_14_more_than_may_be_ranked_is_refused_and_nothing_withdraws(
    house: Whole, options: list[str]
) -> None:
    voter = await house.person(Role.EMPLOYEE, "fourteen")

    over = await voter.post(BALLOTS, json=ballot(*options, options[0]), headers=PROGRAM)
    cast = await voter.post(BALLOTS, json=ballot(*options))
    counted = await house.ballots()
    withdrawn = await voter.post(BALLOTS, json=ballot())

    assert (over.status_code, over.json()["code"]) == (422, "duplicate-option")
    assert (cast.status_code, withdrawn.status_code) == (200, 200)
    assert (withdrawn.json()["ranking"], withdrawn.json()["revision"]) == ([], 2)
    assert await house.ballots() == counted - 1


async def test_17_own_options_are_taken_out_and_all_own_is_refused(
    house: Whole, options: list[str]
) -> None:
    own = await house.person(Role.TEAM, "own", entity="khda")

    answer = await own.post(BALLOTS, json=ballot(options[0]), headers=PROGRAM)

    assert (answer.status_code, answer.json()["code"]) == (403, "all-options-own")


async def test_19_id_of_somebody_else_is_a_conflict_and_ones_own_is_harmless(
    house: Whole, options: list[str]
) -> None:
    first, second = [await house.person(Role.EMPLOYEE, f"id-{n}") for n in (1, 2)]
    sent = ballot(options[0])

    receipt = await first.post(BALLOTS, json=sent)
    before = await house.position()
    again = await first.post(BALLOTS, json=sent)
    stolen = await second.post(BALLOTS, json=sent, headers=PROGRAM)
    reused = await first.post(BALLOTS, json={**sent, "ranking": options[:2]}, headers=PROGRAM)

    assert again.content == receipt.content
    assert (stolen.status_code, stolen.json()["code"]) == (409, "id-conflict")
    assert (reused.status_code, reused.json()["code"]) == (409, "id-conflict")
    assert receipt.json()["tracker"] not in stolen.text
    assert await house.position() == before


async def test_21_lengths_that_lie_end_the_connection(
    house: Whole, voter: httpx2.AsyncClient
) -> None:
    body = said(ranking=[])
    head = (
        f"POST {BALLOTS} HTTP/1.1\r\nHost: {house.url[7:]}\r\nOrigin: {house.url}\r\n"
        f"Cookie: {cookie_of(voter)}\r\nContent-Type: application/json\r\n"
        "Accept: application/json\r\n"
    )
    before = await house.position()
    short, chunk = f"{head}Content-Length: {len(body) - 9}\r\n\r\n", b"8000\r\n" + b" " * 0x8000

    async with house.raw() as low, house.raw() as high, house.raw() as endless:
        await low.send(short.encode() + body)
        low_status = await low.status()
        await high.send(f"{head}Content-Length: {len(body) + 9}\r\n\r\n".encode() + body)
        high.finish()
        is_over = await high.ended()
        await endless.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(3):
            await endless.send(chunk + b"\r\n")
        endless_status = await endless.status()

    assert (low_status, is_over, endless_status) == (400, True, 413)
    assert await house.position() == before


async def test_24_two_in_one_packet_and_a_hundred_at_once_are_one_ballot_each(
    house: Whole, options: list[str]
) -> None:
    voter = await house.person(Role.EMPLOYEE, "twenty-four")
    body = json.dumps(ballot(options[0])).encode()
    post = (
        f"POST {BALLOTS} HTTP/1.1\r\nHost: {house.url[7:]}\r\nOrigin: {house.url}\r\n"
        f"Cookie: {cookie_of(voter)}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    before = await house.position()

    async with house.raw() as pipe:
        await pipe.send(post + post)
        status = await pipe.status()
        pipe.finish()
        await pipe.ended()
    answers = await asyncio.gather(
        *(voter.post(BALLOTS, content=body, headers=JSON) for _ in range(100))
    )

    assert status == 200
    assert {answer.status_code for answer in answers} == {200}
    receipts = [answer.json() | {"proof": None} for answer in answers]  # each batch has its own
    assert all(receipt == receipts[0] for receipt in receipts)
    assert await house.position() == before + 1


async def test_25_26_claims_in_headers_are_ignored(house: Whole, options: list[str]) -> None:
    voter = await house.person(Role.EMPLOYEE, "twenty-five")
    claims = {
        "x-forwarded-for": "127.0.0.1",
        "x-http-method-override": "DELETE",
        "x-original-url": "/en/staff/control",
        "x-forwarded-host": "evil.example",
        "date": "Mon, 17 Apr 2000 00:00:00 GMT",
    }
    before = house.clock()

    answer = await voter.post(BALLOTS, json=ballot(options[0]), headers=claims)

    assert answer.status_code == 200
    assert answer.json()["type"] == "receipt"
    assert answer.json()["accepted_at"] >= before.isoformat()[:19]
    assert "evil.example" not in (await voter.get("/en/", headers=claims)).text


async def test_27_receipt_of_somebody_else_says_that_it_counts_and_no_more(
    house: Whole, options: list[str]
) -> None:
    owner, other = [await house.person(Role.EMPLOYEE, f"receipt-{n}") for n in (1, 2)]
    titles = [option.title.en for option in house.contest().options]
    tracker = (await owner.post(BALLOTS, json=ballot(*options[:2]))).json()["tracker"]

    seen = await other.get(f"/en/receipt/{tracker}")
    own = await owner.get(f"/en/receipt/{tracker}")

    assert seen.status_code == 200
    assert tracker in seen.text
    assert not any(title in html.unescape(seen.text) for title in titles)
    assert sum(title in html.unescape(own.text) for title in titles) == 2


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.SCREEN, Role.PUBLIC])
async def test_who_does_not_vote_is_refused(house: Whole, options: list[str], role: Role) -> None:
    client = await house.person(role, "no-voter")
    before = await house.position()

    answer = await client.post(BALLOTS, json=ballot(options[0]), headers=PROGRAM)

    code = "join-first" if role is Role.PUBLIC else "staff-do-not-vote"
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert await house.position() == before


async def test_18_ballot_out_of_its_time_is_refused(house: Whole, options: list[str]) -> None:
    """Last in the file: it ends the contest."""
    voter = await house.person(Role.EMPLOYEE, "eighteen")
    told = []

    async def post(contest: str = "khda") -> None:
        answer = await voter.post(
            f"/en/ballots/{contest}", json=ballot(options[0], contest=contest), headers=PROGRAM
        )
        told.append((answer.status_code, answer.json()["code"]))

    before = await house.position()
    await post("dewa")  # announced, not yet put to anybody
    await post("nowhere")
    await house.order(Kind.PAUSE)
    await post()
    await house.order(Kind.RESUME)
    await house.closed()
    await post()

    assert told == [
        (404, "unknown-contest"),
        (404, "unknown-contest"),
        (409, "contest-paused"),
        (409, "contest-closed"),
    ]
    assert await house.position() == before + 1  # the line that closes it
